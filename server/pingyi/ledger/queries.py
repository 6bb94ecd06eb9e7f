"""Read models of the record: a head with its witnesses, leaves that got lost, entries unlike theirs."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from pingyi.db import one_row, rows

MOST_NAMED = 100


def newest_checkpoint(connection: Connection, epoch: int) -> str | None:
    """The newest signed head of an epoch with the lines of witnesses below it, None for an unknown epoch."""
    found = one_row(connection, _Checkpoint, _CHECKPOINT, epoch=epoch)
    return found.note if found else None


@dataclass(frozen=True, slots=True)
class _Checkpoint:
    note: str


_CHECKPOINT = """
SELECT h.note || coalesce((
  SELECT string_agg(rtrim(c.line, chr(10)) || chr(10), '' ORDER BY c.witness) FROM cosignature c
  WHERE c.epoch = h.epoch AND c.size = h.size), '') AS note
FROM tree_head h WHERE h.epoch = :epoch ORDER BY h.size DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class LostLeaf:
    """A leaf that is neither sealed nor waiting to be."""

    id: int


def lost_leaves(connection: Connection) -> list[LostLeaf]:
    """The first leaves that the sealer will never see."""
    return rows(connection, LostLeaf, _LOST, most=MOST_NAMED)


_LOST = """
SELECT l.id FROM leaf l WHERE NOT EXISTS (SELECT FROM sealed_leaf s WHERE s.leaf_id = l.id)
AND NOT EXISTS (SELECT FROM ledger_pending w WHERE w.leaf_id = l.id) ORDER BY l.id LIMIT :most
"""


@dataclass(frozen=True, slots=True)
class UnlikeEntry:
    """An entry that is not what its leaf says."""

    delivery_id: int
    position: int


def unlike_entries(connection: Connection) -> list[UnlikeEntry]:
    """The first entries that have no leaf, or values that differ from it."""
    return rows(connection, UnlikeEntry, _UNLIKE, most=MOST_NAMED)


# The leaf holds the values that are not private; a disposition's leaf holds none.
_UNLIKE = """
SELECT e.delivery_id, e.position FROM entry e
LEFT JOIN leaf l ON l.delivery_id = e.delivery_id AND l.position = e.position AND l.hash = e.hash
WHERE l.id IS NULL OR l.kind = 'entry' AND CASE WHEN sha256('\\x00' || l.body) = l.hash
  THEN NOT e.values::jsonb @> (convert_from(l.body, 'UTF8')::jsonb -> 'values') ELSE true END
ORDER BY e.delivery_id, e.position LIMIT :most
"""
