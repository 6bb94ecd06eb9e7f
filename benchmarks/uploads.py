"""A file of 50,000 rows, previewed and confirmed, beside the same rows by the API in batches."""

from __future__ import annotations

import csv
import http.client
import io
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from xlsxwriter import Workbook

from benchmarks.figures import Figure
from benchmarks.house import BALLOTS, DIMENSIONS, OPTIONS, House, open_period_of
from benchmarks.measuring import cpu_seconds
from benchmarks.memory import Peak, watched
from benchmarks.serving import OURS, Server, get, server
from pingyi.db import transaction
from pingyi.services.core.callers import SHELL
from pingyi.services.people.api_keys import find_operator, new_operator_key

ROWS, BATCH, UNITS = 50_000, 500, 84
PERIOD = "files"
HEAD = ("unit", "batch", "dimension", "option", "count")

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds on the wall and on the processors, and the peak of memory."""

    wall: float
    cpu: float
    peak: Peak


def figures(house: House) -> list[Figure]:
    """The API in batches, then a CSV and an XLSX in two steps, each on a server that has just started."""
    open_period_of(PERIOD, UNITS, [BALLOTS] * 3)
    with transaction() as connection:
        tokens = [
            new_operator_key(connection, SHELL, find_operator(connection, f"operator {n}")).token
            for n in range(3)
        ]
    rows = [_row(number) for number in range(ROWS)]
    api = _taken(house, lambda there: _by_api(there, tokens[0], rows))
    found = [Figure(f"API, {BATCH} entries a request", _told(api), "1")]
    for channel, (kind, content) in enumerate((("CSV", _csv(rows)), ("XLSX", _xlsx(rows))), 1):
        found += _of_file(house, kind, content, channel, tokens[channel], api)
    return found


def _of_file(house: House, kind: str, content: bytes, channel: int, token: str, api: Taken) -> list[Figure]:
    path = f"/api/v1/periods/{PERIOD}/{BALLOTS}/c{channel}/uploads"
    upload: list[int] = []

    def preview(there: Server) -> None:
        answer = json.loads(_post(_connected(there), path, token, content))
        if answer["counts"]["new"] != ROWS:
            raise RuntimeError(f"{kind}: {answer['counts']}")
        upload.append(answer["upload"])

    def confirm(there: Server) -> None:
        _post(_connected(there), f"{path}/{upload[0]}/confirmation", token)

    first, second = _taken(house, preview), _taken(house, confirm)
    both = Taken(first.wall + second.wall, first.cpu + second.cpu, Peak())
    size = f"{len(content) / 2**20:.1f} MB"
    return [
        Figure(f"{kind} of {size}, preview", _told(first), _beside(first, api)),
        Figure(f"{kind}, confirmation", _told(second), _beside(second, api)),
        Figure(f"{kind}, both", f"{both.wall:.1f} s, {both.cpu:.1f} s CPU", _beside(both, api)),
    ]


def _taken(house: House, act: Callable[[Server], None]) -> Taken:
    with server(house, OURS, threads=8) as there:
        for _ in range(8):
            get(_connected(there), 0)
        cpu = cpu_seconds(there.pid, house.postgres)
        with watched(there.pid) as peak:
            begun = time.perf_counter()
            act(there)
            wall = time.perf_counter() - begun
        return Taken(wall, cpu_seconds(there.pid, house.postgres) - cpu, peak)


def _told(one: Taken) -> str:
    reader = f", reader {one.peak.reader:.0f} MB" if one.peak.reader else ""
    return f"{one.wall:.1f} s, {one.cpu:.1f} s CPU, +{one.peak.grown:.0f} MB{reader}"


def _beside(one: Taken, api: Taken) -> str:
    return f"{one.wall / api.wall:.2f} x the API's time, {one.cpu / api.cpu:.2f} x its CPU"


def _connected(there: Server) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", there.port, timeout=120)


def _by_api(there: Server, token: str, rows: Rows) -> None:
    connection = _connected(there)
    for start in range(0, ROWS, BATCH):
        body = json.dumps({"entries": rows[start : start + BATCH]}).encode()
        path = f"/api/v1/periods/{PERIOD}/{BALLOTS}/c0/entries"
        _post(connection, path, token, body, f"bench-{start:08d}-0123456789")


def _post(
    connection: http.client.HTTPConnection, path: str, token: str, body: bytes = b"", key: str = ""
) -> bytes:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection.request("POST", path, body, {**headers, "Idempotency-Key": key} if key else headers)
    answer = connection.getresponse()
    said = answer.read()
    if answer.status != 201:
        raise RuntimeError(f"answered {answer.status}: {said[:300]!r}")
    return said


def _row(number: int) -> dict[str, Any]:
    unit, rest = number % UNITS, number // UNITS
    return {
        "unit": f"u{unit + 1}",
        "batch": f"b{rest // 25}",
        "dimension": DIMENSIONS[rest % 5],
        "option": OPTIONS[rest // 5 % 5],
        "count": number % 40 + 1,
    }


def _csv(rows: Rows) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, HEAD)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def _xlsx(rows: Rows) -> bytes:
    out = io.BytesIO()
    with Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEAD)
        for at, row in enumerate(rows, 1):
            sheet.write_row(at, 0, list(row.values()))
    return out.getvalue()
