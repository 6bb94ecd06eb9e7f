"""`pingyi up --demo` on an empty folder: from nothing to three ranked boards and a command that works."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pingyi_demonstration.running.post_deliveries import HttpSender

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[3]
MOST_SECONDS = 90
LAST_LINE = "Pingyi: "


@pytest.fixture
def state() -> Iterator[Path]:
    """A folder that the engines' own account may enter."""
    with tempfile.TemporaryDirectory(prefix="pingyi-demonstration-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "state"


def start(state: Path) -> tuple[subprocess.Popen[str], list[str]]:
    """The owner process and what it printed up to its last line."""
    environment = {
        "PATH": os.defpath,
        "PYTHONUTF8": "1",
        "PINGYI_STATE": str(state),
        "PINGYI_PORT": "0",
        "PINGYI_WEB_WORKERS": "1",
    }
    command = [str(Path(sys.executable).with_name("pingyi")), "up", "--demo"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    lines: list[str] = []
    # A process that says nothing more is ended, which ends the reading too.
    watch = threading.Timer(MOST_SECONDS, process.kill)
    watch.start()
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if line.startswith(LAST_LINE):
            break
    watch.cancel()
    return process, lines


def stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(30)
    finally:
        process.kill()
        process.communicate()


def page(address: str, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def ballots(lines: list[str], path: str) -> list[str]:
    """The paths of the ballots that were printed."""
    return [found for line in lines if (found := f"{path}{line.rpartition(path)[2]}") and path in line]


@pytest.mark.mission("002-31")
def test_up_with_demo_shows_boards_and_a_command_that_works(state: Path) -> None:
    process, lines = start(state)
    try:
        assert lines[-1:] and lines[-1].startswith(f"{LAST_LINE}http://127.0.0.1:"), lines
        address = lines[-1].removeprefix(LAST_LINE).rstrip("/")
        for category in ("departments", "organisations", "services"):
            status, board = page(address, f"/periods/maanshan-2017/categories/{category}")
            assert status == 200
            assert "演示数据" in board
        kept = json.loads((state / "demonstration.json").read_text(encoding="utf-8"))
        assert kept["base_url"] == address
        assert kept["curl"] in "\n".join(lines)
        headers = {
            "Authorization": f"Bearer {kept['key']}",
            "Idempotency-Key": kept["idempotency_key"],
            "Content-Type": "application/json",
        }
        send = HttpSender(address)
        status, answer = send(kept["path"], json.dumps(kept["body"]).encode(), headers)
        send.close()
        assert status == 201, answer
        for path, title in (("/s/", "市教育局"), ("/c/", "市人大代表测评"), ("/c/", "市政协委员测评")):
            shown = [page(address, found) for found in ballots(lines, path)]
            assert any(status == 200 and title in ballot for status, ballot in shown)
    finally:
        stop(process)
