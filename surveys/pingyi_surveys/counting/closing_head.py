"""The head under which a period closed: what is sealed after it came late, and the tree below it is whole."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import Connection, text

from pingyi.channels import Text
from pingyi.db import db
from pingyi.domain.errors import Problem
from pingyi.ledger.notes import Checkpoint, verify
from pingyi.ledger.tiles import subtree_reader
from pingyi.ledger.tree import EMPTY_ROOT, Edges, append, root_of_edges
from pingyi_surveys.counting.match_record import place_of

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
            waiting = connection.execute(text(_WAITING), {"period": period_id}).scalar_one()
            row = connection.execute(text(_CLOSING), {"period": period_id}).one_or_none()
        if row is not None and not waiting:
            return ClosingHead(row.epoch, Checkpoint(row.origin, row.size, bytes(row.root)))
        if time.monotonic() > until:
            raise Problem("record_unsealed", 409, _UNSEALED)
        time.sleep(PAUSE_SECONDS)


_UNSEALED = Text(
    zh="还有选票没有写入树头，一般几秒钟即可；请稍后再试（封存进程 sealer 须在运行）。",
    en="Some ballots are not under a signed head yet, which takes seconds; try again shortly"
    " (the process sealer must be running).",
)
_WAITING = """
SELECT EXISTS (
  SELECT FROM ledger_pending n JOIN leaf l ON l.id = n.leaf_id
  WHERE l.period_id = :period AND l.kind IN ('ballot', 'period.closed')
)
"""
_CLOSING = """
SELECT h.epoch, e.origin, h.size, h.root FROM (
  SELECT s.epoch, s.index FROM leaf l JOIN sealed_leaf s ON s.leaf_id = l.id
  WHERE l.period_id = :period AND l.kind = 'period.closed' ORDER BY s.epoch, s.index LIMIT 1
) AS closing JOIN tree_head h ON h.epoch = closing.epoch AND h.size > closing.index
JOIN epoch e ON e.number = h.epoch ORDER BY h.size LIMIT 1
"""


def require_whole_tree(connection: Connection, closing: ClosingHead, outside: Checkpoint | None) -> None:
    """The tree under the closing head is what was signed, and grew from `outside`, a head kept elsewhere.

    Raises Problem record_differs.
    """
    for row in connection.execute(text(_HEADS), {"epoch": closing.epoch, "size": closing.head.size}).all():
        signed = verify(row.note, row.verifier_key)
        if not signed or _root(connection, row.epoch, row.size) != bytes(row.root):
            raise _differs(Checkpoint(row.origin, row.size, bytes(row.root)).line)
    if connection.execute(text(_DANGLING)).scalar_one():
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
        given = {"epoch": epoch, "first": first, "end": min(size, first + _AT_ONCE)}
        hashes = list(map(bytes, connection.execute(text(_HASHES), given).scalars()))
        if len(hashes) != given["end"] - first:
            return b""
        append(edges, hashes)
    return root_of_edges(edges)


def _had(connection: Connection, outside: Checkpoint) -> bool:
    epoch = connection.execute(
        text(
            "SELECT e.number FROM epoch e JOIN tree_head h ON h.epoch = e.number"
            " WHERE e.origin = :origin GROUP BY e.number HAVING max(h.size) >= :size"
        ),
        {"origin": outside.origin, "size": outside.size},
    ).scalar_one_or_none()
    if epoch is None:
        return False
    if outside.size == 0:
        return outside.root == EMPTY_ROOT
    return subtree_reader(connection, epoch)(0, outside.size) == outside.root


# Of earlier epochs the newest head: ballots may lie in them.
_HEADS = """
SELECT DISTINCT ON (h.epoch) h.epoch, h.size, h.root, h.note, e.origin, e.verifier_key
FROM tree_head h JOIN epoch e ON e.number = h.epoch
WHERE h.epoch < :epoch OR (h.epoch = :epoch AND h.size = :size) ORDER BY h.epoch, h.size DESC
"""
_HASHES = """
SELECT hash FROM sealed_leaf WHERE epoch = :epoch AND index >= :first AND index < :end ORDER BY index
"""
_DANGLING = """
SELECT EXISTS (SELECT FROM sealed_leaf s WHERE NOT EXISTS (SELECT FROM leaf l WHERE l.id = s.leaf_id))
"""
