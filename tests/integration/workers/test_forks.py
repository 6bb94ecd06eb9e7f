"""Lines forked from one process: each anew when it ends, all of them gone with the one that made them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.waiting import MOST_SECONDS, wait_for

from pingyi.embedded.processes import is_running

SCRIPT = """
import os, sys, time
from functools import partial
from pathlib import Path
from pingyi_workers.forking import Forks, Line

def nap(name, seconds=1000):
    with (Path(sys.argv[1]) / name).open("a") as note:
        note.write(f"{os.getpid()}\\n")
    time.sleep(seconds)

Forks([
    Line("pingyi letters", partial(nap, "letters")),
    Line("pingyi digests", partial(nap, "digests")),
    Line("pingyi fails", lambda: nap("fails", 0) or 1 / 0),
]).keep()
"""


@pytest.fixture
def parent(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", SCRIPT, str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def child(folder: Path, name: str, number: int = 1) -> int:
    """The process id of the line's n-th child."""

    def noted() -> list[str]:
        lines = (folder / name).read_text().splitlines() if (folder / name).exists() else []
        return lines[number - 1 :]

    return int(wait_for(noted, f"child {number} of {name}")[0])


def test_line_that_ends_is_forked_anew_and_alone(tmp_path: Path, parent: subprocess.Popen[str]) -> None:
    letters, digests = child(tmp_path, "letters"), child(tmp_path, "digests")
    assert Path(f"/proc/{letters}/comm").read_text() == "pingyi letters\n"
    assert len({os.getpgid(pid) for pid in (parent.pid, letters, digests)}) == 3
    os.kill(letters, signal.SIGKILL)
    again = child(tmp_path, "letters", 2)
    assert is_running(again) and is_running(digests) and not is_running(letters)
    assert (tmp_path / "digests").read_text() == f"{digests}\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_all_end_with_a_parent_that_is_told_to(
    tmp_path: Path, parent: subprocess.Popen[str], number: signal.Signals
) -> None:
    pids = [child(tmp_path, name) for name in ("letters", "digests")]
    child(tmp_path, "fails", 2)
    parent.send_signal(number)
    _, said = parent.communicate(timeout=MOST_SECONDS)
    assert (parent.returncode, [is_running(pid) for pid in pids]) == (0, [False, False])
    assert "ZeroDivisionError" in said and "pingyi fails ended: 1" in said


def test_all_end_with_a_parent_that_is_killed(tmp_path: Path, parent: subprocess.Popen[str]) -> None:
    pids = [child(tmp_path, name) for name in ("letters", "digests")]
    parent.kill()
    wait_for(lambda: not any(map(is_running, pids)), "the end of the children")
