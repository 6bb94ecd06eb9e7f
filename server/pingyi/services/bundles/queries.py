"""Read models of a public bundle: what of the record and of the period's tables it shows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import BigInteger, Connection, and_, bindparam, case, func, literal, or_, select, tuple_
from sqlalchemy.orm import aliased

from pingyi.db import json_text, json_words, rows
from pingyi.models import Epoch, Leaf, SealedLeaf, TreeHead, Unit
from pingyi.services.core.unit_index import KNOWN_NAMES_OF_UNIT

_EPOCH, _SIZE = bindparam("epoch", type_=BigInteger), bindparam("size", type_=BigInteger)
_PERIOD = bindparam("period", type_=BigInteger)
# Spelt out in the statement: the index of leaves is of some kinds only, which a parameter hides.
_PUBLISHED = literal("result.published", literal_execute=True)


@dataclass(frozen=True, slots=True)
class PublishedRevision:
    """A published revision; `body` is its compressed snapshot, only of the newest."""

    period_id: int
    state: str
    revision: int
    body: bytes | None


def published_revisions(connection: Connection, period_key: str) -> list[PublishedRevision]:
    """The published revisions of a period, the newest last."""
    return rows(connection, PublishedRevision, _REVISIONS, key=period_key)


_REVISIONS = """
SELECT p.id AS period_id, p.state, a.revision,
  CASE WHEN row_number() OVER (ORDER BY a.revision DESC) = 1 THEN s.body END AS body
FROM period p JOIN assessment a ON a.period_id = p.id JOIN publication b ON b.assessment_id = a.id
JOIN snapshot s ON s.id = a.snapshot_id WHERE p.key = :key ORDER BY a.revision
"""


@dataclass(frozen=True, slots=True)
class Act:
    """A leaf of an act, and its place in the record once it is sealed."""

    kind: str
    epoch: int | None
    index: int | None


def acts_of_revision(connection: Connection, period_id: int, revision: int) -> list[Act]:
    """The newest leaves that say that a revision was frozen and that it was published."""
    return rows(connection, Act, _ACTS, period=period_id, revision=revision)


_ACTS = """
SELECT DISTINCT ON (l.kind) l.kind, s.epoch, s.index
FROM leaf l LEFT JOIN sealed_leaf s ON s.leaf_id = l.id
WHERE l.period_id = :period AND l.kind IN ('result.published', 'snapshot.frozen')
  AND (convert_from(l.body, 'UTF8')::json ->> 'revision')::bigint = :revision
ORDER BY l.kind, l.id DESC
"""


class HeadPlace(NamedTuple):
    """Which head: the epoch, and how many entries of its tree it covers."""

    epoch: int
    size: int


def covering_head(connection: Connection, epoch: int, index: int) -> HeadPlace | None:
    """The first head that covers an index, None while there is none."""
    found = rows(connection, HeadPlace, _COVERING, epoch=epoch, index=index)
    return found[0] if found else None


_COVERING = (
    select(TreeHead.epoch, TreeHead.size)
    .where(TreeHead.epoch == _EPOCH, TreeHead.size > bindparam("index"))
    .order_by(TreeHead.size)
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class ShownEpoch:
    """An epoch, and how many of its leaves a bundle shows."""

    number: int
    origin: str
    verifier_key: str
    size: int


def epochs_up_to(connection: Connection, epoch: int, size: int) -> list[ShownEpoch]:
    """The epochs up to the head of this size, the last one up to it, those before whole."""
    return rows(connection, ShownEpoch, _EPOCHS, epoch=epoch, size=size)


_EPOCHS = (
    select(
        Epoch.number,
        Epoch.origin,
        Epoch.verifier_key,
        case((Epoch.number == _EPOCH, _SIZE), else_=func.coalesce(func.max(TreeHead.size), 0)).label("size"),
    )
    .outerjoin(TreeHead, TreeHead.epoch == Epoch.number)
    .where(Epoch.number <= _EPOCH)
    .group_by(Epoch.number)
    .order_by(Epoch.number)
)


@dataclass(frozen=True, slots=True)
class NamedHead:
    """A head as a leaf names it: `origin size root`."""

    line: str


def heads_in_leaves(connection: Connection, period_id: int) -> list[NamedHead]:
    """The heads that leaves of the period name: at freezing, and at opening a box."""
    return rows(connection, NamedHead, _NAMED, period=period_id)


_NAMED = """
SELECT convert_from(body, 'UTF8')::json ->> 'head' AS line FROM leaf
WHERE period_id = :period AND kind IN ('snapshot.frozen', 'box.opened')
  AND convert_from(body, 'UTF8')::json ->> 'head' IS NOT NULL
"""


def heads_of_publications(connection: Connection, period_id: int) -> list[HeadPlace]:
    """The first head over each publication of the period."""
    return rows(connection, HeadPlace, _OF_PUBLICATIONS, period=period_id)


_OF_PUBLICATIONS = (
    select(TreeHead.epoch, func.min(TreeHead.size).label("size"))
    .select_from(Leaf)
    .join(SealedLeaf, SealedLeaf.leaf_id == Leaf.id)
    .join(TreeHead, (TreeHead.epoch == SealedLeaf.epoch) & (TreeHead.size > SealedLeaf.index))
    .where(Leaf.period_id == _PERIOD, Leaf.kind == _PUBLISHED)
    .group_by(TreeHead.epoch, SealedLeaf.index)
)


def cosigned_heads(connection: Connection, epoch: int, size: int) -> list[HeadPlace]:
    """The newest head that each witness cosigned, up to the one of this size."""
    return rows(connection, HeadPlace, _COSIGNED, epoch=epoch, size=size)


_COSIGNED = """
SELECT DISTINCT ON (witness) epoch, size FROM cosignature WHERE (epoch, size) <= (:epoch, :size)
ORDER BY witness, epoch DESC, size DESC
"""


def hourly_heads(connection: Connection, epoch: int, size: int, most: int) -> list[HeadPlace]:
    """The last head of each hour, the newest `most` of them."""
    return rows(connection, HeadPlace, _HOURLY, epoch=epoch, size=size, most=most)


_HOURLY = (
    select(TreeHead.epoch, func.max(TreeHead.size).label("size"))
    .where(tuple_(TreeHead.epoch, TreeHead.size) <= tuple_(_EPOCH, _SIZE))
    .group_by(TreeHead.epoch, func.date_trunc("hour", TreeHead.sealed_at))
    .order_by(func.max(TreeHead.sealed_at).desc())
    .limit(bindparam("most"))
)


class HeadNote(NamedTuple):
    """A signed head with the lines of witnesses below it."""

    epoch: int
    note: str


def notes_of(connection: Connection, places: Collection[HeadPlace]) -> list[HeadNote]:
    """The notes of the heads at these places, in order; a place without a head has none."""
    epochs, sizes = [place.epoch for place in places], [place.size for place in places]
    return rows(connection, HeadNote, _NOTES, epochs=epochs, sizes=sizes)


_NOTES = """
SELECT h.epoch, h.note || coalesce((
  SELECT string_agg(rtrim(c.line, chr(10)) || chr(10), '' ORDER BY c.witness) FROM cosignature c
  WHERE c.epoch = h.epoch AND c.size = h.size), '') AS note
FROM tree_head h
JOIN unnest(CAST(:epochs AS bigint[]), CAST(:sizes AS bigint[])) AS wanted(epoch, size)
  ON wanted.epoch = h.epoch AND wanted.size = h.size
ORDER BY h.epoch, h.size
"""


@dataclass(frozen=True, slots=True)
class CoveredDraw:
    """A draw of which every act is covered."""

    key: str


def covered_draws(connection: Connection, epoch: int, size: int) -> list[CoveredDraw]:
    """The draws of which every act lies under the head of this size, oldest first."""
    return rows(connection, CoveredDraw, _DRAWS, epoch=epoch, size=size)


_DRAWS = """
SELECT convert_from(l.body, 'UTF8')::json ->> 'draw' AS key
FROM leaf l LEFT JOIN sealed_leaf s ON s.leaf_id = l.id
WHERE l.period_id IS NULL AND l.kind IN ('draw.committed', 'draw.drawn', 'draw.substituted')
GROUP BY 1 HAVING bool_and(coalesce((s.epoch, s.index) < (:epoch, :size), false)) ORDER BY min(l.id)
"""


@dataclass(frozen=True, slots=True)
class KnownUnit:
    """What is known of a unit besides a snapshot: the unit above it, and all its names."""

    code: str
    parent: str | None
    names: Sequence[str]


def known_units(connection: Connection, period_id: int, codes: Sequence[str]) -> list[KnownUnit]:
    """The units of these codes, with the names that a period knows; a parent not among them is left out."""
    return rows(connection, KnownUnit, _KNOWN_UNITS, codes=json_text(list(codes)), period=period_id)


_above = aliased(Unit)
_KNOWN_UNITS = (
    select(Unit.code, _above.code.label("parent"), KNOWN_NAMES_OF_UNIT.label("names"))
    .outerjoin(_above, and_(_above.id == Unit.parent_id, _above.code.in_(json_words("codes"))))
    .where(Unit.code.in_(json_words("codes")))
)


def has_later_entries(connection: Connection, period_id: int, epoch: int, index: int) -> bool:
    """Whether any entry of the period came after this place of the record."""
    place = {"period": period_id, "epoch": epoch, "index": index}
    return bool(connection.execute(_LATER_ENTRIES, place).scalar_one())


_PLACE = tuple_(_EPOCH, bindparam("index", type_=BigInteger))
_LATER_ENTRIES = select(
    select(Leaf.id)
    .outerjoin(SealedLeaf, SealedLeaf.leaf_id == Leaf.id)
    .where(
        Leaf.period_id == _PERIOD,
        Leaf.delivery_id.is_not(None),
        or_(SealedLeaf.leaf_id.is_(None), tuple_(SealedLeaf.epoch, SealedLeaf.index) >= _PLACE),
    )
    .exists()
)
