"""A run of leaves, read: most entries are only summed, what others replace is left one by one."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pingyi_verifier.record.bundle import Bundle
from pingyi_verifier.report.sentences import Text

STANDINGS = ("counted", "held", "rejected")
Counters = dict[tuple[str, str, str], dict[str, int]]  # (channel, standing, unit or "") -> counter -> sum


class EntryLeaf(NamedTuple):
    """An entry or disposition that replaces or is replaced; `row` is None for a disposition."""

    at: int
    digest: str
    channel: str
    unit: str
    standing: str
    replaces: str | None
    row: str | None  # the public cells in the order of the CSV file's columns
    counts: tuple[dict[str, int], dict[str, int]] | None  # None: the channel's formulas are not here


class ActLeaf(NamedTuple):
    """Any other leaf of the period."""

    at: int
    body: dict[str, Any]


class Tally(NamedTuple):
    """What an entry that came out of a ballot box counts, and in which standing it came."""

    channel: str
    standing: str
    batch: str
    unit: str
    stratum: str
    dimension: str
    option: str


class Rows(NamedTuple):
    """A multiset of rows: how many, and the sum of their marks (see `mark`)."""

    number: int = 0
    marks: int = 0


def mark(bundle: Bundle, standing: str, row: str) -> int:
    """A row as a number that nobody can foresee, since its secret is drawn anew for every check."""
    text = f"{len(standing)} {standing}{row}"
    return int.from_bytes(hashlib.sha256(bundle.secret + text.encode()).digest(), "little")


@dataclass
class Block:
    """A run of leaves, read: entries that nothing replaces are only summed, the others kept one by one."""

    levels: list[bytes] = field(default_factory=list)
    sums: Counters = field(default_factory=dict)
    rows: dict[str, Rows] = field(default_factory=dict)
    entries: list[EntryLeaf] = field(default_factory=list)
    acts: list[ActLeaf] = field(default_factory=list)
    places: list[bytes] = field(default_factory=list)  # delivery and position of every entry, 16 bytes each
    ballots: dict[str, list[bytes]] = field(default_factory=dict)  # channel -> place and hash of each leaf
    tallies: dict[Tally, int] = field(default_factory=dict)  # what came out of boxes
    taken: dict[str, Tally] = field(default_factory=dict)  # digest -> tally of those that a leaf replaces
    beside: Counter[str] = field(default_factory=Counter)  # channel -> entries that came out of no box
    seen: int = 0
    late: int = 0
    faults: list[Text] = field(default_factory=list)


def add_counts(
    sums: Counters, channel: str, standing: str, unit: str, counts: tuple[dict[str, int], dict[str, int]]
) -> None:
    """Add what an entry counts to its unit's sums, and to those of the channel as a whole."""
    for place, amounts in (((channel, standing, unit), counts[0]), ((channel, standing, ""), counts[1])):
        if amounts:
            cell = sums.get(place)
            if cell is None:
                sums[place] = dict(amounts)
                continue
            for name, amount in amounts.items():
                cell[name] = cell.get(name, 0) + amount
