"""What anybody may ask of a receipt: whether its ballot is in the record, and never what is on it."""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, text

from pingyi.channels import Text
from pingyi.ledger.tiles import subtree_reader
from pingyi.ledger.tree import TILE_WIDTH, inclusion_proof
from pingyi.services.core.bound_channels import issued_scheme

DIGEST_BYTES: Final = 32
SHORT_CHARACTERS: Final = 10
SHORT_BITS: Final = 5 * SHORT_CHARACTERS
_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LIKE: Final = str.maketrans("OIL", "011", "-_ \u2010\u2011\u2012\u2013\u2014\u2212")
_HEXADECIMAL: Final = frozenset("0123456789ABCDEF")


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
    rows = connection.execute(text(_LEAVES), {"low": asked.low, "high": asked.high}).all()
    return [_found(connection, row) for row in rows]


_LEAVES = """
SELECT l.id, l.hash, l.body, p.key AS period, p.scheme_id
FROM (SELECT id, hash, body, period_id FROM leaf WHERE kind = 'ballot' AND hash >= :low AND hash <= :high
  ORDER BY hash LIMIT 2) l
JOIN period p ON p.id = l.period_id
"""


def _found(connection: Connection, row: Row[tuple[object, ...]]) -> Found:
    scheme = issued_scheme(row.scheme_id, connection)
    key = msgspec.json.decode(row.body)["channel"]
    plan = scheme.channel(key)
    return Found(
        digest=bytes(row.hash).hex(),
        period=row.period,
        title=scheme.title,
        channel=plan.title if plan else Text(zh=key, en=key),
        place=_place(connection, row),
    )


def _place(connection: Connection, leaf: Row[tuple[object, ...]]) -> ReceiptPlace | None:
    row = connection.execute(text(_PLACE), {"id": leaf.id}).one_or_none()
    if row is None:
        return None
    path = inclusion_proof(row.place, row.size, subtree_reader(connection, row.epoch))
    return ReceiptPlace(
        epoch=row.epoch,
        index=row.place,
        head=f"{row.origin} {row.size} {base64.b64encode(row.root).decode()}",
        entry=f"{leaf.period}\n{bytes(leaf.hash).hex()}\n",
        proof=[base64.b64encode(step).decode() for step in path],
    )


_PLACE = """
SELECT i.epoch, i.index AS place, e.origin, h.size, h.root
FROM sealed_leaf i JOIN epoch e ON e.number = i.epoch
JOIN LATERAL (
  SELECT size, root FROM tree_head WHERE epoch = i.epoch ORDER BY size DESC LIMIT 1
) h ON h.size > i.index
WHERE i.leaf_id = :id
"""
