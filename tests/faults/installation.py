"""`pingyi up` in a temporary folder: the real processes, found by name, killed without warning."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
from flask import Flask
from tests.waiting import wait_for

from pingyi.app import create_app
from pingyi.db import db
from pingyi.embedded.engines import attach
from pingyi.embedded.process_lines import ON_ONE_HOST, as_procfile
from pingyi.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]
SHORT = {
    "PINGYI_OUTBOX_LEASE_SECONDS": "2",
    "PINGYI_WORKER_TTL_SECONDS": "16",
    "PINGYI_JOB_MONITORING_SECONDS": "1",
    "PINGYI_MAINTENANCE_SECONDS": "2",
    "PINGYI_SWEEP_SECONDS": "2",
    "PINGYI_SEAL_SECONDS": "0",
    "PINGYI_RATE_PER_SECOND": "100000",
    "PINGYI_BLOCKING_THREADS": "32",
}
LINES = ("background", "sealers")
FORKS = {
    "worker": "pingyi fold",
    "assessor": "pingyi assess",
    "sealer": "pingyi seal",
    "relay": "pingyi relay",
    "scheduler": "pingyi schedule",
}


@dataclass(frozen=True, slots=True)
class Installation:
    """A running `pingyi up`: its folder, its first process, its port."""

    folder: Path
    owner: int
    port: int
    web: str

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def settings(self) -> Settings:
        """Settings with the URLs of the engines that run now."""
        return attach(load_settings({"PINGYI_STATE": str(self.state)}))

    @contextmanager
    def application(self) -> Iterator[Flask]:
        """An application of this process upon the same engines, in its context."""
        app = create_app(self.settings())
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """A connection as the owner of the tables; waits for a server that recovers."""

        def connected() -> psycopg.Connection[tuple[object, ...]] | None:
            with suppress(psycopg.OperationalError):
                url = self.settings().owner_database_url.replace("+psycopg", "")
                return psycopg.connect(url, autocommit=True)
            return None

        found = wait_for(connected, "a connection to PostgreSQL")
        assert found
        return found

    def pids(self, role: str) -> list[int]:
        """The processes of a role, the one that `pingyi up` started first; empty while it is away."""
        if role in {"postgres", "valkey"}:
            endpoints = json.loads((self.state / "run" / "endpoints.json").read_text())
            first = [int(endpoints[f"{role}_pid"])]
        elif role in FORKS:
            forks = [pid for line in LINES for parent in self.lines(line) for pid in children_of(parent)]
            first = [pid for pid in forks if name_of(pid) == FORKS[role]]
        else:
            first = self.lines(role)
        return [pid for leader in first for pid in [leader, *below(leader)] if command_of(pid)]

    def lines(self, name: str) -> list[int]:
        """The process of a line of the Procfile."""
        wanted = self.web if name == "web" else dict(ON_ONE_HOST)[name]
        return [pid for pid in children_of(self.owner) if wanted in command_of(pid)]


@contextmanager
def installation(web: str = "pingyi web", more: Mapping[str, str] | None = None) -> Iterator[Installation]:
    """`pingyi up` while the block lasts, with `more` set; afterwards no process of it is left: checked."""
    folder = Path(tempfile.mkdtemp(prefix="pingyi-faults-"))
    folder.chmod(0o711)  # the engines run as an account of their own
    lines = (("web", web), *(line for line in ON_ONE_HOST if line[0] != "web"))
    (folder / "Procfile").write_text(as_procfile(lines))
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PINGYI_PORT": "0", **SHORT}
    environment |= more or {}
    environment["PINGYI_STATE"] = str(folder / "state")
    with (folder / "up.log").open("wb") as log:
        command = [str(Path(sys.executable).parent / "pingyi"), "up"]
        owner = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        port = wait_for(lambda: _port(folder, owner), "the line with the address")
        yield Installation(folder, owner.pid, port, web)
    finally:
        owner.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            owner.wait(40)
        left = _marked(str(folder))
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)
    assert not left, f"{len(left)} processes were left running"


def _port(folder: Path, owner: subprocess.Popen[bytes]) -> int:
    said = (folder / "up.log").read_text(errors="replace")
    assert owner.poll() is None, said
    _, found, rest = said.partition("Pingyi: http://127.0.0.1:")
    return int(rest.split("/")[0]) if found and "/" in rest else 0


def children_of(pid: int) -> list[int]:
    with suppress(OSError):
        names = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [int(name) for name in names]
    return []


def below(pid: int) -> list[int]:
    found = children_of(pid)
    for child in found:
        found += children_of(child)
    return found


def command_of(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""


def name_of(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text(errors="replace").strip()
    return ""


def _marked(text: str) -> list[int]:
    """Processes that name the folder on their command line or in their environment."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            with suppress(OSError):
                if text.encode() in (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes():
                    found.append(int(folder.name))
    return found
