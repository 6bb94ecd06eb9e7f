"""Rows of a box beside the record: the leaf of each row, and what is missing, altered or too much."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from pingyi.ledger.leaves import leaf_hash
from pingyi.ledger.tree import entry_bytes, hash_entry
from pingyi_surveys.ballot.tally import Result, Sealed
from pingyi_surveys.casting.seal import ballot_leaf

MISSING: Final = "missing"
ALTERED: Final = "altered"
EPOCH_WIDTH: Final = 1 << 44
UNKNOWN_UNIT: Final = "?"


class BallotLeaf(NamedTuple):
    """A sealed ballot leaf: its place in the record (see `place_of`), its hash in the tree, its receipt."""

    place: int
    entry: bytes
    receipt: bytes


class BoxRow(NamedTuple):
    """A stored row, before its leaf is known; `unit` is the code of its address, "" for every unit."""

    unit: str
    nullifier: bytes
    group: bytes
    position: int
    ciphertext: bytes
    receipt: bytes


@dataclass(frozen=True, slots=True)
class Matched:
    """The rows that the record knows, and the receipts of what does not match, each sorted."""

    rows: tuple[Sealed, ...]
    missing: tuple[BallotLeaf, ...] = ()
    altered: tuple[BallotLeaf, ...] = ()
    extra: tuple[bytes, ...] = ()

    @property
    def sealed(self) -> int:
        """How many ballots the record holds."""
        return len(self.rows) + len(self.missing) + len(self.altered)

    @property
    def whole(self) -> bool:
        """Whether rows and leaves are the same."""
        return not (self.missing or self.altered or self.extra)

    def lost(self) -> list[Result]:
        """What is left of the ballots without an unaltered row: each is rejected."""
        named = (MISSING, self.missing), (ALTERED, self.altered)
        return [Result(leaf.place, "", None, reason) for reason, leaves in named for leaf in leaves]

    def told(self) -> dict[str, Any]:
        """The receipts of what does not match, for the record; nothing where all does."""
        found = {
            MISSING: [leaf.receipt.hex() for leaf in self.missing],
            ALTERED: [leaf.receipt.hex() for leaf in self.altered],
            "extra": [receipt.hex() for receipt in self.extra],
        }
        return {name: receipts for name, receipts in found.items() if receipts}


def place_of(epoch: int, index: int) -> int:
    """One number for a place in the record, rising through all epochs."""
    return epoch * EPOCH_WIDTH + index


def match(period: str, channel: str, rows: Iterable[BoxRow], leaves: Iterable[BallotLeaf]) -> Matched:
    """Give every row the leaf that its ciphertext makes; whatever the order of both, the same."""
    waiting = _by_entry(leaves)
    found: list[Sealed] = []
    without: list[tuple[bytes, BoxRow]] = []
    for row in sorted(rows):
        receipt = leaf_hash(ballot_leaf(channel, period, row.ciphertext))
        places = waiting.get(hash_entry(entry_bytes(period, receipt)))
        if places:
            place = places.pop(0).place
            found.append(Sealed(place, row.unit, row.nullifier, row.group, row.position, row.ciphertext))
        else:
            without.append((receipt, row))
    return _matched(found, without, [leaf for left in waiting.values() for leaf in left])


def _by_entry(leaves: Iterable[BallotLeaf]) -> Mapping[bytes, list[BallotLeaf]]:
    waiting: defaultdict[bytes, list[BallotLeaf]] = defaultdict(list)
    for leaf in sorted(leaves):
        waiting[leaf.entry].append(leaf)
    return waiting


def _matched(
    found: Sequence[Sealed], without: Iterable[tuple[bytes, BoxRow]], left: Iterable[BallotLeaf]
) -> Matched:
    """A row whose receipt names a leaf that nobody else has was altered; any other row is too much."""
    open_leaves = {leaf.receipt: leaf for leaf in sorted(left, reverse=True)}
    missing = set(left)
    altered, extra = [], []
    for receipt, row in without:
        leaf = open_leaves.pop(row.receipt, None)
        if leaf is None:
            extra.append(receipt)
        else:
            altered.append(leaf)
            missing.remove(leaf)
    return Matched(tuple(found), tuple(sorted(missing)), tuple(sorted(altered)), tuple(sorted(extra)))
