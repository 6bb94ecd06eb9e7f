"""What counting reads: boxes that are closed, their rows and leaves, the sealed record, what was opened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Connection, bindparam, cast, exists, func, literal, select

from pingyi.db import one_row, rows
from pingyi.domain.period_state import PeriodState
from pingyi.models import Channel, Epoch, Leaf, LedgerPending, Period, Progress, SealedLeaf, TreeHead
from pingyi_surveys.counting.match_record import UNKNOWN_UNIT, BallotLeaf, BoxRow, place_of
from pingyi_surveys.models import BallotBox, BoxOpening


@dataclass(frozen=True, slots=True)
class ClosedBox:
    """A channel whose box is not opened yet."""

    channel_id: int
    channel: str


@dataclass(frozen=True, slots=True)
class StoredHead:
    """A head of the record without its signature."""

    epoch: int
    origin: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A head of the record as it was signed."""

    epoch: int
    origin: str
    size: int
    root: bytes
    note: str
    verifier_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOpening:
    """A channel's opening and the place in the record of its head; `digest` in hex."""

    channel_id: int
    channel: str
    head: str
    epoch: int
    size: int
    sealed: int
    counted: int
    held: int
    rejected: int
    numbers: Sequence[Sequence[Any]]
    digest: str


_CLOSED_BOXES = (
    select(BallotBox.channel_id, Channel.key.label("channel"))
    .join(Channel, Channel.id == BallotBox.channel_id)
    .where(
        Channel.period_id == bindparam("period"),
        ~exists().where(BoxOpening.channel_id == BallotBox.channel_id),
    )
    .order_by(Channel.position)
)
_PERIODS_TO_OPEN = (
    select(Period.id)
    .distinct()
    .join(Channel, Channel.period_id == Period.id)
    .join(BallotBox, BallotBox.channel_id == Channel.id)
    .where(
        Period.state == PeriodState.CLOSED,
        ~exists().where(BoxOpening.channel_id == BallotBox.channel_id),
        # What a finding has stopped waits for a person.
        ~exists().where(
            Progress.topic == bindparam("topic"), Progress.subject_id == Period.id, Progress.error != ""
        ),
    )
)
# Kinds are written out: a partial index serves only those that the planner can read.
_IS_UNSEALED = select(
    exists().where(
        LedgerPending.leaf_id == Leaf.id,
        Leaf.period_id == bindparam("period"),
        Leaf.kind.in_([literal(kind, literal_execute=True) for kind in ("ballot", "period.closed")]),
    )
)
_HASHES = (
    select(SealedLeaf.hash)
    .where(
        SealedLeaf.epoch == bindparam("epoch"),
        SealedLeaf.index >= bindparam("first"),
        SealedLeaf.index < bindparam("end"),
    )
    .order_by(SealedLeaf.index)
)
_HAS_DANGLING = select(
    exists(select(SealedLeaf.leaf_id).where(~exists().where(Leaf.id == SealedLeaf.leaf_id)))
)
_EPOCH_OF_HEAD = (
    select(Epoch.number)
    .join(TreeHead, TreeHead.epoch == Epoch.number)
    .where(Epoch.origin == bindparam("origin"))
    .group_by(Epoch.number)
    .having(func.max(TreeHead.size) >= bindparam("size"))
)
_OPENINGS = (
    select(
        BoxOpening.channel_id,
        Channel.key.label("channel"),
        BoxOpening.head,
        Epoch.number.label("epoch"),
        cast(func.split_part(BoxOpening.head, " ", 2), BigInteger).label("size"),
        BoxOpening.sealed,
        BoxOpening.counted,
        BoxOpening.held,
        BoxOpening.rejected,
        BoxOpening.numbers,
        func.encode(BoxOpening.digest, "hex").label("digest"),
    )
    .join(Channel, Channel.id == BoxOpening.channel_id)
    .join(Epoch, Epoch.origin == func.split_part(BoxOpening.head, " ", 1))
    .where(Channel.period_id == bindparam("period"))
    .order_by(Channel.position)
)
_CLOSING_HEAD = """
SELECT h.epoch, e.origin, h.size, h.root FROM (
  SELECT s.epoch, s.index FROM leaf l JOIN sealed_leaf s ON s.leaf_id = l.id
  WHERE l.period_id = :period AND l.kind = 'period.closed' ORDER BY s.epoch, s.index LIMIT 1
) AS closing JOIN tree_head h ON h.epoch = closing.epoch AND h.size > closing.index
JOIN epoch e ON e.number = h.epoch ORDER BY h.size LIMIT 1
"""
_NEWEST_HEADS = """
SELECT DISTINCT ON (h.epoch) h.epoch, e.origin, h.size, h.root, h.note, e.verifier_key
FROM tree_head h JOIN epoch e ON e.number = h.epoch
WHERE h.epoch < :epoch OR (h.epoch = :epoch AND h.size = :size) ORDER BY h.epoch, h.size DESC
"""
_ROWS = f"""
SELECT CASE WHEN b.unit_id = 0 THEN '' ELSE coalesce(u.code, '{UNKNOWN_UNIT}') END AS unit,
  b.nullifier, b.group_key, b.position, b.ciphertext, b.receipt
FROM sealed_ballot b LEFT JOIN unit u ON u.id = b.unit_id WHERE b.channel_id = %(channel)s
"""  # noqa: S608 our own constant
_LEAVES = """
SELECT s.epoch, s.index, s.hash AS entry, l.hash AS receipt
FROM leaf l JOIN sealed_leaf s ON s.leaf_id = l.id
WHERE l.kind = 'ballot' AND l.period_id = %(period)s
  AND convert_from(l.body, 'UTF8')::json ->> 'channel' = %(channel)s
"""


def closed_boxes(connection: Connection, period_id: int) -> Sequence[ClosedBox]:
    """The boxes of a period that are not opened yet, in the order of its scheme."""
    return rows(connection, ClosedBox, _CLOSED_BOXES, period=period_id)


def periods_to_open(connection: Connection, topic: str) -> Sequence[int]:
    """Closed periods with closed boxes whose opening, of this topic, no finding has stopped."""
    return connection.execute(_PERIODS_TO_OPEN, {"topic": topic}).scalars().all()


def is_unsealed(connection: Connection, period_id: int) -> bool:
    """Whether a ballot of a period or its closing waits to be sealed."""
    return connection.execute(_IS_UNSEALED, {"period": period_id}).scalar_one()


def stored_closing_head(connection: Connection, period_id: int) -> StoredHead | None:
    """The first head that covers the closing of a period."""
    return one_row(connection, StoredHead, _CLOSING_HEAD, period=period_id)


def newest_heads(connection: Connection, epoch: int, size: int) -> Sequence[SignedHead]:
    """Of every earlier epoch the newest head, since ballots may lie in it, and the one of this size."""
    return rows(connection, SignedHead, _NEWEST_HEADS, epoch=epoch, size=size)


def sealed_hashes(connection: Connection, epoch: int, first: int, end: int) -> Sequence[bytes]:
    """The hashes of an epoch's entries from `first` to before `end`, as far as there are any."""
    return connection.execute(_HASHES, {"epoch": epoch, "first": first, "end": end}).scalars().all()


def has_dangling_entries(connection: Connection) -> bool:
    """Whether an entry of the sealed record has lost its leaf."""
    return connection.execute(_HAS_DANGLING).scalar_one()


def epoch_of_head(connection: Connection, origin: str, size: int) -> int | None:
    """The epoch of this origin, None where it never was of that size."""
    return connection.execute(_EPOCH_OF_HEAD, {"origin": origin, "size": size}).scalar_one_or_none()


def stored_openings(connection: Connection, period_id: int) -> Sequence[StoredOpening]:
    """What every box of a period came to, in the order of its scheme."""
    return rows(connection, StoredOpening, _OPENINGS, period=period_id)


def load_rows(connection: Connection, channel_id: int) -> list[BoxRow]:
    """All rows of a box: no statement names one of them."""
    return [BoxRow._make(row) for row in _read(connection, _ROWS, {"channel": channel_id})]


def load_leaves(connection: Connection, period_id: int, channel: str) -> list[BallotLeaf]:
    """All sealed ballot leaves of a channel."""
    found = _read(connection, _LEAVES, {"period": period_id, "channel": channel})
    return [BallotLeaf(place_of(epoch, index), entry, receipt) for epoch, index, entry, receipt in found]


def _read(connection: Connection, statement: str, given: Mapping[str, Any]) -> Iterable[Any]:
    """Rows past SQLAlchemy and in binary: hundreds of thousands in a fraction of the time."""
    cursor = connection.connection.cursor(binary=True)
    cursor.execute(statement, given)
    found: Iterable[Any] = cursor.fetchall()
    cursor.close()
    return found
