"""PostgreSQL's own client programs: those that fit a server, and how they are told where it is."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from psycopg.pq import Conninfo
from sqlalchemy import Connection, create_engine, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from pingyi.backups.messages import refusal
from pingyi.embedded.engine_programs import client_folders

_VERSION = select(func.current_setting("server_version_num"))
_NEEDED = ("pg_dump", "pg_restore", "psql")
_INHERITED = ("PATH", "HOME", "TMPDIR")


@dataclass(frozen=True, slots=True)
class Clients:
    """Programs for one server. Its password goes to them in their environment, never on a command line."""

    folder: Path
    major: int
    server: int
    environment: dict[str, str]

    @contextmanager
    def running(
        self,
        program: str,
        *options: str,
        stdin: IO[bytes] | int | None = None,
        stdout: IO[bytes] | int | None = None,
    ) -> Iterator[Running]:
        """A program while the block lasts; killed if the block fails, so that it cannot finish its work."""
        with TemporaryFile() as said:
            command = [str(self.folder / program), *options]
            process = subprocess.Popen(  # noqa: S603 - the words are ours
                command, env=self.environment, stdin=stdin, stdout=stdout, stderr=said
            )
            try:
                yield Running(program, process, said)
            except BaseException:
                process.kill()
                raise
            finally:
                for stream in (process.stdin, process.stdout):
                    if stream and not stream.closed:
                        _close(stream)
                process.wait()


@dataclass(frozen=True, slots=True)
class Running:
    """One program at work."""

    program: str
    process: subprocess.Popen[bytes]
    said: IO[bytes]

    def finish(self) -> None:
        """Wait for its end; Problem client_failed with its last words where it failed."""
        if self.process.wait():
            raise self.failed()

    def failed(self) -> Exception:
        """The Problem client_failed with the program's last words."""
        self.process.wait()
        self.said.seek(0)
        words = self.said.read().decode("utf-8", "replace").strip().splitlines()
        return refusal("client_failed", program=self.program, tail=" ".join(words)[-400:] or "-")


def _close(stream: IO[bytes]) -> None:
    try:
        stream.close()
    except BrokenPipeError:
        return


def find_clients(url: str) -> Clients:
    """The programs of the server's own major version, or the next newer ones; Problem client_missing."""
    with connected(url) as connection:
        server = int(connection.execute(_VERSION).scalar_one()) // 10_000
    found = [(major, folder) for folder in client_folders() if (major := _major(folder)) >= server]
    if not found:
        raise refusal("client_missing", major=server)
    major, folder = min(found, key=lambda each: each[0])
    return Clients(folder, major, server, _environment(url))


def _major(folder: Path) -> int:
    if not all(os.access(folder / name, os.X_OK) for name in _NEEDED):
        return 0
    done = subprocess.run(  # noqa: S603 the command is ours
        [str(folder / "pg_dump"), "--version"], capture_output=True, text=True, check=False
    )
    version = re.search(r"\s(\d+)[.\s\w]*", done.stdout)
    return int(version[1]) if version and done.returncode == 0 else 0


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection of our own, each statement a transaction; Problem database_away."""
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT", hide_parameters=True)
    try:
        connection = engine.connect()
    except OperationalError as error:
        raise refusal("database_away", reason=str(error.orig).strip().splitlines()[0]) from error
    with connection:
        yield connection


def _parameters(url: str) -> dict[str, Any]:
    parsed = make_url(url)
    parts: dict[str, Any] = parsed.translate_connect_args(username="user", database="dbname")
    return parts | {name: _joined(value) for name, value in parsed.query.items()}


def _joined(value: str | Sequence[str]) -> str:
    return value if isinstance(value, str) else ",".join(value)


def _environment(url: str) -> dict[str, str]:
    """The environment that tells libpq what the URL says."""
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    kept |= {name: value for name, value in os.environ.items() if name.startswith("PG")}
    named = {each.keyword.decode(): each.envvar for each in Conninfo.get_defaults() if each.envvar}
    for keyword, value in _parameters(url).items():
        variable = named.get(keyword)
        if variable:
            kept[variable.decode()] = str(value)
    return kept | {"LC_ALL": "C"}
