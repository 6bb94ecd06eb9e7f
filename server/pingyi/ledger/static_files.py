"""Heads, tiles and entries as static files (C2SP tlog-tiles): the record as known outside the database."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from pingyi.ledger.messages import refusal
from pingyi.ledger.notes import Checkpoint, read_checkpoint, verifier_key, verify
from pingyi.ledger.tiles import bundle_bytes, number_path, split_bundle, tile_bytes
from pingyi.ledger.tree import TILE_HEIGHT, TILE_WIDTH, edge_sizes
from pingyi.ledger.tree_heads import newest_head

CHECKPOINT, VERIFIER, CLOSED = "checkpoint", "vkey", "closed"


@dataclass(frozen=True, slots=True)
class Known:
    """The newest head that the folder holds."""

    epoch: int
    checkpoint: Checkpoint


def newest_known(folder: Path, public: bytes) -> Known | None:
    """The head of the newest epoch in the folder, None where it holds none.

    Raises Problem heads_unreadable for one that is damaged or was not signed with this key.
    """
    epochs = known_epochs(folder)
    if not epochs:
        return None
    path = folder / str(epochs[-1]) / CHECKPOINT
    try:
        note = path.read_text(encoding="utf-8")
        found = read_checkpoint(note)
    except (OSError, ValueError) as error:
        raise refusal("heads_unreadable", path=path, reason=error) from error
    if not verify(note, verifier_key(found.origin, public)):
        raise refusal("heads_unreadable", path=path, reason="signed with another key")
    return Known(epochs[-1], found)


def known_epochs(folder: Path) -> list[int]:
    """The epochs whose head the folder holds, the newest last."""
    names = [path.parent.name for path in folder.glob(f"*/{CHECKPOINT}")]
    return sorted(int(name) for name in names if name.isdecimal())


def closed_epoch(folder: Path) -> int:
    """The last epoch that a restore has closed, 0 where none has; Problem heads_unreadable."""
    path = folder / CLOSED
    try:
        return int(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        return 0
    except (OSError, ValueError) as error:
        raise refusal("heads_unreadable", path=path, reason=error) from error


def close_epoch(folder: Path, epoch: int) -> None:
    """Have the sealer begin a new epoch unless one after `epoch` is there; it outlives a crash."""
    folder.mkdir(parents=True, exist_ok=True)
    _put(folder / CLOSED, f"{max(epoch, closed_epoch(folder))}\n".encode(), durable=True)


def keep_known(folder: Path, epoch: int, note: str) -> None:
    """Put a head that came from outside into the folder, where it is higher than the one there."""
    place = folder / str(epoch)
    if published_size(place) < read_checkpoint(note).size:
        place.mkdir(parents=True, exist_ok=True)
        _put(place / CHECKPOINT, note.encode(), durable=True)


def newest_note(folder: Path) -> str:
    """The signed note of the newest head in the folder, "" where there is none."""
    epochs = known_epochs(folder)
    try:
        return (folder / str(epochs[-1]) / CHECKPOINT).read_text(encoding="utf-8") if epochs else ""
    except (OSError, ValueError):
        return ""


def published_entries(place: Path, first: int, end: int) -> Iterator[tuple[str, bytes]]:
    """Scope and digest of the entries from `first` up to `end` whose files an epoch's folder holds."""
    for number in range(first // TILE_WIDTH, -(-end // TILE_WIDTH)):
        path = place / "tile" / "entries" / number_path(number)
        partial = [each for each in path.with_name(f"{path.name}.p").glob("*") if each.name.isdecimal()]
        found = path if path.exists() else max(partial, key=lambda each: int(each.name), default=None)
        entries = split_bundle(found.read_bytes()) if found else []
        for index, (scope, digest) in enumerate(entries, number * TILE_WIDTH):
            if first <= index < end:
                yield scope, digest


def publish(connection: Connection, folder: Path) -> None:
    """Bring the folder up to the newest head: tiles first, the checkpoint last. Safe to repeat."""
    head = newest_head(connection)
    if head is None:
        return
    place = folder / str(head.epoch)
    # A head that was put there from elsewhere comes without tiles and without our key.
    known = published_size(place) if (place / VERIFIER).exists() else 0
    if known == head.size:
        return
    place.mkdir(parents=True, exist_ok=True)
    _write_tiles(connection, place, head.epoch, min(known, head.size), head.size)
    _put(place / VERIFIER, f"{head.verifier_key}\n".encode())
    _put(place / CHECKPOINT, head.note.encode(), durable=True)


def published_size(place: Path) -> int:
    """How many entries the head in an epoch's folder covers; 0 where none can be read."""
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
