"""Whether a unit was among the last k of its category in the periods before (consecutive rules)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pingyi.domain.assessment.consequences import Bottom, Choices
from pingyi.domain.assessment.values import PreviousResult

PeriodResults = Mapping[str, PreviousResult]
_DIGITS = re.compile(r"(\d+)")


def repeated(
    now: Bottom, previous: Mapping[str, PeriodResults], *, k: int, consecutive: int, choices: Choices
) -> Bottom:
    """Of the units in the last `k` now, those that were so in each of the `consecutive` - 1 periods before.

    Periods are ordered by their keys, digits compared as numbers. A unit that stood in a tie at the cut then
    is undecided, unless `choices` names it: how that tie was settled is not on record.
    """
    if consecutive == 1:
        return now
    if len(previous) < consecutive - 1:
        return Bottom()
    periods = [previous[key] for key in sorted(previous, key=_natural)[1 - consecutive :]]
    members: set[str] = set()
    undecided: set[str] = set()
    for unit in now.members | now.undecided:
        places = {_place_then(results, unit, k) for results in periods}
        if "out" in places:
            continue
        open_then = "tied" in places and unit not in choices
        if unit in now.undecided or open_then:
            undecided.add(unit)
        elif "tied" not in places or choices[unit] == "in":
            members.add(unit)
    return Bottom(frozenset(members), frozenset(undecided))


def _place_then(results: PeriodResults, unit: str, k: int) -> str:
    mine = results.get(unit)
    if mine is None or mine.rank is None or mine.of is None:
        return "out"
    peers = [
        other for other in results.values() if other.category == mine.category and other.rank is not None
    ]
    equal = sum(other.rank == mine.rank for other in peers)
    # better units are counted where all are named; otherwise a competition rank says how many there are
    whole = len(peers) == mine.of
    better = sum((other.rank or 0) < mine.rank for other in peers) if whole else mine.rank - 1
    not_better = mine.of - better
    if not_better <= k:
        return "in"
    return "tied" if not_better - equal < k else "out"


def _natural(key: str) -> list[tuple[int, str]]:
    parts = _DIGITS.split(key)  # every second part is digits
    return [(int(part), "") if position % 2 else (0, part) for position, part in enumerate(parts)]
