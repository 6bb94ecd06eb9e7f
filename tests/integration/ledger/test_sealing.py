"""Sealing on a real database: indices without gaps, however often, at once, or cut off."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.ledger import tree_heads
from pingyi.ledger.keys import ensure_key, load_key
from pingyi.ledger.leaves import record
from pingyi.ledger.notes import public_bytes, read_checkpoint, verify
from pingyi.ledger.sealing import Sealer, seal, seal_paced, sealer_engine
from pingyi.ledger.static_files import newest_known
from pingyi.ledger.tree import entry_bytes, hash_entry, root_of
from pingyi.ledger.tree_heads import TreeHead, newest_head, recent_head
from pingyi.settings import Settings


def act(number: int = 1, kind: str = "test.act") -> None:
    for _ in range(number):
        with transaction() as connection:
            record(connection, kind, {"what": "something"})


def many(number: int) -> None:
    with transaction() as connection:
        for _ in range(number):
            record(connection, "test.act", {"what": "something"})


def head() -> TreeHead:
    with transaction() as connection:
        found = newest_head(connection)
    assert found
    return found


def rebuilt(epoch: int = 1) -> tuple[list[int], bytes]:
    """The indices of an epoch and the root over its leaves, from nothing but their stored bytes."""
    with transaction() as connection:
        rows = connection.execute(
            text(
                "SELECT s.index, l.hash, coalesce(p.key, '-') AS scope FROM sealed_leaf s"
                " JOIN leaf l ON l.id = s.leaf_id LEFT JOIN period p ON p.id = l.period_id"
                " WHERE s.epoch = :epoch ORDER BY s.index"
            ),
            {"epoch": epoch},
        ).all()
    root = root_of([hash_entry(entry_bytes(row.scope, row.hash)) for row in rows])
    return [row.index for row in rows], root


def count(what: str) -> int:
    with transaction() as connection:
        found: int = connection.execute(text(f"SELECT count(*) FROM {what}")).scalar_one()
    return found


@contextmanager
def owner(settings: Settings) -> Iterator[Connection]:
    """A person with the owner's rights who puts the guards aside."""
    engine = create_engine(settings.owner_database_url, poolclass=NullPool)
    tables = ("leaf", "sealed_leaf", "tile", "tree_head", "epoch")
    with engine.begin() as connection:
        for table in tables:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER insert_only"))
        yield connection
        for table in tables:
            connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER insert_only"))


def test_what_waits_is_sealed_into_a_signed_head(app: Flask, settings: Settings) -> None:
    act(3)
    assert count("ledger_pending") == 3
    assert seal(settings) == 3
    indices, root = rebuilt()
    assert indices == [0, 1, 2]
    assert head().size == 3
    assert head().root == root
    assert count("ledger_pending") == count("outbox") == 0
    with transaction() as connection:
        note, key = connection.execute(
            text("SELECT h.note, e.verifier_key FROM tree_head h JOIN epoch e ON e.number = h.epoch")
        ).one()
    assert verify(note, key)
    assert read_checkpoint(note).line == head().line == f"{head().origin} 3 " + head().line.split()[-1]
    assert head().origin.startswith("pingyi/")


def test_sealing_twice_makes_one_head(app: Flask, settings: Settings) -> None:
    act(2)
    assert [seal(settings), seal(settings)] == [2, 0]
    assert count("tree_head") == 1


def test_batches_of_any_size_give_one_tree(app: Flask, settings: Settings) -> None:
    many(1_000)
    assert seal(settings, batch=300) == 1_000
    act(1)
    seal(settings)
    indices, root = rebuilt()
    assert indices == list(range(1_001))
    assert head().root == root
    assert count("tile") == 3
    assert count("tree_head") == 5


def test_a_seal_that_is_cut_off_leaves_nothing(app: Flask, settings: Settings) -> None:
    act(2)
    sealer = Sealer(settings, load_key(settings.sealer_key_file))
    with sealer_engine(settings) as engine, engine.connect() as connection:
        assert sealer.seal_batch(connection, 10) == 2
        connection.rollback()
    assert count("ledger_pending") == 2
    assert count("outbox") == 2
    assert seal(settings) == 2
    assert rebuilt()[0] == [0, 1]


def test_files_missed_by_a_kill_are_written_by_the_next_seal(app: Flask, settings: Settings) -> None:
    act(2)
    sealer = Sealer(settings, load_key(settings.sealer_key_file))
    with sealer_engine(settings) as engine, engine.begin() as connection:
        sealer.seal_batch(connection, 10)
    assert not settings.heads_folder.exists()
    assert seal(settings) == 0
    assert (settings.heads_folder / "1" / "checkpoint").read_text().split("\n")[1] == "2"


def test_sixteen_writers_beside_two_sealers_leave_no_gap(app: Flask, settings: Settings) -> None:
    stop = threading.Event()
    finished: list[str] = []

    def run(work: Callable[[], None]) -> None:
        with app.app_context():
            work()
        finished.append("well")

    def keep_sealing() -> None:
        while not stop.is_set():
            seal(settings, batch=50)

    writers = [threading.Thread(target=run, args=(lambda: act(25),)) for _ in range(16)]
    sealers = [threading.Thread(target=run, args=(keep_sealing,)) for _ in range(2)]
    for thread in [*sealers, *writers]:
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in sealers:
        thread.join()
    assert len(finished) == 18
    seal(settings)
    indices, root = rebuilt()
    assert indices == list(range(400))
    assert head().root == root
    assert count("ledger_pending") == 0


def test_a_sealer_that_comes_before_the_first_leaf_leaves_nothing(app: Flask, settings: Settings) -> None:
    assert seal(settings) == 0
    assert count("epoch") == 0
    act()
    assert [seal(settings), seal(settings)] == [1, 0]
    assert head().size == 1


def test_a_rolled_back_act_leaves_no_gap(app: Flask, settings: Settings) -> None:
    act(1)
    with pytest.raises(RuntimeError, match="cut"), transaction() as connection:
        record(connection, "test.act", {})
        raise RuntimeError("cut")
    act(1)
    seal(settings)
    assert rebuilt()[0] == [0, 1]


def test_a_body_without_its_hash_is_refused(
    app: Flask, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    act(2)
    with owner(settings) as connection:
        connection.execute(text("UPDATE leaf SET body = convert_to('{}', 'UTF8') WHERE id = 2"))
    with pytest.raises(Problem, match="leaf 2") as refused:
        seal(settings)
    assert refused.value.code == "record_damaged"
    assert "incident" in caplog.text
    assert count("sealed_leaf") == 0
    assert count("ledger_pending") == 2


def test_a_leaf_that_is_gone_is_refused(app: Flask, settings: Settings) -> None:
    act(2)
    with owner(settings) as connection:
        connection.execute(text("DELETE FROM leaf WHERE id = 1"))
    with pytest.raises(Problem, match="leaf 1"):
        seal(settings)


def test_a_changed_edge_is_refused(app: Flask, settings: Settings) -> None:
    act(3)
    seal(settings)
    with owner(settings) as connection:
        connection.execute(text("UPDATE sealed_leaf SET hash = sha256('x') WHERE index = 1"))
    act(1)
    with pytest.raises(Problem, match="record_damaged"):
        seal(settings)


def forget(settings: Settings, size: int) -> None:
    """Make the database the older state that ended with this head."""
    with owner(settings) as connection:
        for table in ("sealed_leaf WHERE index >=", "tree_head WHERE size >"):
            connection.execute(text(f"DELETE FROM {table} {size}"))
        connection.execute(text("DELETE FROM leaf WHERE id NOT IN (SELECT leaf_id FROM sealed_leaf)"))


def test_a_restored_older_state_opens_an_epoch(app: Flask, settings: Settings) -> None:
    act(3)
    seal(settings)
    older = head()
    act(2)
    seal(settings)
    known = head()
    forget(settings, 3)
    act(1)
    assert seal(settings) == 2
    assert (head().epoch, head().size) == (2, 2)
    assert head().origin == known.origin[:-1] + "2"
    with transaction() as connection:
        kind, body = connection.execute(
            text(
                "SELECT l.kind, convert_from(l.body, 'UTF8')::json FROM leaf l"
                " JOIN sealed_leaf s ON s.leaf_id = l.id WHERE s.epoch = 2 AND s.index = 0"
            )
        ).one()
    assert kind == "restore"
    assert " ".join(str(body["known"][name]) for name in ("origin", "size", "root")) == known.line
    assert " ".join(str(body["restored"][name]) for name in ("origin", "size", "root")) == older.line
    assert rebuilt(2)[1] == head().root
    assert seal(settings) == 0
    act(1)
    assert seal(settings) == 1
    assert (head().epoch, head().size) == (2, 3)


def test_an_emptied_database_opens_an_epoch(app: Flask, settings: Settings) -> None:
    act(2)
    seal(settings)
    forget(settings, 0)
    with owner(settings) as connection:
        connection.execute(text("DELETE FROM epoch"))
    assert seal(settings) == 1
    assert (head().epoch, head().size) == (2, 1)


def test_a_fork_of_the_same_size_is_refused(app: Flask, settings: Settings) -> None:
    act(3)
    seal(settings)
    act(1)
    seal(settings)
    kept = (settings.heads_folder / "1" / "checkpoint").read_bytes()
    forget(settings, 3)
    (settings.heads_folder / "1" / "checkpoint").unlink()
    act(1)
    seal(settings)
    (settings.heads_folder / "1" / "checkpoint").write_bytes(kept)
    for size in (4, 5):
        act(size - 4)
        with pytest.raises(Problem) as refused:
            seal(settings)
        assert refused.value.code == "record_forked"


def test_a_head_signed_with_another_key_is_refused(app: Flask, settings: Settings, tmp_path: Path) -> None:
    act(1)
    seal(settings)
    ensure_key(tmp_path / "other.key")
    other = replace(settings, sealer_key=str(tmp_path / "other.key"))
    with pytest.raises(Problem) as refused:
        seal(other)
    assert refused.value.code == "heads_unreadable"
    with pytest.raises(Problem) as refused:
        seal(replace(other, heads=str(tmp_path / "heads")))
    assert refused.value.code == "sealer_key_wrong"


def test_without_url_or_key_sealing_is_refused(app: Flask, settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(Problem, match="no_sealer_url"):
        seal(replace(settings, sealer_database_url=""))
    with pytest.raises(Problem, match="sealer_key_missing"):
        seal(replace(settings, sealer_key=str(tmp_path / "none")))


def test_heads_follow_within_a_second_and_pacing_waits(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(tree_heads, "time", SimpleNamespace(monotonic=lambda: now))
    assert recent_head() is None
    act(1)
    seal(settings)
    now += tree_heads.FRESH_SECONDS
    assert recent_head() is None
    now += 0.1
    assert recent_head() == head()
    act(1)
    assert seal_paced(replace(settings, seal_seconds=1)) == 1
    with transaction() as connection:
        apart = connection.execute(
            text("SELECT extract(epoch FROM max(sealed_at) - min(sealed_at)) FROM tree_head")
        ).scalar_one()
    assert apart >= 1


def test_the_folder_knows_the_newest_head(app: Flask, settings: Settings) -> None:
    many(300)
    seal(settings)
    public = public_bytes(load_key(settings.sealer_key_file).public_key())
    known = newest_known(settings.heads_folder, public)
    assert known
    assert known.checkpoint.line == head().line
    files = {
        str(path.relative_to(settings.heads_folder))
        for path in settings.heads_folder.rglob("*")
        if path.is_file()
    }
    assert files == {
        "1/checkpoint",
        "1/vkey",
        "1/tile/0/000",
        "1/tile/0/001.p/44",
        "1/tile/1/000.p/1",
        "1/tile/entries/000",
        "1/tile/entries/001.p/44",
    }


def test_a_server_error_names_the_guard(app: Flask, settings: Settings) -> None:
    act(1)
    engine = create_engine(settings.owner_database_url, poolclass=NullPool)
    with engine.begin() as connection, pytest.raises(DBAPIError) as refused:
        connection.execute(text("TRUNCATE leaf"))
    assert getattr(refused.value.orig, "sqlstate", "") == "PY004"
