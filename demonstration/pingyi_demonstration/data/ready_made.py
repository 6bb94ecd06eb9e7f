"""Every ready-made scheme's demonstration, by the scheme's key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.domain.scheme.parse import parse_scheme
from pingyi.schemes import shipped_scheme
from pingyi.services.periods.period_draft import PeriodDraft
from pingyi_demonstration.data import county, daye, efficiency
from pingyi_demonstration.data.chance import Chance
from pingyi_demonstration.data.deliveries import SEED, deliveries, standing_of
from pingyi_demonstration.data.evaluation import Evaluation, Wave
from pingyi_demonstration.data.units import adjustments, evaluated_units, previous_results, rolls

MAANSHAN = "maanshan-2017"


def evaluation_of(key: str, seed: int = SEED) -> Evaluation:
    """The demonstration of a ready-made scheme; Problem not_found where there is none of this key."""
    if key not in EVALUATIONS:
        message = Text(
            zh="没有现成的方案“{key}”；可以是：{known}。",
            en="There is no ready-made scheme {key}; there are: {known}.",
        )
        raise Problem("not_found", 404, message.format(key=key, known=", ".join(EVALUATIONS)))
    return EVALUATIONS[key](seed)


def _maanshan(seed: int) -> Evaluation:
    units = evaluated_units()
    entries: dict[str, list[Wave]] = {}
    for delivery in deliveries(parse_scheme(shipped_scheme(MAANSHAN)), units, seed):
        entries.setdefault(delivery.channel, []).append(delivery.entries)
    return Evaluation(
        scheme=MAANSHAN,
        draft=PeriodDraft(key=MAANSHAN, starts_on=date(2017, 1, 1), ends_on=date(2017, 12, 31)),
        units=units,
        entries=entries,
        rolls=rolls(),
        adjustments=adjustments(),
        previous=previous_results(Chance(f"{seed}/previous"), units, standing_of(units, seed)),
    )


EVALUATIONS: Mapping[str, Callable[[int], Evaluation]] = {
    county.KEY: county.evaluation,
    daye.KEY: daye.evaluation,
    efficiency.KEY: efficiency.evaluation,
    MAANSHAN: _maanshan,
}
