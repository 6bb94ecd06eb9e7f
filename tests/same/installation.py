"""An installation that runs: started over a state folder, asked over HTTP, its tables read, stopped."""

from __future__ import annotations

import http.client
import json
import os
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString
from urllib.parse import urlsplit

import psycopg
from tests.same.rules import MOVED_TABLES
from tests.same.trees import FailedError, Tree, variables

# Every request names this host, so that addresses in pages and codes do not depend on a free port.
HOST = "pingyi.example"
START_SECONDS, IDLE_SECONDS, STOP_SECONDS = 180, 90, 60
_ADDRESS = re.compile(r"^Pingyi: (http://\S+?)/$", re.MULTILINE)
_COLUMNS = """
SELECT table_name, string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position)
FROM information_schema.columns WHERE table_schema = 'public' GROUP BY 1 ORDER BY 1
"""
_WAITING = """
SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM ledger_pending) + (SELECT count(*) FROM unfolded)
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answered; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Installation:
    """A running `pingyi up`."""

    tree: Tree
    state: Path
    folder: Path
    address: str

    def pingyi(self, *words: str | Path) -> str:
        return self.tree.pingyi(*words, folder=self.folder, state=self.state)

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, sent: Mapping[str, str] = {}
    ) -> Answer:
        parts = urlsplit(self.address)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        try:
            connection.request(method, path, body, {"Accept-Language": "zh", "Host": HOST, **sent})
            found = connection.getresponse()
            headers = {name.lower(): value for name, value in found.getheaders()}
            return Answer(found.status, headers, found.read())
        finally:
            connection.close()

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        endpoints = json.loads((self.state / "run" / "endpoints.json").read_text())
        return psycopg.connect(endpoints["owner_database_url"].replace("+psycopg", ""), autocommit=True)

    def wait_idle(self) -> None:
        """Wait until nothing waits to be folded, assessed, published or sealed."""
        until = time.monotonic() + IDLE_SECONDS
        with self.connect() as connection:
            while connection.execute(_WAITING).fetchone() != (0,):
                if time.monotonic() > until:
                    raise FailedError(f"work is still open in {self.state} after {IDLE_SECONDS} s")
                time.sleep(0.1)

    def tables(self, wanted: Mapping[str, str] | None = None) -> dict[str, tuple[str, list[str]]]:
        """Columns and rows (as COPY writes them) of every table, or of those that are wanted."""
        found = {}
        with self.connect() as connection:
            columns = wanted or {str(name): str(all_) for name, all_ in connection.execute(_COLUMNS)}
            for name, chosen in columns.items():
                table = f"({MOVED_TABLES[name]}) AS moved" if wanted and name in MOVED_TABLES else f'"{name}"'
                query = f"COPY (SELECT {chosen} FROM {table}) TO STDOUT".encode()
                with connection.cursor().copy(query) as copy:
                    rows = b"".join(bytes(piece) for piece in copy).decode().split("\n")
                found[name] = (chosen, sorted(row for row in rows if row))
        return found

    def catalog(self) -> list[str]:
        """Columns, rights, triggers, functions, constraints and indexes of the database."""
        with self.connect() as connection:
            return [
                f"{kind}: {row[0]}" for kind, query in CATALOG.items() for row in connection.execute(query)
            ]

    def head(self) -> str:
        """The newest head as the API names it, which is a pin for the verifier."""
        return self.ask("/api/v1/plugins").headers["ledger-checkpoint"]


CATALOG: dict[str, LiteralString] = {
    "column": "SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default,"
    " identity_generation) FROM information_schema.columns WHERE table_schema = 'public'",
    "right": "SELECT relname || ' ' || coalesce(array_to_string("
    "ARRAY(SELECT unnest(relacl)::text ORDER BY 1), ' '), '')"
    " FROM pg_class WHERE relnamespace = 'public'::regnamespace",
    "function": "SELECT concat_ws(' ', proname, prosecdef, proconfig, proacl, prosrc) FROM pg_proc"
    " WHERE pronamespace = 'public'::regnamespace",
    "trigger": "SELECT concat_ws(' ', pg_get_triggerdef(oid), tgenabled) FROM pg_trigger"
    " WHERE NOT tgisinternal",
    "constraint": "SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid))"
    " FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
    "index": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
}


@contextmanager
def running(tree: Tree, state: Path, folder: Path, *words: str) -> Iterator[Installation]:
    """`pingyi up` of a version over a state folder; it and all that it started end with the block."""
    log = folder / f"up-{os.urandom(3).hex()}.log"
    env = {**variables(folder, state), "PINGYI_PORT": "0", "PINGYI_WEB_WORKERS": "1"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [tree.shell, "up", *words],
            cwd=tree.root,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Installation(tree, state, folder, _address(process, log))
    finally:
        _stop(process)


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    until = time.monotonic() + START_SECONDS
    while not (found := _ADDRESS.search(log.read_text(encoding="utf-8", errors="replace"))):
        if process.poll() is not None or time.monotonic() > until:
            raise FailedError("pingyi up does not answer", log.read_text(errors="replace")[-2000:])
        time.sleep(0.1)
    return found[1]


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@dataclass(frozen=True, slots=True)
class FirstPost:
    """The demonstration's first post to its open period, as the state folder keeps it."""

    path: str
    body: bytes
    headers: Mapping[str, str]


def first_post(state: Path) -> FirstPost:
    kept = json.loads((state / "demonstration.json").read_text(encoding="utf-8"))
    words = shlex.split(kept["curl"])
    given = [words[at + 1].partition(": ") for at, word in enumerate(words) if word == "-H"]
    body = words[words.index("-d") + 1].encode()
    return FirstPost(kept["path"], body, {name: value for name, _, value in given})
