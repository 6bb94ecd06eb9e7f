"""The newest signed head of the record, as it is printed on everything that leaves the house."""

from __future__ import annotations

import time
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import Connection, text

from pingyi.db import db
from pingyi.ledger.notes import Checkpoint

EXTENSION = "pingyi.ledger.head"
FRESH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class TreeHead:
    """A signed head: the first `size` entries of an epoch's tree have this root."""

    epoch: int
    origin: str
    size: int
    root: bytes

    @property
    def line(self) -> str:
        """`origin size root` on one line, the root in base64."""
        return Checkpoint(self.origin, self.size, self.root).line


def newest_head(connection: Connection) -> TreeHead | None:
    """The newest signed head; None before anything was sealed."""
    row = connection.execute(text(_NEWEST)).one_or_none()
    return TreeHead(row.epoch, row.origin, row.size, row.root) if row else None


_NEWEST = """
SELECT h.epoch, e.origin, h.size, h.root FROM tree_head h JOIN epoch e ON e.number = h.epoch
ORDER BY h.epoch DESC, h.size DESC LIMIT 1
"""


def recent_head() -> TreeHead | None:
    """The newest head as this process saw it at most a second ago, read on a connection of its own."""
    kept: tuple[float, TreeHead | None] | None = current_app.extensions.get(EXTENSION)
    now = time.monotonic()
    if kept is None or now - kept[0] > FRESH_SECONDS:
        # Whoever asks meanwhile goes on with the last one, and nobody waits for a database that is away.
        current_app.extensions[EXTENSION] = (now, kept[1] if kept else None)
        with db.engine.connect() as connection:
            kept = now, newest_head(connection)
        current_app.extensions[EXTENSION] = kept
    return kept[1]


def newest_checkpoint(connection: Connection, epoch: int) -> str | None:
    """The newest signed head of an epoch with the lines of witnesses below it, None for an unknown epoch."""
    note: str | None = connection.execute(_CHECKPOINT, {"epoch": epoch}).scalar_one_or_none()
    return note


_CHECKPOINT = text(
    """
    SELECT h.note || coalesce((
      SELECT string_agg(rtrim(c.line, chr(10)) || chr(10), '' ORDER BY c.witness) FROM cosignature c
      WHERE c.epoch = h.epoch AND c.size = h.size), '')
    FROM tree_head h WHERE h.epoch = :epoch ORDER BY h.size DESC LIMIT 1
    """
)


def verifier_of_epoch(connection: Connection, epoch: int) -> str | None:
    """The line of the key by which an epoch's heads are checked, None for an unknown epoch."""
    key: str | None = connection.execute(_VERIFIER, {"epoch": epoch}).scalar_one_or_none()
    return key


_VERIFIER = text("SELECT verifier_key || chr(10) FROM epoch WHERE number = :epoch")
