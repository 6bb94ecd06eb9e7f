"""The tree as it is stored: edges to append to, nodes for proofs, bytes of tiles and entry bundles."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import BindParameter, Connection, bindparam, func, select

from pingyi.ledger.messages import refusal
from pingyi.ledger.tree import (
    HASH_BYTES,
    TILE_HEIGHT,
    TILE_WIDTH,
    Edges,
    Subtree,
    edge_sizes,
    entry_bytes,
    hash_children,
    root_of,
)
from pingyi.models import Leaf, Period, SealedLeaf, Tile, TreeHead

LENGTH_BYTES = 2
_EPOCH: BindParameter[int] = bindparam("epoch")
_FIRST: BindParameter[int] = bindparam("first")
_END: BindParameter[int] = bindparam("end")
_LOWEST = (
    select(SealedLeaf.hash)
    .where(SealedLeaf.epoch == _EPOCH, SealedLeaf.index >= _FIRST, SealedLeaf.index < _END)
    .order_by(SealedLeaf.index)
)
_ABOVE = (
    select(Tile.root)
    .where(Tile.epoch == _EPOCH, Tile.level == bindparam("below"), Tile.number >= _FIRST, Tile.number < _END)
    .order_by(Tile.number)
)
_ENTRIES = (
    select(func.coalesce(Period.key, "-"), Leaf.hash)
    .select_from(SealedLeaf)
    .join(Leaf, Leaf.id == SealedLeaf.leaf_id)
    .outerjoin(Period, Period.id == Leaf.period_id)
    .where(SealedLeaf.epoch == _EPOCH, SealedLeaf.index >= _FIRST, SealedLeaf.index < _END)
    .order_by(SealedLeaf.index)
)
_SIZE = select(func.coalesce(func.max(TreeHead.size), 0)).where(TreeHead.epoch == _EPOCH)


def load_edges(connection: Connection, epoch: int, size: int) -> Edges:
    """The incomplete tiles of the tree of this size, lowest level first."""
    return [
        nodes(connection, epoch, level, complete * TILE_WIDTH, width)
        for level, (complete, width) in enumerate(edge_sizes(size))
    ]


def nodes(connection: Connection, epoch: int, level: int, first: int, count: int) -> list[bytes]:
    """`count` hashes of a tile level from `first` on; Problem record_damaged where one is missing."""
    if count == 0:
        return []
    given = {"epoch": epoch, "first": first, "end": first + count}
    if level:
        found = list(connection.execute(_ABOVE, {**given, "below": level - 1}).scalars())
    else:
        found = list(connection.execute(_LOWEST, given).scalars())
    if len(found) != count or any(len(node) != HASH_BYTES for node in found):
        raise refusal("record_damaged", what=f"epoch {epoch}, level {level}, {first} + {count}")
    return found


def subtree_reader(connection: Connection, epoch: int) -> Subtree:
    """Reads hashes of ranges for `inclusion_proof` and `consistency_proof`, a few nodes each."""

    def subtree(low: int, high: int) -> bytes:
        width = high - low
        if width & (width - 1):
            middle = low + (1 << width.bit_length() - 1)
            return hash_children(subtree(low, middle), subtree(middle, high))
        level, rest = divmod(width.bit_length() - 1, TILE_HEIGHT)
        return root_of(nodes(connection, epoch, level, low >> TILE_HEIGHT * level, 1 << rest))

    return subtree


def tile_bytes(connection: Connection, epoch: int, level: int, number: int, width: int) -> bytes:
    """The hashes of a tile, or of its first `width`, side by side (C2SP tlog-tiles)."""
    return b"".join(nodes(connection, epoch, level, number * TILE_WIDTH, width))


def bundle_bytes(connection: Connection, epoch: int, number: int, width: int) -> bytes:
    """The entries below a level-0 tile, each after its length in two bytes (C2SP tlog-tiles)."""
    first = number * TILE_WIDTH
    entries = connection.execute(_ENTRIES, {"epoch": epoch, "first": first, "end": first + width})
    return b"".join(_with_length(entry_bytes(scope, digest)) for scope, digest in entries)


def _with_length(entry: bytes) -> bytes:
    return len(entry).to_bytes(LENGTH_BYTES, "big") + entry


def split_bundle(bundle: bytes) -> list[tuple[str, bytes]]:
    """Scope and digest of each entry of an entry bundle; ValueError where it is none."""
    found, at = [], 0
    while at < len(bundle):
        start = at + LENGTH_BYTES
        at = start + int.from_bytes(bundle[at:start], "big")
        scope, digest, rest = bundle[start:at].decode().split("\n")
        if rest:
            raise ValueError("not an entry")
        found.append((scope, bytes.fromhex(digest)))
    return found


def size_of(connection: Connection, epoch: int) -> int:
    """How many entries the newest head of an epoch covers; 0 where there is no such epoch."""
    return connection.execute(_SIZE, {"epoch": epoch}).scalar_one()


def number_path(number: int) -> str:
    """A tile's number in groups of three digits, all but the last led by an x: x001/x234/067."""
    groups = [f"{number % 1000:03}"]
    while number := number // 1000:
        groups.append(f"x{number % 1000:03}")
    return "/".join(reversed(groups))


def read_number_path(groups: Sequence[str]) -> int | None:
    """The number behind these groups, None where they are not its one spelling."""
    number = 0
    for group in groups:
        digits = group.removeprefix("x")
        if len(digits) != 3 or not (digits.isascii() and digits.isdigit()):
            return None
        number = number * 1000 + int(digits)
    return number if number < 1 << 40 and number_path(number) == "/".join(groups) else None
