"""Ballots: four public polls and two rosters, as the counts that their operators report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pingyi.domain.scheme.values import ChannelPlan
from pingyi.services.periods.units import UnitRow
from pingyi_demonstration.data.chance import PERMILLE, Chance


class Turnout(NamedTuple):
    """A poll's batches, and the fewest and most ballots of a unit in each."""

    batches: tuple[str, ...]
    fewest: int
    most: int


POLLS = {
    "mobile_qr": Turnout(("2017-上半年", "2017-下半年"), 90, 420),
    "web_poll": Turnout(("2017",), 120, 640),
    "weibo": Turnout(("2017",), 60, 380),
    "digital_tv": Turnout(("2017",), 45, 260),
}
# Too few viewers and followers rated these, so their polls are not scored.
FEW = {("digital_tv", "B18"): 17, ("digital_tv", "B21"): 22, ("weibo", "B22"): 26}
ROSTERS = {"deputies": (372, 351), "cppcc": (345, 318)}
NO_OPINION = "no_opinion"


def poll(
    chance: Chance, plan: ChannelPlan, units: Sequence[UnitRow], standing: Mapping[str, int]
) -> Iterator[dict[str, str | int]]:
    """Counts by batch, unit, dimension and option; the digital-television operator knows names, not codes."""
    turnout = POLLS[plan.key]
    dimensions = tuple(plan.settings.get("dimensions", {})) or ("",)
    for batch in turnout.batches:
        for unit in units:
            ballots = FEW.get((plan.key, unit.code)) or chance.between(turnout.fewest, turnout.most)
            named = unit.name if plan.key == "digital_tv" else unit.code
            for dimension in dimensions:
                quality = standing[unit.code] + chance.bell(40)
                for option, count in chance.parted(ballots, poll_weights(quality)).items():
                    row: dict[str, str | int] = {"unit": named, "batch": batch}
                    if dimension:
                        row["dimension"] = dimension
                    yield {**row, "option": option, "count": count}


def poll_weights(quality: int) -> dict[str, int]:
    """Weights whose mean worth at 100/80/60/0 is about `quality` permille."""
    quality = max(690, min(PERMILLE - 20, quality))
    worst = (PERMILLE - quality) // 4
    basic = PERMILLE - quality
    best = 5 * quality - 4 * (PERMILLE - worst) + basic
    return {
        "very_satisfied": best,
        "satisfied": PERMILLE - worst - basic - best,
        "basic": basic,
        "dissatisfied": worst,
        NO_OPINION: 60,
    }


def roster(
    chance: Chance, plan: ChannelPlan, units: Sequence[UnitRow], standing: Mapping[str, int]
) -> Iterator[dict[str, str | int]]:
    """Issued and returned ballots of the whole roster, then each unit's options."""
    issued, returned = ROSTERS[plan.key]
    yield {"option": "issued", "count": issued}
    yield {"option": "returned", "count": returned}
    for unit in units:
        weights = roster_weights(standing[unit.code] + chance.bell(40))
        for option, count in chance.parted(returned, weights).items():
            yield {"unit": unit.code, "option": option, "count": count}


def roster_weights(quality: int) -> dict[str, int]:
    """Weights whose mean worth at 100/80/30 is about `quality` permille."""
    quality = max(690, min(PERMILLE - 20, quality))
    worst = max((PERMILLE - quality) // 3, 1620 - 2 * quality)
    best = 5 * quality - 4 * PERMILLE + 5 * worst // 2
    return {
        "satisfied": best,
        "basic": PERMILLE - worst - best,
        "dissatisfied": worst,
        NO_OPINION: 90,
        "no_answer": 15,
    }
