"""State folders made from one template, and owners in processes of their own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.waiting import MOST_SECONDS, wait_for

from pingyi.embedded.engines import Endpoints, Engines, running_engines
from pingyi.settings import Settings, load_settings

OWNER = Path(__file__).with_name("owner_process.py")


MOST_START_SECONDS = 40


@dataclass
class Owner:
    """One owner process and what it said first."""

    process: subprocess.Popen[str]
    first_line: str
    endpoints: Endpoints = field(default_factory=Endpoints)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(MOST_SECONDS)


def ask(url: str, statement: str) -> Any:
    """Run one statement; the first value of its answer."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True, connect_timeout=20) as connection:
        cursor = connection.execute(statement)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def processes_naming(folder: Path) -> list[int]:
    """Processes, other than this one, with the folder's name in their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and os.fsencode(folder) in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return [pid for pid in found if pid != os.getpid()]


def copy_of(original: Path, made: Path) -> Path:
    """A copy that keeps owners and modes."""
    subprocess.run(["cp", "-a", original, made], check=True)
    return made


@pytest.fixture
def query() -> Callable[[str, str], Any]:
    return ask


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every account can enter; at the end nothing that was started in it may run any more."""
    made = Path(tempfile.mkdtemp(prefix="pingyi-test-"))
    made.chmod(0o755)
    yield made
    end_of(made)
    shutil.rmtree(made)


@pytest.fixture(scope="session")
def prepared() -> Iterator[Path]:
    """A state folder with a database, for all tests in turn: each starts over what the one before left."""
    made = Path(tempfile.mkdtemp(prefix="pingyi-state-"))
    made.chmod(0o755)
    with running_engines(made / "state") as endpoints:
        ask(endpoints.owner_database_url, "CREATE TABLE kept (word text)")
    yield made / "state"
    shutil.rmtree(made)


@pytest.fixture
def state(prepared: Path) -> Iterator[Path]:
    """The prepared state folder, not running; at the end nothing may run in it."""
    yield prepared
    end_of(prepared)


@pytest.fixture
def own_state(prepared: Path, folder: Path) -> Path:
    """A state folder that a test may spoil."""
    return copy_of(prepared, folder / "state")


def end_of(folder: Path) -> None:
    """Insist that nothing runs in a folder any more."""
    try:
        wait_for(lambda: not processes_naming(folder), f"the end of every process in {folder}")
    finally:
        for pid in processes_naming(folder):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="session")
def safe(prepared: Path) -> Iterator[Settings]:
    """The settings of running engines that nothing is wrong with."""
    made = Path(tempfile.mkdtemp(prefix="pingyi-safe-"))
    made.chmod(0o755)
    with Engines(load_settings({"PINGYI_STATE": str(copy_of(prepared, made / "state"))})) as engines:
        yield engines.settings()
    shutil.rmtree(made)


@pytest.fixture
def start_owner() -> Iterator[Callable[..., Owner]]:
    """Start an owner process and wait for its first line; whatever still runs is killed at the end."""
    started: list[Owner] = []

    def start(state: Path, **chosen: object) -> Owner:
        process = subprocess.Popen(
            [sys.executable, str(OWNER), json.dumps({"state": str(state), **chosen})],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        watch = threading.Timer(MOST_START_SECONDS, process.kill)
        watch.start()
        owner = Owner(process, process.stdout.readline())
        watch.cancel()
        started.append(owner)
        if owner.first_line.startswith("{"):
            owner.endpoints = Endpoints(**json.loads(owner.first_line))
        return owner

    yield start
    for owner in started:
        owner.kill()
        if owner.process.stdout is not None:
            owner.process.stdout.close()
