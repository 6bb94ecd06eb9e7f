"""Seals what waits: indices without gaps, tiles and a signed head, in one transaction of its own role."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Engine, create_engine, func, insert, select, text

from pingyi.db import Lock, hold
from pingyi.domain.errors import Problem
from pingyi.ledger.epochs import Tree, current_tree, store_epoch
from pingyi.ledger.keys import load_key
from pingyi.ledger.leaves import leaf_hash
from pingyi.ledger.messages import refusal
from pingyi.ledger.notes import Checkpoint, public_bytes, read_checkpoint, sign, verifier_key, verify
from pingyi.ledger.static_files import publish
from pingyi.ledger.tree import append, entry_bytes, hash_entry, root_of_edges
from pingyi.models import Tile, TreeHead
from pingyi.settings import Settings

BATCH = 5_000
_LOG = logging.getLogger("pingyi.ledger")

# Functions of the database: the sealer may do to requests what these do, and nothing else.
_STRIKE_OFF, _ASK_AGAIN = select(func.strike_seal_requests()), select(func.ask_to_seal())
_STORE_HEAD, _STORE_TILES = insert(TreeHead), insert(Tile)


def seal(settings: Settings, batch: int = BATCH) -> int:
    """Seal all leaves that wait and write the heads folder; returns their number.

    Safe to run twice, at the same time and to be killed. Raises Problem no_sealer_url, sealer_key_missing,
    sealer_key_wrong, record_damaged, record_forked and heads_unreadable; the last four are incidents.
    """
    with sealer_engine(settings) as engine:
        return _seal_all(engine, settings, batch)


def seal_paced(settings: Settings) -> int:
    """Seal, but not sooner than PINGYI_SEAL_SECONDS after the last head: many acts then share one."""
    with sealer_engine(settings) as engine:
        if settings.seal_seconds:
            with engine.connect() as connection:
                wait = connection.execute(text(_WAIT), {"seconds": settings.seal_seconds}).scalar_one()
            time.sleep(float(wait))
        return _seal_all(engine, settings, BATCH)


# A head from the future, of a clock that was set back, is not waited for.
_WAIT = """
SELECT coalesce(max(greatest(0, :seconds - extract(epoch FROM now() - sealed_at))), 0) FROM (
  SELECT sealed_at FROM tree_head WHERE sealed_at <= now() ORDER BY epoch DESC, size DESC LIMIT 1
) AS newest
"""


def _seal_all(engine: Engine, settings: Settings, batch: int) -> int:
    sealer = Sealer(settings, load_key(settings.sealer_key_file))
    sealed, added = 0, batch
    try:
        while added >= batch:
            with engine.begin() as connection:
                added = sealer.seal_batch(connection, batch)
            sealed += added
        with engine.begin() as connection:
            # Two sealers that write the folder at once could leave the older head in it.
            _lock(connection)
            publish(connection, settings.heads_folder)
    except Problem as problem:
        _LOG.critical("incident: %s", problem)
        raise
    return sealed


@contextmanager
def sealer_engine(settings: Settings) -> Iterator[Engine]:
    """The sealer's own way into the database, closed at the end; Problem no_sealer_url where none is set."""
    if not settings.sealer_database_url:
        raise refusal("no_sealer_url")
    engine = create_engine(settings.sealer_database_url, pool_size=1, max_overflow=0, hide_parameters=True)
    try:
        yield engine
    finally:
        engine.dispose()


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals one batch after the other with one key."""

    settings: Settings
    key: Ed25519PrivateKey = field(repr=False)

    def seal_batch(self, connection: Connection, most: int) -> int:
        """Seal up to about `most` leaves inside the caller's transaction; fewer: nothing is left."""
        _lock(connection)
        # Before what waits is read: whatever was committed with a request that is struck off is then visible.
        connection.execute(_STRIKE_OFF)
        tree = current_tree(connection, self.key, self.settings)
        taken = connection.execute(text(_TAKE), {"most": most}).scalars().all()
        waiting = connection.execute(text(_READ), {"ids": taken}).all() if taken else ()
        rows: list[Any] = [*tree.opening, *waiting]
        if not rows:
            return 0
        store_epoch(connection, tree)
        _append(connection, tree, [row.id for row in rows], [_entry_hash(row) for row in rows])
        self._sign(connection, tree)
        if len(rows) >= most:
            connection.execute(_ASK_AGAIN)
        return len(rows)

    def _sign(self, connection: Connection, tree: Tree) -> None:
        head = Checkpoint(tree.origin, tree.size, root_of_edges(tree.edges))
        note = sign(head.text, tree.origin, self.key)
        verifier = verifier_key(tree.origin, public_bytes(self.key.public_key()))
        if not verify(note, verifier) or read_checkpoint(note) != head:
            raise refusal("record_damaged", what=f"own signature, {head.line}")
        signed = {"epoch": tree.epoch, "size": tree.size, "root": head.root, "note": note}
        connection.execute(_STORE_HEAD, signed)


def _lock(connection: Connection) -> None:
    hold(connection, Lock.SEALER)


_TAKE = """
DELETE FROM ledger_pending
WHERE leaf_id = ANY (ARRAY(SELECT leaf_id FROM ledger_pending ORDER BY leaf_id LIMIT :most))
RETURNING leaf_id
"""
# By a list of ids, so that ten leaves are never looked for by reading all of them.
_READ = """
SELECT taken.id, l.body, l.hash, coalesce(p.key, '-') AS scope
FROM unnest(CAST(:ids AS bigint[])) AS taken(id) LEFT JOIN leaf l ON l.id = taken.id
LEFT JOIN period p ON p.id = l.period_id
ORDER BY taken.id
"""


def _entry_hash(row: Any) -> bytes:
    """The tree's hash of a leaf, from its stored bytes; a body without its hash is refused."""
    if row.body is None or leaf_hash(row.body) != row.hash:
        raise refusal("record_damaged", what=f"leaf {row.id}")
    return hash_entry(entry_bytes(row.scope, row.hash))


def _append(connection: Connection, tree: Tree, ids: Sequence[int], hashes: Sequence[bytes]) -> None:
    """Give the leaves the next indices, and store what the tree gains."""
    given = {"epoch": tree.epoch, "first": tree.size, "ids": list(ids), "hashes": b"".join(hashes)}
    connection.execute(text(_SEALED), given)
    completed: dict[int, int] = {}
    rows = []
    before = tree.size
    for level, tile, root in append(tree.edges, hashes):
        number = completed.setdefault(level, before >> 8 * (level + 1))
        completed[level] += 1
        rows.append(
            {
                "epoch": tree.epoch,
                "level": level,
                "number": number,
                "hashes": b"".join(tile),
                "root": root,
            }
        )
    if rows:
        connection.execute(_STORE_TILES, rows)
    tree.size += len(ids)


_SEALED = """
INSERT INTO sealed_leaf (epoch, index, leaf_id, hash)
SELECT :epoch, :first + place - 1, id,
  substring(CAST(:hashes AS bytea) FROM CAST((place - 1) * 32 + 1 AS int) FOR 32)
FROM unnest(CAST(:ids AS bigint[])) WITH ORDINALITY AS given(id, place)
"""
