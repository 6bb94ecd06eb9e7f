"""Keeps an installation's processes running as children of the one owner."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from pingyi.embedded.messages import refusal
from pingyi.embedded.postgres import tail_of
from pingyi.embedded.process_lines import SEALING
from pingyi.embedded.processes import end, log_file, marked_with, spawn, stop_child

MARK = "PINGYI_OWNED_BY"
_PRIVATE = {"SEALER_DATABASE_URL": SEALING, "OWNER_DATABASE_URL": frozenset[str]()}
_FIRST_PAUSE, _LONGEST_PAUSE, _GRACE = 0.2, 10.0, 8.0


@dataclass
class Child:
    """One process that is to run for ever, and when it may be started again."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = _FIRST_PAUSE
    not_before: float = 0.0


@dataclass
class Supervisor:
    """The children of one owner; `logs` takes what they print, `tend` looks after the engines."""

    state: Path
    logs: Path
    env: Mapping[str, str]
    tend: Callable[[], object]
    children: list[Child] = field(default_factory=list)

    def start(self, processes: Sequence[tuple[str, str]]) -> None:
        """End what an earlier owner left behind, then start every process once."""
        self._end_marked()
        self.children = [Child(name, shlex.split(command)) for name, command in processes]
        for child in self.children:
            self._launch(child)

    def keep_until(self, done: Callable[[], bool]) -> None:
        """Keep engines and children running until `done()`; to be left early by an exception."""
        while not done():
            self.tend()
            for child in self.children:
                self._look_after(child)
            time.sleep(0.05)

    def run_once(self, name: str, command: str) -> None:
        """Run one command to its end beside the children; its failure is a Problem."""
        child = Child(name, shlex.split(command))
        self._launch(child)
        try:
            self.keep_until(lambda: child.process is not None and child.process.poll() is not None)
            if child.process is not None and child.process.returncode:
                log = self.log_of(name)
                raise refusal("engine_failed", engine=f"pingyi {name}", log=log, tail=tail_of(log))
        finally:
            self._stop([child])

    def stop(self) -> None:
        """Let every child finish what it holds, then end whatever is left of them."""
        self._stop(self.children)
        self._end_marked()

    def log_of(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def _launch(self, child: Child) -> None:
        hidden = {name for name, readers in _PRIVATE.items() if child.name not in readers}
        env = {name: value for name, value in self.env.items() if name not in hidden}
        env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), env.get("PATH", os.defpath)])
        env[MARK] = str(self.state)
        with log_file(self.log_of(child.name)) as log:
            child.process = spawn(child.command, env=env, output=log, when_owner_dies=signal.SIGTERM)
        child.started = time.monotonic()

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is not None and child.process.poll() is not None:
            _kill_group(child.process.pid)
            child.pause = _FIRST_PAUSE if now - child.started > 30 else min(child.pause * 2, _LONGEST_PAUSE)
            child.not_before = now + child.pause
            _report(child, self.log_of(child.name))
            child.process = None
        if child.process is None and now >= child.not_before:
            self._launch(child)

    def _stop(self, children: Sequence[Child]) -> None:
        running = [child.process for child in children if child.process is not None]
        for process in running:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + _GRACE
        for process in running:
            try:
                process.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                stop_child(process)
            _kill_group(process.pid)

    def _end_marked(self) -> None:
        left = marked_with(f"{MARK}={self.state}")
        end(left, (signal.SIGTERM, 2.0), (signal.SIGKILL, 5.0))


def _kill_group(leader: int) -> None:
    """End what a process has left in its group, so that a new one finds its port free."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _report(child: Child, log: Path) -> None:
    status = child.process.returncode if child.process else None
    click.echo(f"{child.name}: {status} → {log}", err=True)
