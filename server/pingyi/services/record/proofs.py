"""What anyone may ask of the record: whether a head was signed here, and where a receipt's leaf stands."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from pingyi.ledger.tiles import subtree_reader
from pingyi.ledger.tree import inclusion_proof


@dataclass(frozen=True, slots=True)
class KnownHead:
    """A head that was signed here; `witnesses` cosigned it."""

    line: str
    sealed_at: datetime
    witnesses: Sequence[str]


@dataclass(frozen=True, slots=True)
class LeafPlace:
    """Where a leaf stands under a head: its index, and the path (RFC 9162) that leads to the head's root."""

    epoch: int
    index: int
    entry: str
    head: str
    proof: Sequence[str]


def find_head(connection: Connection, line: str) -> KnownHead | None:
    """The head that `line` (origin, size, root in base64) names; None where none such was ever signed."""
    parts = line.split()
    if len(parts) != 3 or not (parts[1].isascii() and parts[1].isdigit() and len(parts[1]) < 19):
        return None
    try:
        root = base64.b64decode(parts[2], validate=True)
    except binascii.Error:
        return None
    row = connection.execute(
        text(_HEAD), {"origin": parts[0], "size": int(parts[1]), "root": root}
    ).one_or_none()
    return KnownHead(" ".join(parts), row.sealed_at, row.witnesses) if row else None


def find_leaf_place(connection: Connection, delivery: int, position: int, digest: bytes) -> LeafPlace | None:
    """Where the leaf of a receipt's entry stands; None where there is none, or it waits for the sealer."""
    given = {"delivery": delivery, "position": position, "digest": digest}
    row = connection.execute(text(_PLACE), given).one_or_none()
    if row is None:
        return None
    path = inclusion_proof(row.place, row.size, subtree_reader(connection, row.epoch))
    head = f"{row.origin} {row.size} {base64.b64encode(row.root).decode()}"
    proof = [base64.b64encode(step).decode() for step in path]
    return LeafPlace(row.epoch, row.place, f"{row.scope}\n{digest.hex()}\n", head, proof)


_HEAD = """
SELECT h.sealed_at, array(
  SELECT c.witness FROM cosignature c WHERE c.epoch = h.epoch AND c.size = h.size ORDER BY c.witness
) AS witnesses
FROM tree_head h JOIN epoch e ON e.number = h.epoch
WHERE e.origin = :origin AND h.size = :size AND h.root = :root
"""
_PLACE = """
SELECT i.epoch, i.index AS place, e.origin, h.size, h.root, coalesce(p.key, '-') AS scope
FROM leaf l JOIN sealed_leaf i ON i.leaf_id = l.id JOIN epoch e ON e.number = i.epoch
LEFT JOIN period p ON p.id = l.period_id
JOIN LATERAL (
  SELECT size, root FROM tree_head WHERE epoch = i.epoch ORDER BY size DESC LIMIT 1
) h ON true
WHERE l.delivery_id = :delivery AND l.position = :position AND l.hash = :digest
"""
