"""Whatever is killed, what was committed stays and the next start works."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.waiting import MOST_SECONDS, wait_for

from pingyi.embedded.engines import Endpoints, running_engines
from pingyi.embedded.processes import is_running
from pingyi.embedded.state_folder import is_owned

pytestmark = pytest.mark.long

Query = Callable[[str, str], Any]


def write(query: Query, found: Endpoints) -> None:
    query(found.owner_database_url, "TRUNCATE kept")
    query(found.database_url, "INSERT INTO kept VALUES ('已提交')")


def count(query: Query, url: str) -> Any:
    return query(url, "SELECT count(*) FROM kept")


def test_children_end_with_a_killed_owner(state: Path, start_owner: Callable[..., Any], query: Query) -> None:
    owner = start_owner(state, processes=[["napper", "sleep 1000"]])
    found = owner.endpoints
    write(query, found)
    owner.kill()
    assert not is_owned(state)
    engines = found.postgres_pid, found.valkey_pid
    wait_for(lambda: not any(is_running(pid) for pid in engines), "the end of both engines")
    with running_engines(state) as again:
        assert count(query, again.database_url) == 1


def test_the_owner_starts_a_killed_postmaster_again(
    state: Path, start_owner: Callable[..., Any], query: Query
) -> None:
    owner = start_owner(state)
    found = owner.endpoints
    write(query, found)
    os.kill(found.postgres_pid, signal.SIGKILL)
    os.kill(found.valkey_pid, signal.SIGKILL)

    def answers() -> bool:
        try:
            return bool(count(query, found.database_url) == 1)
        except OSError:
            return False
        except Exception as error:
            if "connect" not in str(error) and "starting up" not in str(error):
                raise
            return False

    wait_for(answers, "the postmaster to be started again")
    assert owner.process.poll() is None
    assert owner.stop() == 0


def test_the_next_start_works_after_all_were_killed_at_once(
    state: Path, start_owner: Callable[..., Any], query: Query
) -> None:
    owner = start_owner(state)
    found = owner.endpoints
    write(query, found)
    os.kill(found.postgres_pid, signal.SIGSTOP)
    for pid in (owner.process.pid, found.postgres_pid, found.valkey_pid):
        os.kill(pid, signal.SIGKILL)
    with running_engines(state) as again:
        assert count(query, again.database_url) == 1


def test_an_innocent_process_named_by_a_stale_pid_file_survives(
    state: Path, start_owner: Callable[..., Any], query: Query
) -> None:
    owner = start_owner(state)
    found = owner.endpoints
    write(query, found)
    for pid in (owner.process.pid, found.postgres_pid, found.valkey_pid):
        os.kill(pid, signal.SIGKILL)
    owner.process.wait()
    account = "nobody" if os.geteuid() == 0 else None
    # The same account and even the data folder as its working folder: only the program differs.
    innocent = subprocess.Popen(["sleep", "60"], user=account, cwd=state / "postgres")
    try:
        note = state / "postgres" / "postmaster.pid"
        lines = note.read_text().splitlines()
        note.write_text("\n".join([str(innocent.pid), *lines[1:]]) + "\n")
        with running_engines(state) as again:
            assert count(query, again.database_url) == 1
        assert innocent.poll() is None
    finally:
        innocent.kill()
        innocent.wait()


def test_a_server_that_outlived_its_owner_is_ended_by_the_next_start(
    state: Path, start_owner: Callable[..., Any], query: Query
) -> None:
    owner = start_owner(state)
    found = owner.endpoints
    write(query, found)
    for pid in (found.postgres_pid, found.valkey_pid):
        os.kill(pid, signal.SIGSTOP)
    owner.kill()
    for pid in (found.postgres_pid, found.valkey_pid):
        os.kill(pid, signal.SIGCONT)
    started = time.monotonic()
    with running_engines(state) as again:
        assert count(query, again.database_url) == 1
        assert again.postgres_pid != found.postgres_pid
    seconds, started = time.monotonic() - started, time.monotonic()
    with running_engines(state) as ordinary:
        assert count(query, ordinary.database_url) == 1
    assert seconds < 10 * (time.monotonic() - started)


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_a_child_that_dies_is_started_again_and_ends_with_its_owner(
    state: Path, start_owner: Callable[..., Any], ending: signal.Signals
) -> None:
    note = state / "napper.pids"
    note.unlink(missing_ok=True)
    owner = start_owner(state, processes=[["napper", f"sh -c 'echo $$ >> {note}; exec sleep 1000'"]])

    def pids(number: int) -> list[int]:
        lines = note.read_text().split() if note.exists() else []
        return [int(line) for line in lines] if len(lines) >= number else []

    first = wait_for(lambda: pids(1), "the first child")[0]
    os.kill(first, signal.SIGKILL)
    second = wait_for(lambda: pids(2), "the second child")[1]
    assert is_running(second)
    owner.process.send_signal(ending)
    owner.process.wait(MOST_SECONDS)
    wait_for(lambda: not is_running(second), "the end of the second child")
