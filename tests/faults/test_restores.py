"""A backup taken under load and restored, and restores that are killed: the record is whole and says so."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool
from tests.faults.checking import wait_until_folded
from tests.faults.installation import ROOT, Installation, installation
from tests.faults.load import Clients, Request, prepare, requests
from tests.waiting import wait_for

from pingyi.embedded.engines import Engines
from pingyi.embedded.processes import is_running
from pingyi.ledger.fsck import check_record
from pingyi.ledger.sealing import seal
from pingyi.settings import load_settings

ENTRIES = 12_000
KILLS = 8 if not os.environ.get("PINGYI_SOAK") else 80
COMMAND_SECONDS = 120
PINGYI = str(Path(sys.executable).with_name("pingyi"))


def command(place: Installation, *words: object) -> subprocess.Popen[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LC_ALL": "en_GB.UTF-8"}
    environment |= {"PINGYI_STATE": str(place.state), "PYTHONUTF8": "1"}
    return subprocess.Popen(
        [PINGYI, *(str(word) for word in words)],
        env=environment,
        cwd=place.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(place: Installation, *words: object) -> tuple[int, str]:
    running = command(place, *words)
    said, _ = running.communicate(timeout=COMMAND_SECONDS)
    return running.returncode, said


def stop(place: Installation) -> None:
    os.kill(place.owner, signal.SIGTERM)
    wait_for(lambda: not is_running(place.owner), "the end of the first process")


@contextmanager
def engines(place: Installation) -> Iterator[Connection]:
    """The engines without any process of ours; what waits is sealed first."""
    settings = load_settings({"PINGYI_STATE": str(place.state), "PINGYI_SEAL_SECONDS": "0"})
    with Engines(settings) as running:
        seal(running.settings())
        engine = create_engine(running.settings().database_url, poolclass=NullPool)
        with engine.connect() as connection:
            yield connection


def number(connection: Connection, query: str) -> int:
    return int(connection.execute(text(query)).scalar_one())


@pytest.mark.timeout(600)
def test_backup_in_mid_load_and_killed_restores_leave_a_record_that_verifies() -> None:
    with installation() as place:
        file = place.folder / "backup.pingyi"
        operator, _ = prepare(place, "load")
        clients = Clients(place.port, "load", operator)
        wanted = requests(ENTRIES, 100, seed=5)
        tenth = len(wanted) // 10
        clients.post(wanted[:tenth])
        clients.wait_until_left(0, 60)
        before = len(clients.told.receipts)
        said = back_up_in_mid_load(place, file, clients, wanted[tenth:])
        held = int(said.split(" leaves")[0].rsplit(" ", 1)[1])
        told = clients.finish()
        assert (told.odd, 0 < before < len(told.receipts)) == ([], True)
        wait_until_folded(place)

        status, said = run(place, "drill", file)
        assert (status, "Leaves checked" in said) == (0, True), said
        assert "has the backup's head among its own" in said
        status, said = run(place, "restore", file, "--replace")
        assert (status, "is in use" in said) == (1, True), said
        stop(place)

        kill_restores(place, file)

        status, said = run(place, "restore", file, "--replace")
        assert status == 0, said
        assert "Gap: " in said
        assert "are not in the restored record" in said
        assert "of period load" in said
        with engines(place) as connection:
            assert not check_record(connection, place.state / "heads").findings
            assert number(connection, "SELECT max(number) FROM epoch") >= 2
            kept = number(
                connection, "SELECT count(*) FROM leaf WHERE kind NOT IN ('restore', 'backup.drilled')"
            )
            assert kept == held
            # Every receipt that was given before the backup began is in it.
            assert number(connection, "SELECT count(*) FROM receipt") >= before


def back_up_in_mid_load(place: Installation, file: Path, clients: Clients, wanted: Sequence[Request]) -> str:
    """What the backup says: some requests come before its snapshot, and at least half of them after it."""
    few, rest = iter(wanted[: len(wanted) // 2]), wanted[len(wanted) // 2 :]
    with place.connect() as connection:
        heads = "SELECT EXISTS (SELECT FROM tree_head)"
        wait_for(lambda: connection.execute(heads).fetchone() == (True,), "a head that the backup can hold")
        running = command(place, "backup", file)

        def has_its_snapshot() -> bool:
            clients.post(islice(few, 2))
            return connection.execute(_DUMPING).fetchone() == (True,) or running.poll() is not None

        wait_for(has_its_snapshot, "the backup to read from its snapshot", COMMAND_SECONDS)
    clients.post([*few, *rest])
    said, _ = running.communicate(timeout=COMMAND_SECONDS)
    assert running.returncode == 0, said
    return said


_DUMPING = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'pg_dump')"


def kill_restores(place: Installation, file: Path) -> None:
    """Whenever a restore is killed, the database is the old one or the new one, and its record verifies."""
    draw = random.Random(3)
    for _ in range(KILLS):
        running = command(place, "restore", file, "--replace")
        time.sleep(draw.uniform(0.5, 4))
        running.kill()
        running.communicate()
        with engines(place) as connection:
            assert not check_record(connection, place.state / "heads").findings


@pytest.mark.timeout(400)
def test_backup_moves_the_house_to_a_fresh_machine() -> None:
    with installation() as place:
        file = place.folder / "backup.pingyi"
        prepare(place, "moved")
        stop(place)
        status, said = run(place, "backup", file)
        assert status == 0, said
        for name in ("postgres", "heads", "valkey"):
            shutil.rmtree(place.state / name)
        own = (place.state / "sealer.key").read_bytes()
        (place.state / "sealer.key").unlink()
        status, said = run(place, "restore", file)
        assert (status, "put the right key file there first" in said) == (1, True), said
        (place.state / "sealer.key").write_bytes(own)
        status, said = run(place, "restore", file)
        assert (status, "goes on in epoch 2" in said) == (0, True), said
        with engines(place) as connection:
            assert not check_record(connection, place.state / "heads").findings
            assert number(connection, "SELECT count(*) FROM period WHERE key = 'moved'") == 1
