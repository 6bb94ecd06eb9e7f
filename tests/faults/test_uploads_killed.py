"""Kill -9 of anything while a file of 5,000 rows is confirmed: all of it is stored, or nothing."""

from __future__ import annotations

import csv
import http.client
import io
import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence

import psycopg
import pytest
from tests.faults.channels import Row, family_of
from tests.faults.channels import row as row_of
from tests.faults.checking import violations, wait_until_folded
from tests.faults.installation import Installation, installation
from tests.faults.killing import kill_all, kill_one
from tests.faults.load import AGAIN, Acknowledged, Request, call, expected_counters, prepare
from tests.waiting import wait_for

PERIOD, ROWS = "files", 5_000
# Ballots, single cases, and returns whose answers stand in columns of their own.
PLUGINS = ("mobile_qr", "hotline", "monitoring_points")
VICTIMS = ("web", "postgres", "backend", "valkey", "worker")
ROUNDS = 2 if not os.environ.get("PINGYI_SOAK") else 40
RECOVERED_SECONDS = 60
NOTHING, WHOLE = (0, 0, 0, 0), (ROWS, ROWS, 1, 1)


@pytest.fixture(scope="module")
def place() -> Iterator[Installation]:
    with installation() as running:
        yield running


@pytest.mark.timeout(600)
def test_killed_confirmation_stores_the_whole_file_or_nothing(place: Installation) -> None:
    operator = Operator(place.port, prepare(place, PERIOD)[0])
    draw, told, sent = random.Random(4), Acknowledged(), []
    seconds = [_deliver(place, operator, file_of(n, plugin), told, sent) for n, plugin in enumerate(PLUGINS)]
    found: Counter[tuple[int, ...]] = Counter()
    schedule = draw.sample(VICTIMS * ROUNDS, len(VICTIMS) * ROUNDS)
    for number, victim in enumerate(schedule, len(PLUGINS)):
        file = file_of(number, PLUGINS[number % len(PLUGINS)])
        upload = operator.upload(file)
        moment = draw.uniform(0.1, 0.9) * min(seconds)
        answer, took = confirm_and_kill(place, operator, file, upload, victim, moment, draw)
        # Beside other work the first may have been slow: later moments would all come too late.
        seconds += [took] if answer is not None else []
        after = amounts(place, upload)
        assert after in {NOTHING, WHOLE}, (victim, after)
        found[after] += 1
        receipt = operator.confirm(file, upload)
        assert answer in {None, receipt}
        assert answer is None or after == WHOLE
        assert amounts(place, upload) == WHOLE
        told.receipts[f"upload:{upload}"] = receipt
        sent.append(file)
    wait_until_folded(place, RECOVERED_SECONDS)
    assert violations(place, PERIOD, told, expected_counters(sent)) == []
    assert found[NOTHING] > 0
    assert found[WHOLE] > 0


def _deliver(
    place: Installation, operator: Operator, file: Request, told: Acknowledged, sent: list[Request]
) -> float:
    """Upload and confirm without any fault; the seconds that the confirmation took."""
    upload = operator.upload(file)
    begun = time.monotonic()
    told.receipts[f"upload:{upload}"] = operator.confirm(file, upload)
    sent.append(file)
    assert amounts(place, upload) == WHOLE
    return time.monotonic() - begun


def file_of(number: int, plugin: str) -> Request:
    """A file of rows that no other file holds."""
    draw, family = random.Random(number), family_of(plugin)
    rows = tuple(row_of(family, at, draw) for at in range(number * ROWS, (number + 1) * ROWS))
    return Request(f"file-{number}", plugin, rows)


def as_csv(rows: Sequence[Row]) -> bytes:
    flat = [
        {
            column: cell
            for name, value in row.items()
            for column, cell in (
                [(f"{name}.{key}", one) for key, one in value.items()]
                if isinstance(value, dict)
                else [(name, value)]
            )
        }
        for row in rows
    ]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(flat[0]))
    writer.writeheader()
    writer.writerows(flat)
    return out.getvalue().encode()


class Operator:
    """Sends files and confirms them, as often as it takes to be answered."""

    def __init__(self, port: int, token: str) -> None:
        self._port, self._token = port, token

    def upload(self, file: Request) -> int:
        answer = json.loads(self._until_created(file, "", as_csv(file.rows)))
        assert answer["state"] == "ready", answer
        return int(answer["upload"])

    def confirm(self, file: Request, upload: int) -> bytes:
        return self._until_created(file, f"/{upload}/confirmation")

    def confirm_once(self, file: Request, upload: int) -> bytes | None:
        """The receipt, or None where there was no answer or a refusal for now."""
        status, answer = self._post(file, f"/{upload}/confirmation")
        assert status == 201 or status in AGAIN, (status, answer)
        return answer if status == 201 else None

    def _until_created(self, file: Request, path: str, body: bytes = b"") -> bytes:
        until = time.monotonic() + RECOVERED_SECONDS
        while (said := self._post(file, path, body))[0] != 201:
            assert said[0] in AGAIN and time.monotonic() < until, said
            time.sleep(0.1)
        return said[1]

    def _post(self, file: Request, path: str, body: bytes = b"") -> tuple[int, bytes]:
        uploads = f"/api/v1/periods/{PERIOD}/{file.channel}/{file.channel}/uploads"
        try:
            return call(self._port, "POST", uploads + path, self._token, body)
        except (OSError, http.client.HTTPException):
            return 503, b""


def confirm_and_kill(
    place: Installation,
    operator: Operator,
    file: Request,
    upload: int,
    victim: str,
    moment: float,
    draw: random.Random,
) -> tuple[bytes | None, float]:
    """Confirm once, kill at that moment, wait until no transaction is about an upload; answer and seconds."""
    answers: list[tuple[bytes | None, float]] = []
    watcher = place.connect()

    def confirm() -> None:
        begun = time.monotonic()
        answers.append((operator.confirm_once(file, upload), time.monotonic() - begun))

    thread = threading.Thread(target=confirm)
    thread.start()
    time.sleep(moment)
    if victim == "backend":
        # On a busy machine the request may not have reached the database yet.
        pids: list[int] = []
        wait_for(lambda: pids.extend(backends(watcher)) or pids or not thread.is_alive(), "a backend")
        kill_all(pids)
    else:
        assert kill_one(place, victim, draw)
    watcher.close()
    thread.join()
    wait_for(lambda: not open_transactions(place), "the end of every upload's transaction", RECOVERED_SECONDS)
    return answers[0]


def backends(watcher: psycopg.Connection[tuple[object, ...]]) -> list[int]:
    """The server processes in whose open transaction an upload is read or written."""
    return [int(str(pid)) for (pid,) in watcher.execute(_BACKENDS)]


def open_transactions(place: Installation) -> bool:
    with place.connect() as connection:
        return connection.execute(_OPEN).fetchone() != (0,)


def amounts(place: Installation, upload: int) -> tuple[int, ...]:
    """Of an upload: its entries, their leaves, its receipts, and whether it is marked as confirmed."""
    with place.connect() as connection:
        found = connection.execute(_AMOUNTS, {"key": f"upload:{upload}", "upload": upload}).fetchone()
    return tuple(int(str(amount)) for amount in found or ())


# The owner may not see what others do, but everybody sees their locks.
_OTHERS = "FROM pg_locks WHERE relation = CAST('upload' AS regclass) AND pid <> pg_backend_pid()"
_BACKENDS = f"SELECT DISTINCT pid {_OTHERS}"
_OPEN = f"SELECT count(*) {_OTHERS}"
_AMOUNTS = """
WITH own AS (SELECT id FROM delivery WHERE idempotency_key = %(key)s)
SELECT (SELECT count(*) FROM entry WHERE delivery_id IN (SELECT id FROM own)),
  (SELECT count(*) FROM leaf WHERE kind = 'entry' AND delivery_id IN (SELECT id FROM own)),
  (SELECT count(*) FROM receipt WHERE delivery_id IN (SELECT id FROM own)),
  (SELECT count(*) FROM upload WHERE id = %(upload)s AND delivery_id IN (SELECT id FROM own))
"""
