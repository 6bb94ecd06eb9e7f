"""`pingyi up` from nothing to the line with the address, and down again without a trace."""

import http.client
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.waiting import MOST_SECONDS, wait_for

from pingyi.embedded.engines import attach
from pingyi.embedded.process_lines import ON_ONE_HOST, as_procfile, read_procfile
from pingyi.embedded.processes import is_running
from pingyi.settings import load_settings

UP = """
import os, sys
from pathlib import Path
from pingyi.domain.errors import Problem
from pingyi.embedded.up import bring_up
from pingyi.settings import load_settings
try:
    bring_up(load_settings(os.environ), Path(sys.argv[1]), lambda settings: [f"key for {settings.port}"])
except Problem as problem:
    sys.exit(f"{problem.message.zh} {problem.message.en}")
"""
WEB = f"{sys.executable} -m http.server --bind 127.0.0.1"
PROCFILE = f"""
# Stands in for the product's own processes, with the variables that they get.
web: sh -c 'env > "$PINGYI_STATE/web.env"; cd "$PINGYI_STATE/site"; exec {WEB} "$PINGYI_PORT"'
sealer: sh -c 'env > "$PINGYI_STATE/sealer.env"; exec sleep 1000'
"""


@pytest.fixture
def bring_up(state: Path, folder: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    (folder / "Procfile").write_text(PROCFILE)
    (state / "site").mkdir(exist_ok=True)
    started = []

    def start(**variables: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", UP, str(folder / "Procfile")],
            env={"PATH": "/usr/bin:/bin", "PINGYI_STATE": str(state), "PINGYI_PORT": "0", **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def status_of(address: str) -> int:
    connection = http.client.HTTPConnection(address.removeprefix("Pingyi: http://").rstrip("/\n"), timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status
    finally:
        connection.close()


def variables(path: Path) -> dict[str, str]:
    return dict(line.partition("=")[::2] for line in path.read_text().splitlines())


def test_up_migrates_announces_and_ends_cleanly(
    state: Path, bring_up: Callable[..., subprocess.Popen[str]], query: Callable[[str, str], Any]
) -> None:
    process = bring_up()
    assert process.stdout is not None
    lines = [process.stdout.readline(), process.stdout.readline()]
    port = lines[1].rpartition(":")[2].rstrip("/\n")
    assert lines == [f"key for {port}\n", f"Pingyi: http://127.0.0.1:{port}/\n"]
    assert status_of(lines[1]) == 200
    found = attach(load_settings({"PINGYI_STATE": str(state)}))
    assert query(found.database_url, "SELECT count(*) FROM alembic_version") == 1
    web, sealer = variables(state / "web.env"), variables(state / "sealer.env")
    assert (web["DATABASE_URL"], web["REDIS_URL"]) == (found.database_url, found.redis_url)
    assert sealer["SEALER_DATABASE_URL"] == found.sealer_database_url
    assert not {"OWNER_DATABASE_URL", "SEALER_DATABASE_URL"} & web.keys()
    assert len(web["PINGYI_SECRET_KEY"]) >= 32
    assert (state / "sealer.key").stat().st_mode & 0o777 == 0o600
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=MOST_SECONDS)
    assert (process.returncode, rest) == (0, "")
    with pytest.raises(psycopg.OperationalError):
        query(found.database_url, "SELECT 1")


def test_up_killed_leaves_nothing_behind_and_comes_up_again(
    state: Path, bring_up: Callable[..., subprocess.Popen[str]]
) -> None:
    first = bring_up()
    assert first.stdout is not None
    assert first.stdout.readline().startswith("key for")
    first.kill()
    second = bring_up()
    assert second.stdout is not None
    assert second.stdout.readline().startswith("key for")
    assert status_of(second.stdout.readline()) == 200
    second.terminate()
    second.communicate(timeout=MOST_SECONDS)
    assert second.returncode == 0
    wait_for(lambda: not is_running(first.pid), "the end of the killed owner")


def test_a_port_that_is_taken_is_refused_with_a_sentence(
    bring_up: Callable[..., subprocess.Popen[str]],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        _, said = bring_up(PINGYI_PORT=port).communicate(timeout=MOST_SECONDS)
    assert f"端口 {port}" in said
    assert f"The port {port} of 127.0.0.1 cannot be used" in said


def test_unsafe_settings_stop_the_start(bring_up: Callable[..., subprocess.Popen[str]]) -> None:
    process = bring_up(PINGYI_SECRET_KEY="change-me")
    _, said = process.communicate(timeout=MOST_SECONDS)
    assert process.returncode == 1
    assert "拒绝启动" in said
    assert "PINGYI_SECRET_KEY is missing, short" in said


def test_without_a_procfile_the_same_processes_are_known(folder: Path) -> None:
    assert read_procfile(folder / "Procfile") == ON_ONE_HOST
    assert (Path(__file__).parents[3] / "Procfile").read_text() == as_procfile(ON_ONE_HOST)
