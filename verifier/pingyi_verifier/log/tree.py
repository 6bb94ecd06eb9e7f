"""The tree of RFC 9162: an entry's hash is SHA-256(0x00 entry), a node's SHA-256(0x01 left right)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from pingyi_verifier.log.heads import Head


def levels_of(hashes: list[bytes]) -> list[bytes]:
    """All complete nodes over these leaf hashes: each level is one string of 32-byte hashes."""
    levels = [b"".join(hashes)]
    new = hashlib.sha256
    while len(hashes) > 1:
        hashes = [
            new(b"\x01" + left + right).digest()
            for left, right in zip(hashes[::2], hashes[1::2], strict=False)
        ]
        levels.append(b"".join(hashes))
    return levels


class Tree:
    """The complete nodes of a log, from which the root of every earlier size follows too."""

    def __init__(self, blocks: Sequence[Sequence[bytes]], block_levels: int) -> None:
        """`blocks`: the levels of consecutive runs of 2**block_levels leaves, the last run may be shorter."""
        self.levels = [
            b"".join(block[level] for block in blocks if level < len(block))
            for level in range(block_levels + 1)
        ]
        self.size = len(self.levels[0]) // 32
        top = self.levels[-1]
        above = levels_of([top[at : at + 32] for at in range(0, len(top), 32)])
        self.levels += above[1:]

    def root(self, size: int) -> bytes:
        """The root when the log had `size` leaves: its complete subtrees, joined from the right."""
        if not size:
            return hashlib.sha256(b"").digest()
        at, nodes = 0, []
        for level in reversed(range(size.bit_length())):
            if size >> level & 1:
                start = (at >> level) * 32
                nodes.append(self.levels[level][start : start + 32])
                at += 1 << level
        joined = nodes.pop()
        while nodes:
            joined = hashlib.sha256(b"\x01" + nodes.pop() + joined).digest()
        return joined

    def head(self, origin: str) -> Head:
        """The head of all leaves there are."""
        return Head(origin, self.size, self.root(self.size))
