"""Thousands of entries over HTTP, from clients that repeat a request with its key until it is answered."""

from __future__ import annotations

import http.client
import json
import queue
import random
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from tests.faults.installation import Installation, wait_for

from pingyi.db import transaction
from pingyi.services.callers import SHELL
from pingyi.services.keys import find_operator, new_office_key, new_operator_key
from pingyi.services.participants import UnitRow, put_units
from pingyi.services.periods import PeriodDraft, create_period, find_period, open_period
from pingyi.services.schemes import store_scheme

UNITS, CHANNELS = 84, 4
OPTIONS = ("very_satisfied", "satisfied", "basic", "dissatisfied", "no_opinion")
CLIENTS = 8
AGAIN = {409, 429, 500, 502, 503, 504}
SCHEME = """
key = "faults"
title = { zh = "故障试验", en = "Faults" }
full_marks = "100"
decimals = 2
[policies]
missing = "reallocate"
min_coverage = "60"
ties = "competition"
tie_break = []
[[categories]]
key = "all"
title = { zh = "全部", en = "All" }
[[consequences]]
when = { place = "bottom", k = 2, consecutive = 1 }
action = "interview"
"""
CHANNEL = """
[[channels]]
key = "c{n}"
plugin = "mobile_qr"
operator = "评议渠道"
max_points = "25"
title = {{ zh = "渠道{n}", en = "Channel {n}" }}
settings = {{ preset = "100/80/60/0", unscored = ["no_opinion"], n_min = 1, shown_as = "rate" }}
"""

Counters = dict[tuple[str, str, str], int]


@dataclass(frozen=True, slots=True)
class Request:
    """One batch for one channel under one key."""

    key: str
    channel: str
    rows: tuple[dict[str, Any], ...]


@dataclass(slots=True)
class Acknowledged:
    """What clients were told: key -> receipt; `odd` are answers that a client could not accept."""

    receipts: dict[str, bytes] = field(default_factory=dict)
    odd: list[str] = field(default_factory=list)
    retries: int = 0


def requests(entries: int, corrections: int, seed: int) -> list[Request]:
    """So many requests, the last of them correcting entries of the first; a twentieth is asked for twice."""
    draw = random.Random(seed)
    rows = [_row(number, draw) for number in range(entries - corrections)]
    again = [
        {**rows[at], "count": draw.randrange(1, 50), "reason": "录入错误"}
        for at in draw.sample(range(len(rows)), corrections)
    ]
    made = [*_batches(rows, draw, "first"), *_batches(again, draw, "again")]
    return [request for one in made for request in [one] * (2 if draw.random() < 0.05 else 1)]


def _row(number: int, draw: random.Random) -> dict[str, Any]:
    unit, rest = number % UNITS + 1, number // UNITS
    option, rest = OPTIONS[rest % len(OPTIONS)], rest // len(OPTIONS)
    channel, batch = rest % CHANNELS, rest // CHANNELS
    return {
        "channel": f"c{channel}",
        "unit": f"u{unit}",
        "batch": f"b{batch}",
        "option": option,
        "count": draw.randrange(1, 50),
    }


def _batches(rows: Sequence[dict[str, Any]], draw: random.Random, name: str) -> Iterable[Request]:
    for channel in range(CHANNELS):
        own = [
            {key: value for key, value in row.items() if key != "channel"}
            for row in rows
            if row["channel"] == f"c{channel}"
        ]
        start = 0
        while start < len(own):
            size = draw.randrange(1, 40)
            yield Request(
                f"{name}-{channel}-{start:06d}-0123456789", f"c{channel}", tuple(own[start : start + size])
            )
            start += size


def expected_counters(wanted: Iterable[Request]) -> Counters:
    """What the counters must hold: (channel, unit, counter) -> sum, counted here once more by hand."""
    standing: dict[tuple[str, str, str, str], int] = {}
    for request in wanted:
        for row in request.rows:
            standing[request.channel, row["unit"], row["batch"], row["option"]] = row["count"]
    sums: Counters = Counter()
    for (channel, unit, _, option), count in standing.items():
        sums[channel, unit, f"answer/overall/{option}"] += count
    return dict(sums)


def prepare(place: Installation, period: str) -> tuple[str, str]:
    """An open period with its units; the tokens of its operator and of the office."""
    with place.application(), transaction() as connection:
        text = SCHEME + "".join(CHANNEL.format(n=n) for n in range(CHANNELS))
        scheme, _, scheme_id = store_scheme(connection, SHELL, text)
        create_period(connection, SHELL, PeriodDraft(key=period), scheme, scheme_id)
        units = [UnitRow(code=f"u{n}", name=f"第{n}局", category="all") for n in range(1, UNITS + 1)]
        put_units(connection, SHELL, find_period(connection, period), scheme, units)
        open_period(connection, SHELL, period)
        operator = new_operator_key(connection, SHELL, find_operator(connection, "评议渠道"))
        return operator.token, new_office_key(connection, SHELL, ["administrator"]).token


class Clients:
    """Client threads that work through a queue; every request is repeated until it is acknowledged."""

    def __init__(self, port: int, period: str, token: str) -> None:
        self._port, self._period, self._token = port, period, token
        self._waiting: queue.Queue[Request | None] = queue.Queue()
        self._threads = [threading.Thread(target=self._work) for _ in range(CLIENTS)]
        self.told = Acknowledged()
        for thread in self._threads:
            thread.start()

    def post(self, wanted: Iterable[Request]) -> None:
        for request in wanted:
            self._waiting.put(request)

    def wait_until_left(self, most: int, seconds: float) -> None:
        """Wait until so many requests, or fewer, are not acknowledged yet."""
        wait_for(lambda: self._waiting.unfinished_tasks <= most, seconds)

    def finish(self) -> Acknowledged:
        """Let every request be acknowledged and end the threads."""
        self._waiting.join()
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()
        return self.told

    def _work(self) -> None:
        while (request := self._waiting.get()) is not None:
            try:
                self._deliver(request)
            finally:
                self._waiting.task_done()
        self._waiting.task_done()

    def _deliver(self, request: Request) -> None:
        body = json.dumps({"entries": request.rows}).encode()
        path = f"/api/v1/periods/{self._period}/mobile_qr/{request.channel}/entries"
        for _ in range(600):
            try:
                status, answer = call(self._port, "POST", path, self._token, body, request.key)
            except (OSError, http.client.HTTPException):
                status, answer = 503, b""
            if status == 201:
                if self.told.receipts.setdefault(request.key, answer) != answer:
                    self.told.odd.append(f"{request.key}: two receipts")
                return
            if status not in AGAIN:
                break
            self.told.retries += 1
            time.sleep(0.1)
        self.told.odd.append(f"{request.key}: {status} {answer[:200]!r}")


def call(
    port: int, method: str, path: str, token: str, body: bytes = b"", key: str = ""
) -> tuple[int, bytes]:
    """One request on a connection of its own."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Connection": "close"}
    if key:
        headers["Idempotency-Key"] = key
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
