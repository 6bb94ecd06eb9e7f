"""What the operators of the demonstration post: generated entries, in deliveries of at most 500."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pingyi.domain.scheme.values import ChannelPlan, Scheme
from pingyi.services.periods.units import UnitRow
from pingyi_demonstration.data import ballots, cases, corrections, marks, sessions
from pingyi_demonstration.data.chance import Chance

SEED = 2017
MOST = 500
BEST, WORST = 925, 745
LEANING = 150

Entry = Mapping[str, str | int]
Generator = Callable[[Chance, ChannelPlan, Sequence[UnitRow], Mapping[str, int]], Iterator[Entry]]

_GENERATORS: Mapping[str, Generator] = {
    "partner_score": marks.partner_scores,
    "districts": marks.district_marks,
    "hotline_show": sessions.sessions,
    "mobile_qr": ballots.poll,
    "web_poll": ballots.poll,
    "weibo": ballots.poll,
    "television": ballots.poll,
    "deputies": ballots.roster,
    "cppcc": ballots.roster,
}
_OF_CASES = frozenset({"hotline", "messages", "press"})


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request of one operator."""

    channel: str
    plugin: str
    operator: str
    entries: tuple[Entry, ...]


def standing_of(units: Sequence[UnitRow], seed: int = SEED) -> dict[str, int]:
    """How good each unit is, in permille: spread evenly inside its category, in random order."""
    chance = Chance(f"{seed}/standing")
    standing: dict[str, int] = {}
    for category in dict.fromkeys(unit.category for unit in units):
        codes = [unit.code for unit in units if unit.category == category]
        steps = [BEST - (BEST - WORST) * place // (len(codes) - 1) for place in range(len(codes))]
        standing.update(zip(codes, chance.shuffled(steps), strict=True))
    return standing


def deliveries(scheme: Scheme, units: Sequence[UnitRow], seed: int = SEED) -> Iterator[Delivery]:
    """Every delivery of the demonstration, corrections last; the same for the same seed."""
    standing = standing_of(units, seed)
    for plan in scheme.channels:
        chance = Chance(f"{seed}/{plan.key}")
        seen = {code: quality + chance.bell(LEANING) for code, quality in standing.items()}
        entries: list[Entry] = []
        for wave in _waves(chance, plan, units, seen):
            entries += wave
            for start in range(0, len(wave), MOST):
                yield _delivery(plan, wave[start : start + MOST])
        corrected = corrections.of_channel(plan.key, entries)
        if corrected:
            yield _delivery(plan, corrected)


def _waves(
    chance: Chance, plan: ChannelPlan, units: Sequence[UnitRow], standing: Mapping[str, int]
) -> Iterator[Sequence[Entry]]:
    """A channel's entries in the order of their delivery; a later wave may hold a case's next state."""
    if plan.plugin in _OF_CASES:
        yield from cases.single_cases(chance, plan, units, standing)
    else:
        yield list(_GENERATORS[plan.plugin](chance, plan, units, standing))


def _delivery(plan: ChannelPlan, entries: Sequence[Entry]) -> Delivery:
    return Delivery(plan.key, plan.plugin, plan.operator, tuple(entries))
