"""Heads, tiles and entries as static files (C2SP tlog-tiles): the record as known outside the database."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, text

from pingyi.ledger.messages import refusal
from pingyi.ledger.notes import Checkpoint, read_checkpoint, verifier_key, verify
from pingyi.ledger.stored import bundle_bytes, number_path, tile_bytes
from pingyi.ledger.tree import TILE_HEIGHT, TILE_WIDTH, edge_sizes

CHECKPOINT, VERIFIER = "checkpoint", "vkey"


@dataclass(frozen=True, slots=True)
class Known:
    """The newest head that the folder holds."""

    epoch: int
    checkpoint: Checkpoint


def newest_known(folder: Path, public: bytes) -> Known | None:
    """The head of the newest epoch in the folder, None where it holds none.

    Raises Problem heads_unreadable for one that is damaged or was not signed with this key.
    """
    names = [path.parent.name for path in folder.glob(f"*/{CHECKPOINT}")]
    epochs = [int(name) for name in names if name.isdecimal()]
    if not epochs:
        return None
    path = folder / str(max(epochs)) / CHECKPOINT
    try:
        note = path.read_text(encoding="utf-8")
        found = read_checkpoint(note)
    except (OSError, ValueError) as error:
        raise refusal("heads_unreadable", path=path, reason=error) from error
    if not verify(note, verifier_key(found.origin, public)):
        raise refusal("heads_unreadable", path=path, reason="signed with another key")
    return Known(max(epochs), found)


def publish(connection: Connection, folder: Path) -> None:
    """Bring the folder up to the newest head: tiles first, the checkpoint last. Safe to repeat."""
    row = connection.execute(text(_NEWEST)).one_or_none()
    if row is None:
        return
    place = folder / str(row.epoch)
    known = _published_size(place)
    if known == row.size:
        return
    place.mkdir(parents=True, exist_ok=True)
    _write_tiles(connection, place, row.epoch, min(known, row.size), row.size)
    _put(place / VERIFIER, f"{row.verifier_key}\n".encode())
    _put(place / CHECKPOINT, row.note.encode(), durable=True)


_NEWEST = """
SELECT h.epoch, h.size, h.note, e.verifier_key FROM tree_head h JOIN epoch e ON e.number = h.epoch
ORDER BY h.epoch DESC, h.size DESC LIMIT 1
"""


def _published_size(place: Path) -> int:
    try:
        return read_checkpoint((place / CHECKPOINT).read_text(encoding="utf-8")).size
    except (OSError, ValueError):
        return 0


def _write_tiles(connection: Connection, place: Path, epoch: int, known: int, size: int) -> None:
    for level, (complete, width) in enumerate(edge_sizes(size)):
        before = known >> TILE_HEIGHT * level
        for number in range(before // TILE_WIDTH, complete + bool(width)):
            wanted = TILE_WIDTH if number < complete else width
            path = place / "tile" / str(level) / number_path(number)
            _put_tile(path, wanted, tile_bytes(connection, epoch, level, number, wanted))
            if level == 0:
                bundle = place / "tile" / "entries" / number_path(number)
                _put_tile(bundle, wanted, bundle_bytes(connection, epoch, number, wanted))


def _put_tile(path: Path, width: int, content: bytes) -> None:
    partial = path.with_name(f"{path.name}.p")
    if width < TILE_WIDTH:
        partial.mkdir(parents=True, exist_ok=True)
        _put(partial / str(width), content)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    _put(path, content)
    shutil.rmtree(partial, ignore_errors=True)


def _put(path: Path, content: bytes, *, durable: bool = False) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with fresh.open("wb") as file:
        file.write(content)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    fresh.replace(path)
