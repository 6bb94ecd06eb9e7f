"""From opened ballots to counts: cells of a unit and a stratum, small ones withheld."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from pingyi_surveys.ballot.layout import Layout
from pingyi_surveys.ballot.opened_ballot import OpenedBallot

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


def too_few_to_hold(ballots: Sequence[OpenedBallot], reasons: Sequence[str]) -> set[tuple[str, str, str]]:
    """The held cells (unit, stratum, reason) under 10 ballots: they become a number."""
    cells = Counter(
        (ballot.unit, ballot.stratum, reason)
        for ballot, reason in zip(ballots, reasons, strict=True)
        if reason
    )
    return {cell for cell, count in cells.items() if count < FLOOR}


def tallied(layout: Layout, ballots: Iterable[tuple[OpenedBallot, str]], batch: str) -> Iterator[Tallied]:
    """The entries of ballots with the reason why they are held ("": counted), in one order.

    A dimension of a cell with 1 to 9 scored answers is one `withheld` count of all its ballots. Held entries
    have a batch of their own per reason: entries of one batch are told apart by neither.
    """
    cells: defaultdict[tuple[str, str, str], bytearray] = defaultdict(bytearray)
    for ballot, reason in ballots:
        cells[ballot.unit, ballot.stratum, reason] += bytes(ballot.answers)
    for (unit, stratum, reason), answers in sorted(cells.items()):
        named, standing = (f"{batch}.{reason}", HELD) if reason else (batch, COUNTED)
        for place, (rated, dimension) in enumerate(_questions(layout, unit)):
            for option, count in _counts(layout, answers[place :: layout.questions]):
                yield Tallied(rated, named, stratum, dimension, option, count, standing, reason)


def _questions(layout: Layout, unit: str) -> Iterator[tuple[str, str]]:
    """The unit and the dimension of every answer on a ballot, in the ballot's order."""
    return product(layout.units if layout.every_unit else (unit,), layout.dimensions)


def _counts(layout: Layout, answers: bytearray) -> Iterator[tuple[str, int]]:
    """Each option that occurs with its number, in the layout's order; or the whole, withheld."""
    counts = {place: answers.count(place) for place in sorted(set(answers))}
    if 0 < sum(count for place, count in counts.items() if place < layout.scored) < FLOOR:
        yield WITHHELD, len(answers)
        return
    for place, count in counts.items():
        yield layout.options[place] if place < len(layout.options) else NO_ANSWER_OPTION, count
