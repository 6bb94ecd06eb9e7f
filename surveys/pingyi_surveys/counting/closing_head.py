"""The head under which a period closed: what is sealed after it came late, and the tree below it is whole."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import Connection

from pingyi.channels import Text
from pingyi.db import db
from pingyi.domain.errors import Problem
from pingyi.ledger.notes import Checkpoint, verify
from pingyi.ledger.tiles import subtree_reader
from pingyi.ledger.tree import EMPTY_ROOT, Edges, append, root_of_edges
from pingyi_surveys.counting.match_record import place_of
from pingyi_surveys.counting.queries import (
    epoch_of_head,
    has_dangling_entries,
    is_unsealed,
    newest_heads,
    sealed_hashes,
    stored_closing_head,
)

SEALED_WITHIN_SECONDS = 30.0
PAUSE_SECONDS = 0.2
_AT_ONCE = 50_000


@dataclass(frozen=True, slots=True)
class ClosingHead:
    """The first signed head that covers the closing of a period."""

    epoch: int
    head: Checkpoint

    @property
    def size(self) -> int:
        """The first place in the record that is late."""
        return place_of(self.epoch, self.head.size)


def closing_head(period_id: int) -> ClosingHead:
    """The closing head, as soon as every ballot and the closing are sealed; Problem record_unsealed."""
    until = time.monotonic() + SEALED_WITHIN_SECONDS
    while True:
        with db.engine.connect() as connection:
            waiting = is_unsealed(connection, period_id)
            head = stored_closing_head(connection, period_id)
        if head is not None and not waiting:
            return ClosingHead(head.epoch, Checkpoint(head.origin, head.size, head.root))
        if time.monotonic() > until:
            raise Problem("record_unsealed", 409, _UNSEALED)
        time.sleep(PAUSE_SECONDS)


_UNSEALED = Text(
    zh="还有选票没有写入树头，一般几秒钟即可；请稍后再试（封存进程 sealer 须在运行）。",
    en="Some ballots are not under a signed head yet, which takes seconds; try again shortly"
    " (the process sealer must be running).",
)


def require_whole_tree(connection: Connection, closing: ClosingHead, outside: Checkpoint | None) -> None:
    """The tree under the closing head is what was signed, and grew from `outside`, a head kept elsewhere.

    Raises Problem record_differs.
    """
    for head in newest_heads(connection, closing.epoch, closing.head.size):
        signed = verify(head.note, head.verifier_key)
        if not signed or _root(connection, head.epoch, head.size) != head.root:
            raise _differs(Checkpoint(head.origin, head.size, head.root).line)
    if has_dangling_entries(connection):
        raise _differs(closing.head.line)
    if outside is not None and not _had(connection, outside):
        raise _differs(outside.line)


def _differs(line: str) -> Problem:
    return Problem("record_differs", 409, _DIFFERS.format(head=line))


_DIFFERS = Text(
    zh="记录与树头“{head}”不符：数据库被改动过，或是恢复出来的旧状态。请先运行 pingyi ledger check 查明。",
    en="The record does not fit the head {head}: the database was changed, or is a restored older state. "
    "Run pingyi ledger check first.",
)


def _root(connection: Connection, epoch: int, size: int) -> bytes:
    edges: Edges = []
    for first in range(0, size, _AT_ONCE):
        end = min(size, first + _AT_ONCE)
        hashes = sealed_hashes(connection, epoch, first, end)
        if len(hashes) != end - first:
            return b""
        append(edges, hashes)
    return root_of_edges(edges)


def _had(connection: Connection, outside: Checkpoint) -> bool:
    epoch = epoch_of_head(connection, outside.origin, outside.size)
    if epoch is None:
        return False
    if outside.size == 0:
        return outside.root == EMPTY_ROOT
    return subtree_reader(connection, epoch)(0, outside.size) == outside.root
