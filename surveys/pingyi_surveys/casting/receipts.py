"""What anybody may ask of a receipt: whether its ballot is in the record, and never what is on it."""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, literal, select

from pingyi.channels import Text
from pingyi.db import rows
from pingyi.ledger.tiles import subtree_reader
from pingyi.ledger.tree import TILE_WIDTH, inclusion_proof
from pingyi.models import Epoch, Leaf, Period, SealedLeaf, TreeHead
from pingyi.services.core.bound_channels import issued_scheme

DIGEST_BYTES: Final = 32
SHORT_CHARACTERS: Final = 10
SHORT_BITS: Final = 5 * SHORT_CHARACTERS
_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LIKE: Final = str.maketrans("OIL", "011", "-_ \u2010\u2011\u2012\u2013\u2014\u2212")
_HEXADECIMAL: Final = frozenset("0123456789ABCDEF")
_LEAVES = (
    select(Leaf.id, Leaf.hash, Leaf.body, Period.key.label("period"), Period.scheme_id)
    .join(Period, Period.id == Leaf.period_id)
    .where(
        # Written out: a partial index serves only a kind that the planner can read.
        Leaf.kind == literal("ballot", literal_execute=True),
        Leaf.hash.between(bindparam("low"), bindparam("high")),
    )
    .order_by(Leaf.hash)
    .limit(2)
)
_NEWEST_HEAD = (
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
        _NEWEST_HEAD.c.size,
        _NEWEST_HEAD.c.root,
    )
    .join(Epoch, Epoch.number == SealedLeaf.epoch)
    .join(_NEWEST_HEAD, _NEWEST_HEAD.c.size > SealedLeaf.index)
    .where(SealedLeaf.leaf_id == bindparam("leaf"))
)


class _Leaf(NamedTuple):
    """A ballot's leaf, with its period."""

    id: int
    hash: bytes
    body: bytes
    period: str
    scheme_id: int


class Asked(NamedTuple):
    """A range of digests, both ends in it, and the one spelling of what was asked."""

    low: bytes
    high: bytes
    spelling: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptPlace:
    """Where a ballot's leaf stands under a head, with the path (RFC 9162) from it to the head's root."""

    epoch: int
    index: int
    head: str
    entry: str
    proof: Sequence[str]

    @property
    def tile(self) -> tuple[int, int, int]:
        """Number of the entry bundle, the entry's place in it, and how many entries it has by then."""
        number, within = divmod(self.index, TILE_WIDTH)
        size = int(self.head.split()[1])
        return number, within, min(TILE_WIDTH, size - number * TILE_WIDTH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A sealed ballot by its receipt; `place` is None until a head covers it."""

    digest: str
    period: str
    title: Text
    channel: Text
    place: ReceiptPlace | None


def read_receipt(typed: str) -> Asked | None:
    """The digests that a short code or a whole receipt may mean; None where it is neither.

    Case does not matter, nor O for 0, I and L for 1, hyphens, spaces or full-width letters.
    """
    symbols = "".join(unicodedata.normalize("NFKC", typed).upper().split()).translate(_LIKE)
    if len(symbols) == 2 * DIGEST_BYTES and set(symbols) <= _HEXADECIMAL:
        digest = bytes.fromhex(symbols)
        return Asked(digest, digest, digest.hex())
    if len(symbols) != SHORT_CHARACTERS or not set(symbols) <= set(_CROCKFORD):
        return None
    rest = 8 * DIGEST_BYTES - SHORT_BITS
    low = sum(_CROCKFORD.index(one) << 5 * place for place, one in enumerate(reversed(symbols))) << rest
    high = low | (1 << rest) - 1
    return Asked(
        low.to_bytes(DIGEST_BYTES, "big"),
        high.to_bytes(DIGEST_BYTES, "big"),
        "-".join((symbols[:4], symbols[4:8], symbols[8:])),
    )


def find_receipts(connection: Connection, asked: Asked) -> list[Found]:
    """The ballots that were meant: none, one, or two where a short code means several."""
    leaves = rows(connection, _Leaf, _LEAVES, low=asked.low, high=asked.high)
    return [_found(connection, leaf) for leaf in leaves]


def _found(connection: Connection, leaf: _Leaf) -> Found:
    scheme = issued_scheme(leaf.scheme_id, connection)
    key = msgspec.json.decode(leaf.body)["channel"]
    plan = scheme.channel(key)
    return Found(
        digest=leaf.hash.hex(),
        period=leaf.period,
        title=scheme.title,
        channel=plan.title if plan else Text(zh=key, en=key),
        place=_place(connection, leaf),
    )


def _place(connection: Connection, leaf: _Leaf) -> ReceiptPlace | None:
    row = connection.execute(_PLACE, {"leaf": leaf.id}).one_or_none()
    if row is None:
        return None
    path = inclusion_proof(row.place, row.size, subtree_reader(connection, row.epoch))
    return ReceiptPlace(
        epoch=row.epoch,
        index=row.place,
        head=f"{row.origin} {row.size} {base64.b64encode(row.root).decode()}",
        entry=f"{leaf.period}\n{leaf.hash.hex()}\n",
        proof=[base64.b64encode(step).decode() for step in path],
    )
