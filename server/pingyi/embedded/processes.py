"""Starting, recognising and ending processes without ever touching one that is not ours."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15
PROC = Path("/proc")
LONG_LOG_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class EngineAccount:
    """The account that runs the engines when the owner is root."""

    name: str
    uid: int
    gid: int


def spawn(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    output: IO[bytes],
    when_owner_dies: signal.Signals,
    account: EngineAccount | None = None,
) -> subprocess.Popen[bytes]:
    """Start a direct child in a session of its own; it gets `when_owner_dies` should this process vanish.

    To be called from the main thread: Linux sends that signal when the starting *thread* ends.
    """
    with warnings.catch_warnings():
        # Python warns of a fork beside threads; between fork and exec the child only makes two system calls.
        warnings.simplefilter("ignore", DeprecationWarning)
        return subprocess.Popen(  # noqa: S603 the command is ours
            command,
            env=dict(env),
            cwd="/" if account else None,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=tie_to_owner(when_owner_dies),  # noqa: PLW1509 only the child can tie itself
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )


def run(
    command: Sequence[str], *, env: Mapping[str, str], account: EngineAccount | None = None
) -> tuple[int, str]:
    """Run a command to its end; its exit status and all that it printed."""
    done = subprocess.run(  # noqa: S603 the command is ours
        command,
        env=dict(env),
        cwd="/" if account else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        check=False,
    )
    return done.returncode, done.stdout.decode("utf-8", "replace")


def log_file(path: Path) -> IO[bytes]:
    """Open a log to be continued; a long one is put aside first, in the place of the one before."""
    if path.exists() and path.stat().st_size > LONG_LOG_BYTES:
        path.replace(path.with_name(path.name + ".1"))
    return path.open("ab")


def tie_to_owner(signal_number: signal.Signals) -> Callable[[], None]:
    """What a child calls first, so that it gets this signal should the process that made it vanish."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    owner = os.getpid()

    def tie() -> None:
        if prctl is None:
            return
        prctl(PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)
        if os.getppid() != owner:
            os._exit(1)

    return tie


def named(name: str) -> None:
    """Have this process shown under a name of its own, of which Linux keeps 15 bytes."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(PR_SET_NAME, ctypes.create_string_buffer(name.encode()), 0, 0, 0)


def is_running(pid: int) -> bool:
    """Whether a process of that number exists and is more than a zombie."""
    try:
        stat = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in {"Z", "X"}


def working_in(folder: Path, program: str) -> list[int]:
    """Processes of `program` whose working folder is `folder`, which is how an engine is told from others."""
    try:
        wanted = folder.stat()
    except OSError:
        return []
    return [pid for pid in _pids() if _comm(pid) == program and _same_folder(pid, wanted)]


def marked_with(assignment: str) -> list[int]:
    """Processes, other than this one, that were started with exactly this `NAME=value` in the environment."""
    wanted = os.fsencode(assignment)
    return [pid for pid in _pids() if pid != os.getpid() and wanted in _environment(pid)]


def end(pids: Collection[int], *steps: tuple[signal.Signals, float]) -> None:
    """Send each signal in turn and wait its seconds, until none of the processes runs any more."""
    left = [pid for pid in pids if is_running(pid)]
    for number, seconds in steps:
        for pid in left:
            _send(pid, number)
        deadline = time.monotonic() + seconds
        while left and time.monotonic() < deadline:
            time.sleep(0.01)
            left = [pid for pid in left if is_running(pid)]
        if not left:
            return


def stop_child(child: subprocess.Popen[bytes], *steps: tuple[signal.Signals, float]) -> None:
    """End and reap one child, whatever state it is in."""
    for number, seconds in (*steps, (signal.SIGKILL, 10.0)):
        if child.poll() is not None:
            return
        child.send_signal(number)
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            continue


def _pids() -> list[int]:
    try:
        return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]
    except OSError:
        return []


def _comm(pid: int) -> str:
    try:
        return (PROC / str(pid) / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _same_folder(pid: int, wanted: os.stat_result) -> bool:
    try:
        found = (PROC / str(pid) / "cwd").stat()
    except OSError:
        return False
    return (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino)


def _environment(pid: int) -> list[bytes]:
    try:
        return (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
