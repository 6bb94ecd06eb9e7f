"""The Merkle tree of RFC 9162, kept in tiles of 256 hashes: roots, proofs and their verification."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

HASH_BYTES = 32
TILE_WIDTH = 256
TILE_HEIGHT = 8
EMPTY_ROOT = hashlib.sha256(b"").digest()

Edges = list[list[bytes]]
Subtree = Callable[[int, int], bytes]
"""The hash of the entries from the first index up to, but not with, the second."""


def entry_bytes(scope: str, digest: bytes) -> bytes:
    """The log entry of a leaf: the period's key, or "-" where it belongs to none, and the leaf's digest."""
    return f"{scope}\n{digest.hex()}\n".encode()


def hash_entry(entry: bytes) -> bytes:
    """SHA-256 of 0x00 and the entry (RFC 9162, 2.1.1)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def hash_children(left: bytes, right: bytes) -> bytes:
    """SHA-256 of 0x01 and both hashes (RFC 9162, 2.1.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The root over these hashes in their order (RFC 9162, 2.1.1); of none it is the hash of nothing."""
    if not hashes:
        return EMPTY_ROOT
    level = list(hashes)
    sha256 = hashlib.sha256
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return level[0]


def root_of_edges(edges: Sequence[Sequence[bytes]]) -> bytes:
    """The root of a tree whose incomplete tiles, lowest level first, hold these hashes."""
    carried: list[bytes] = []
    for edge in edges:
        hashes = [*edge, *carried]
        carried = [root_of(hashes)] if hashes else []
    return carried[0] if carried else EMPTY_ROOT


def append(edges: Edges, hashes: Sequence[bytes]) -> list[tuple[int, list[bytes], bytes]]:
    """Append entry hashes to a tree's incomplete tiles, which change in place.

    Returns the tiles that were completed as (level, 256 hashes, the node above them), each level in order.
    """
    completed: list[tuple[int, list[bytes], bytes]] = []
    level, rising = 0, list(hashes)
    while rising:
        if level == len(edges):
            edges.append([])
        waiting = edges[level] + rising
        whole = len(waiting) - len(waiting) % TILE_WIDTH
        tiles = [waiting[start : start + TILE_WIDTH] for start in range(0, whole, TILE_WIDTH)]
        roots = [root_of(tile) for tile in tiles]
        completed += [(level, tile, root) for tile, root in zip(tiles, roots, strict=True)]
        edges[level] = waiting[whole:]
        level, rising = level + 1, roots
    return completed


def edge_sizes(size: int) -> list[tuple[int, int]]:
    """For every level of a tree of `size`: how many complete tiles, and the incomplete one's width."""
    sizes = []
    while size:
        sizes.append(divmod(size, TILE_WIDTH))
        size //= TILE_WIDTH
    return sizes


def inclusion_proof(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """The path of an entry in the tree of `size` (RFC 9162, 2.1.3.1); ValueError for an index beyond it."""
    if not 0 <= index < size:
        raise ValueError("the index lies outside the tree")
    path: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(subtree(middle, high))
            high = middle
        else:
            path.append(subtree(low, middle))
            low = middle
    return path[::-1]


def consistency_proof(old: int, new: int, subtree: Subtree) -> list[bytes]:
    """The proof that the tree of `new` begins with that of `old` (RFC 9162, 2.1.4.1)."""
    if not 0 <= old <= new:
        raise ValueError("the older tree is not the smaller one")
    path: list[bytes] = []
    low, high, whole = 0, new, True
    while 0 < old < high:
        middle = low + _split(high - low)
        if old <= middle:
            path.append(subtree(middle, high))
            high = middle
        else:
            path.append(subtree(low, middle))
            low, whole = middle, False
    if old and not whole:
        path.append(subtree(low, high))
    return path[::-1]


def verify_inclusion(entry_hash: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether a path leads from an entry's hash to the root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    node, last, found = index, size - 1, entry_hash
    for step in path:
        if last == 0:
            return False
        if node & 1 or node == last:
            found = hash_children(step, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = hash_children(found, step)
        node, last = node >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether a proof leads from the older root to the newer one (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old in {0, new}:
        return not path and old_root == (EMPTY_ROOT if old == 0 else new_root)
    steps = [old_root, *path] if old & (old - 1) == 0 else list(path)
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    if not steps:
        return False
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            first, second = hash_children(step, first), hash_children(step, second)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            second = hash_children(second, step)
        node, last = node >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1
