"""Who is among the last k of a category, and for whom a person has to decide (method.md 1.8 and 2.8)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

Choice = Literal["in", "out"]
Choices = Mapping[str, Choice]
TieBreak = Callable[[str], Sequence[int | None]]


@dataclass(frozen=True, slots=True)
class Bottom:
    """The units that are in the last k, and those tied at the cut that nobody has decided on."""

    members: frozenset[str] = frozenset()
    undecided: frozenset[str] = frozenset()


def bottom_of(totals: Mapping[str, int], k: int, tie_break: TieBreak, choices: Choices) -> Bottom:
    """The last `k` of a category's ranked units (unit -> total).

    A unit is in when the worse and the equal ones fit into k. At the cut the tie-break values decide one
    after another, higher wins; what is still tied is decided by `choices` (unit -> in or out) or undecided.
    """
    members: set[str] = set()
    for _, tied in _lowest_first(totals, totals.__getitem__):
        if len(members) >= k:
            break
        if len(members) + len(tied) > k:
            at_cut = _broken(tied, k - len(members), tie_break, choices)
            return Bottom(frozenset(members | at_cut.members), at_cut.undecided)
        members.update(tied)
    return Bottom(frozenset(members))


def decided(tied: Iterable[str], places: int, choices: Choices) -> Bottom:
    """What a person's choices make of units tied for `places`; the rest follows where it must."""
    units = frozenset(tied)
    chosen = frozenset(unit for unit in units if choices.get(unit) == "in")
    open_units = frozenset(unit for unit in units if unit not in choices)
    left = places - len(chosen)
    if left <= 0:
        return Bottom(chosen)
    if len(open_units) <= left:
        return Bottom(chosen | open_units)
    return Bottom(chosen, open_units)


def _broken(tied: Sequence[str], places: int, tie_break: TieBreak, choices: Choices) -> Bottom:
    members: set[str] = set()
    remaining = list(tied)
    values = {unit: tie_break(unit) for unit in tied}
    for position in range(len(values[tied[0]])):
        if any(values[unit][position] is None for unit in remaining):
            continue  # a value that some of them lack cannot compare them
        by_value = {unit: values[unit][position] or 0 for unit in remaining}
        for _, equal in _lowest_first(remaining, by_value.__getitem__):
            if len(members) + len(equal) > places:
                remaining = equal
                break
            members.update(equal)
        if len(members) == places:
            return Bottom(frozenset(members))
    rest = decided(remaining, places - len(members), choices)
    return Bottom(frozenset(members) | rest.members, rest.undecided)


def _lowest_first(units: Iterable[str], value: Callable[[str], int]) -> list[tuple[int, list[str]]]:
    ordered = sorted(units, key=value)
    return [(lowest, list(equal)) for lowest, equal in groupby(ordered, key=value)]
