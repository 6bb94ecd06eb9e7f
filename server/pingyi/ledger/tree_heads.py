"""The newest signed head of the record, as it is printed on everything that leaves the house."""

from __future__ import annotations

import time
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import Connection, bindparam, select

from pingyi import models
from pingyi.db import db, one_row
from pingyi.ledger.notes import Checkpoint

EXTENSION = "pingyi.ledger.head"
FRESH_SECONDS = 1.0
_NEWEST = (
    select(
        models.TreeHead.epoch,
        models.Epoch.origin,
        models.Epoch.verifier_key,
        models.TreeHead.size,
        models.TreeHead.root,
        models.TreeHead.note,
    )
    .join(models.Epoch, models.Epoch.number == models.TreeHead.epoch)
    .order_by(models.TreeHead.epoch.desc(), models.TreeHead.size.desc())
    .limit(1)
)
_ROOT = select(models.TreeHead.root).where(
    models.TreeHead.epoch == bindparam("epoch"), models.TreeHead.size == bindparam("size")
)
_VERIFIER = select(models.Epoch.verifier_key).where(models.Epoch.number == bindparam("epoch"))


@dataclass(frozen=True, slots=True)
class TreeHead:
    """A signed head: the first `size` entries of an epoch's tree have this root."""

    epoch: int
    origin: str
    verifier_key: str
    size: int
    root: bytes
    note: str

    @property
    def line(self) -> str:
        """`origin size root` on one line, the root in base64."""
        return Checkpoint(self.origin, self.size, self.root).line


def newest_head(connection: Connection) -> TreeHead | None:
    """The newest signed head; None before anything was sealed."""
    return one_row(connection, TreeHead, _NEWEST)


def root_of_head(connection: Connection, epoch: int, size: int) -> bytes | None:
    """The root of the signed head of this size, None where there is no such head."""
    return connection.execute(_ROOT, {"epoch": epoch, "size": size}).scalar_one_or_none()


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


def verifier_of_epoch(connection: Connection, epoch: int) -> str | None:
    """The key by which an epoch's heads are checked, None for an unknown epoch."""
    return connection.execute(_VERIFIER, {"epoch": epoch}).scalar_one_or_none()
