"""The box opened: from sealed rows to tallies and numbers, the same bytes whatever the order of the rows.

In two steps. `open_rows` works row by row, in as many processes as there are; `settle` takes all results
together. Nothing here writes anything: single ballots exist in memory only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final, NamedTuple

from pingyi.domain.canonical import canonical_json
from pingyi_surveys.ballot.keys import BoxKeys
from pingyi_surveys.ballot.layout import Layout, Refused, unpack
from pingyi_surveys.ballot.opened_ballot import Judge, OpenedBallot
from pingyi_surveys.ballot.sealed_box import Opener, Unopenable, tied_to
from pingyi_surveys.ballot.tally_cells import (
    COUNTED,
    HELD,
    REJECTED,
    Number,
    Tallied,
    tallied,
    too_few_to_hold,
)

UNDECRYPTABLE: Final = "undecryptable"
BAD_MAC: Final = "bad_mac"
MOVED: Final = "moved"
UNREADABLE: Final = "unreadable"
LATE: Final = "late"
REPLAYED: Final = "replayed"
CARDS_EXCEEDED: Final = "cards_exceeded"
RETURNED: Final = "returned"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A stored row: its place in the record, the unit of its address, and the sealed ballot."""

    index: int
    unit: str
    nullifier: bytes
    group: bytes
    position: int
    ciphertext: bytes


@dataclass(frozen=True, slots=True)
class Result:
    """What a row was: its ballot, or the reason why there is none."""

    index: int
    unit: str
    ballot: OpenedBallot | None
    reason: str


@dataclass(frozen=True, slots=True)
class Opinion:
    """A comment, parted from its ballot."""

    unit: str
    standing: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the period settled beforehand.

    `last_day` and `size`: a ballot of a later day, or at or beyond the closing head's size, is late. `cards`:
    how many cards each stratum of a roster has; None where anybody may rate. `batch` names the entries.
    """

    last_day: int
    size: int
    cards: Mapping[str, int] | None = None
    batch: str = "box"


class Opening(NamedTuple):
    """All that comes of a box: entries, ballots in numbers, comments; each in one order."""

    entries: tuple[Tallied, ...]
    numbers: tuple[Number, ...]
    opinions: tuple[Opinion, ...]

    def total(self, standing: str) -> int:
        """How many ballots are counted, held or rejected; the three make all that were sealed."""
        return sum(number.count for number in self.numbers if number.standing == standing)

    def canonical(self) -> bytes:
        """The one spelling that two openings of one box share."""
        return canonical_json({name: list(map(asdict, rows)) for name, rows in self._asdict().items()})


def open_box(
    rows: Iterable[Sealed],
    layout: Layout,
    keys: BoxKeys,
    terms: Terms,
    judge: Judge | None = None,
) -> Opening:
    """Open a channel's box; `judge` (None for rosters) says which ballots are held."""
    return settle(open_rows(rows, layout, keys), layout, terms, judge)


def open_rows(rows: Iterable[Sealed], layout: Layout, keys: BoxKeys) -> Iterator[Result]:
    """What each row was, by itself; rows of one group stand together in the order of the results."""
    opener = Opener(keys.private)
    for row in sorted(rows, key=lambda row: (row.group, row.position)):
        yield _open_row(row, layout, opener, keys.intake)


def settle(results: Iterable[Result], layout: Layout, terms: Terms, judge: Judge | None = None) -> Opening:
    """Weigh all results of a box together.

    A late ballot is rejected; of ballots with one nullifier the first in the record counts; of more ballots
    than a stratum has cards the last in the record are rejected; what `judge` holds is held, but rejected
    where a cell (unit, stratum, reason) has under 10. Ballots that rate every unit give one shared
    `returned`.
    """
    numbers: Counter[tuple[str, str, str]] = Counter()
    valid = []
    for result in sorted(results, key=_place):
        if result.ballot is None:
            numbers[result.unit, REJECTED, result.reason] += 1
        else:
            valid.append((result.index, result.ballot))
    kept, rejected = _in_time_once_and_within_cards(valid, terms)
    for ballot, reason in rejected:
        numbers[ballot.unit, REJECTED, reason] += 1
    standing = _judged(kept, judge, numbers)
    return Opening(
        tuple(_entries(layout, standing, terms)),
        tuple(Number(*key, count) for key, count in sorted(numbers.items())),
        _opinions(standing),
    )


def _open_row(row: Sealed, layout: Layout, opener: Opener, intake: bytes) -> Result:
    try:
        tied = tied_to(layout.channel, row.nullifier)
        plain = opener.open(row.group, row.position, row.ciphertext, tied)
        ballot = unpack(layout, row.unit, row.nullifier, plain, intake)
    except Unopenable:
        return Result(row.index, row.unit, None, UNDECRYPTABLE)
    except Refused as refused:
        return Result(row.index, row.unit, None, refused.reason)
    return Result(row.index, row.unit, ballot, "")


def _place(result: Result) -> tuple[int, OpenedBallot | tuple[()]]:
    """The order in the record; equal places are told apart by content: the order of rows never matters."""
    return result.index, result.ballot or ()


def _in_time_once_and_within_cards(
    ballots: Iterable[tuple[int, OpenedBallot]], terms: Terms
) -> tuple[list[OpenedBallot], list[tuple[OpenedBallot, str]]]:
    """Which of the ballots, given in the order of the record, are kept, and why the others are not."""
    kept: dict[bytes, OpenedBallot] = {}
    rejected = []
    used: defaultdict[str, int] = defaultdict(int)
    for index, ballot in ballots:
        if index >= terms.size or ballot.day > terms.last_day:
            rejected.append((ballot, LATE))
        elif ballot.nullifier in kept:
            rejected.append((ballot, REPLAYED))
        elif terms.cards is not None and used[ballot.stratum] >= terms.cards.get(ballot.stratum, 0):
            rejected.append((ballot, CARDS_EXCEEDED))
        else:
            kept[ballot.nullifier] = ballot
            used[ballot.stratum] += 1
    return [kept[nullifier] for nullifier in sorted(kept)], rejected


def _judged(
    ballots: Sequence[OpenedBallot], judge: Judge | None, numbers: Counter[tuple[str, str, str]]
) -> list[tuple[OpenedBallot, str]]:
    """The ballots that count ("") or are held (a reason); adds every ballot to the numbers."""
    reasons = judge(ballots) if judge else [""] * len(ballots)
    dropped = too_few_to_hold(ballots, reasons)
    standing = []
    for ballot, reason in zip(ballots, reasons, strict=True):
        if (ballot.unit, ballot.stratum, reason) in dropped:
            numbers[ballot.unit, REJECTED, reason] += 1
        else:
            numbers[ballot.unit, HELD if reason else COUNTED, reason] += 1
            standing.append((ballot, reason))
    return standing


def _entries(layout: Layout, standing: Sequence[tuple[OpenedBallot, str]], terms: Terms) -> Iterator[Tallied]:
    if layout.every_unit and standing:
        yield Tallied("", terms.batch, "", "", RETURNED, len(standing))
    yield from tallied(layout, standing, terms.batch)


def _opinions(standing: Iterable[tuple[OpenedBallot, str]]) -> tuple[Opinion, ...]:
    """The comments, sorted by their bytes: their order says nothing of the ballots'."""
    given = [
        Opinion(ballot.unit, HELD if reason else COUNTED, ballot.comment)
        for ballot, reason in standing
        if ballot.comment.strip()
    ]
    return tuple(sorted(given, key=lambda opinion: (opinion.text.encode(), opinion.unit, opinion.standing)))
