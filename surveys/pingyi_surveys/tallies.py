"""From opened ballots to counts: cells of a unit and a stratum, small ones withheld."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pingyi_surveys.ballots import Layout, answers_by_unit
from pingyi_surveys.opened import Opened

COUNTED: Final = "counted"
HELD: Final = "held"
REJECTED: Final = "rejected"
FLOOR: Final = 10
WITHHELD: Final = "withheld"
NO_ANSWER_OPTION: Final = "no_answer"


@dataclass(frozen=True, slots=True)
class Tallied:
    """One entry of the ballots family with its standing, and why it is held; `unit` is "" for `returned`."""

    unit: str
    batch: str
    stratum: str
    dimension: str
    option: str
    count: int
    standing: str = COUNTED
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Number:
    """How many ballots of a unit ("" for every unit) stand so, for one reason."""

    unit: str
    standing: str
    reason: str
    count: int


def too_few_to_hold(ballots: Sequence[Opened], reasons: Sequence[str]) -> set[tuple[str, str, str]]:
    """The held cells (unit, stratum, reason) under 10 ballots: they become a number."""
    cells = Counter(
        (ballot.unit, ballot.stratum, reason)
        for ballot, reason in zip(ballots, reasons, strict=True)
        if reason
    )
    return {cell for cell, count in cells.items() if count < FLOOR}


def tallied(layout: Layout, ballots: Iterable[tuple[Opened, str]], batch: str) -> Iterator[Tallied]:
    """The entries of ballots with the reason why they are held ("": counted), in one order.

    A dimension of a cell with 1 to 9 scored answers is one `withheld` count of all its ballots. Held entries
    have a batch of their own per reason: entries of one batch are told apart by neither.
    """
    cells: defaultdict[tuple[str, str, str], list[tuple[int, ...]]] = defaultdict(list)
    for ballot, reason in ballots:
        for unit, answers in answers_by_unit(layout, ballot):
            cells[unit, ballot.stratum, reason].append(answers)
    for (unit, stratum, reason), given in sorted(cells.items()):
        named, standing = (f"{batch}.{reason}", HELD) if reason else (batch, COUNTED)
        for dimension, column in zip(layout.dimensions, zip(*given, strict=True), strict=True):
            for option, count in _counts(layout, column):
                yield Tallied(unit, named, stratum, dimension, option, count, standing, reason)


def _counts(layout: Layout, answers: Sequence[int]) -> Iterator[tuple[str, int]]:
    """Each option that occurs with its number, in the layout's order; or the whole, withheld."""
    counts = Counter(answers)
    if 0 < sum(counts[place] for place in range(layout.scored)) < FLOOR:
        yield WITHHELD, len(answers)
        return
    for place in sorted(counts):
        known = place < len(layout.options)
        yield layout.options[place] if known else NO_ANSWER_OPTION, counts[place]
