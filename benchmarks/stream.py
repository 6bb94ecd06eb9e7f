"""A television host's minute, five of them: 200 ballots a second while all workers run."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text

from benchmarks.figures import Figure
from benchmarks.house import House
from benchmarks.polling import Poll, fetch, open_poll, send
from benchmarks.serving import OURS, Server, server
from pingyi.db import transaction
from pingyi.ledger.keys import ensure_key

PER_SECOND, CLIENTS = 200, 64
SECONDS = int(os.environ.get("PINGYI_STREAM_SECONDS", "300"))
P99_GOAL = 0.5
ROLES = (("worker", "fold"), ("worker", "seal"), ("relay",), ("scheduler",))


@dataclass(slots=True)
class Seen:
    """What the clients saw: seconds per form and per ballot since it was due, receipts, and refusals."""

    forms: list[float] = field(default_factory=list)
    ballots: list[float] = field(default_factory=list)
    receipts: set[str] = field(default_factory=set)
    failures: int = 0


def figures(house: House) -> list[Figure]:
    """Ballots come at fixed times, whether or not the ones before were answered."""
    with open_poll(house) as poll, _workers(house, poll.environment):
        with server(house, OURS, environment=poll.environment) as ours:
            seen = _stream(ours, poll)
        stored, waiting = _stored(poll)
    lost = len(seen.receipts - stored)
    p99 = _quantile(seen.ballots, 99)
    return [
        Figure(
            f"{PER_SECOND} ballots a second for {SECONDS} s: a ballot", _times(seen.ballots), "",
            "p99 < 500 ms", p99 < P99_GOAL,
        ),
        Figure("its form", _times(seen.forms)),
        Figure(
            "acknowledged, and of these not stored", f"{len(seen.receipts):,}, {lost}",
            f"{seen.failures} refused", "0 lost", lost == 0 and not seen.failures,
        ),
        Figure("leaves that wait for the sealer at the end", f"{waiting:,}"),
    ]  # fmt: skip


@contextmanager
def _workers(house: House, environment: Mapping[str, str]) -> Iterator[None]:
    key = Path(environment["PINGYI_STATE"]) / "sealer.key"
    ensure_key(key)
    given = os.environ | dict(environment)
    given |= {
        "DATABASE_URL": house.settings.database_url,
        "SEALER_DATABASE_URL": house.endpoints.sealer_database_url,
        "REDIS_URL": house.settings.redis_url,
        "PINGYI_SECRET_KEY": house.settings.secret_key,
        "PINGYI_SEALER_KEY": str(key),
    }
    pingyi = str(Path(sys.executable).with_name("pingyi"))
    running = [
        subprocess.Popen([pingyi, *role], env=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 the command is ours
        for role in ROLES
    ]
    try:
        yield
        dead = [role for role, process in zip(ROLES, running, strict=True) if process.poll() is not None]
        if dead:
            raise RuntimeError(f"ended early: {dead}")
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(30)


def _stream(there: Server, poll: Poll) -> Seen:
    seen, due = Seen(), iter(range(PER_SECOND * SECONDS))
    lock = threading.Lock()
    begun = time.perf_counter() + 1

    def work() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", there.port, timeout=30)
        while True:
            with lock:
                number = next(due, None)
            if number is None:
                connection.close()
                return
            at = begun + number / PER_SECOND
            time.sleep(max(0.0, at - time.perf_counter()))
            try:
                _one(connection, poll, number, at, seen)
            except (OSError, http.client.HTTPException, RuntimeError):
                seen.failures += 1
                connection.close()

    clients = [threading.Thread(target=work) for _ in range(CLIENTS)]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
    return seen


def _one(connection: http.client.HTTPConnection, poll: Poll, number: int, at: float, seen: Seen) -> None:
    path = poll.paths[number % len(poll.paths)]
    hidden = fetch(connection, path)
    filled = time.perf_counter()
    seen.forms.append(filled - at)
    # The ballot is due when its form has come: a late form is told of in the row of the forms.
    receipt = send(connection, path, hidden, poll, number)
    seen.ballots.append(time.perf_counter() - filled)
    seen.receipts.add(receipt)


def _stored(poll: Poll) -> tuple[set[str], int]:
    with transaction() as connection:
        rows = connection.execute(
            text("SELECT encode(receipt, 'hex') FROM sealed_ballot WHERE channel_id = :id"),
            {"id": poll.channel_id},
        ).scalars()
        stored = set(rows)
        waiting: int = connection.execute(text("SELECT count(*) FROM ledger_pending")).scalar_one()
    return stored, waiting


def _times(all_: list[float]) -> str:
    parts = (f"p{share} {_quantile(all_, share) * 1000:.0f} ms" for share in (50, 99))
    return f"{', '.join(parts)}, longest {max(all_) * 1000:.0f} ms"


def _quantile(all_: list[float], share: int) -> float:
    return sorted(all_)[len(all_) * share // 100]
