"""What anyone may ask of the record: whether a head was signed here, and where a receipt's leaf stands."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select, true

from pingyi.ledger.tiles import subtree_reader
from pingyi.ledger.tree import inclusion_proof
from pingyi.models import Cosignature, Epoch, Leaf, Period, SealedLeaf, TreeHead

_WITNESSES = (
    select(Cosignature.witness)
    .where(Cosignature.epoch == TreeHead.epoch, Cosignature.size == TreeHead.size)
    .order_by(Cosignature.witness)
)
_HEAD = (
    select(TreeHead.sealed_at, func.array(_WITNESSES.scalar_subquery()).label("witnesses"))
    .join(Epoch, Epoch.number == TreeHead.epoch)
    .where(
        Epoch.origin == bindparam("origin"),
        TreeHead.size == bindparam("size"),
        TreeHead.root == bindparam("root"),
    )
)
_NEWEST = (
    select(TreeHead.size, TreeHead.root)
    .where(TreeHead.epoch == SealedLeaf.epoch)
    .order_by(TreeHead.size.desc())
    .limit(1)
    .lateral()
)
_PLACE = (
    select(
        SealedLeaf.epoch,
        SealedLeaf.index.label("place"),
        Epoch.origin,
        _NEWEST.c.size,
        _NEWEST.c.root,
        func.coalesce(Period.key, "-").label("scope"),
    )
    .join(Leaf, Leaf.id == SealedLeaf.leaf_id)
    .join(Epoch, Epoch.number == SealedLeaf.epoch)
    .outerjoin(Period, Period.id == Leaf.period_id)
    .join(_NEWEST, true())
    .where(
        Leaf.delivery_id == bindparam("delivery"),
        Leaf.position == bindparam("position"),
        Leaf.hash == bindparam("digest"),
    )
)


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
    asked = {"origin": parts[0], "size": int(parts[1]), "root": root}
    row = connection.execute(_HEAD, asked).one_or_none()
    return KnownHead(" ".join(parts), row.sealed_at, row.witnesses) if row else None


def find_leaf_place(connection: Connection, delivery: int, position: int, digest: bytes) -> LeafPlace | None:
    """Where the leaf of a receipt's entry stands; None where there is none, or it waits for the sealer."""
    given = {"delivery": delivery, "position": position, "digest": digest}
    row = connection.execute(_PLACE, given).one_or_none()
    if row is None:
        return None
    path = inclusion_proof(row.place, row.size, subtree_reader(connection, row.epoch))
    head = f"{row.origin} {row.size} {base64.b64encode(row.root).decode()}"
    proof = [base64.b64encode(step).decode() for step in path]
    return LeafPlace(row.epoch, row.place, f"{row.scope}\n{digest.hex()}\n", head, proof)
