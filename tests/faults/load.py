"""Thousands of entries over HTTP, from clients that repeat a request with its key until it is answered."""

from __future__ import annotations

import http.client
import json
import queue
import random
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date

from tests.faults.channels import HOT, UNITS, Row, channels, family_of, shared_counts
from tests.faults.channels import row as row_of
from tests.faults.installation import Installation
from tests.waiting import wait_for

from pingyi.db import transaction
from pingyi.services.core.callers import SHELL
from pingyi.services.people.api_keys import find_operator, new_office_key, new_operator_key
from pingyi.services.periods.period_draft import PeriodDraft
from pingyi.services.periods.periods import create_period, find_period, open_period
from pingyi.services.periods.rolls import RollRow, put_rolls
from pingyi.services.periods.schemes import store_scheme
from pingyi.services.periods.units import UnitRow, put_units

CLIENTS = 8
AGAIN = {409, 429, 500, 502, 503, 504}
OPERATOR = "评议渠道"
SCHEME = """
key = "faults"
title = {{ zh = "故障试验", en = "Faults" }}
full_marks = "{marks}"
decimals = 2
[policies]
missing = "reallocate"
min_coverage = "60"
ties = "competition"
tie_break = []
[[categories]]
key = "all"
title = {{ zh = "全部", en = "All" }}
[[consequences]]
when = {{ place = "bottom", k = 2, consecutive = 1 }}
action = "interview"
"""
CHANNEL = """
[[channels]]
key = "{plugin}"
plugin = "{plugin}"
operator = "{operator}"
max_points = "5"
title = {{ zh = "{plugin}", en = "{plugin}" }}
[channels.settings]
{settings}
"""

Counters = dict[tuple[str, str, str], int]


@dataclass(frozen=True, slots=True)
class Request:
    """One batch for one channel under one key."""

    key: str
    channel: str
    rows: tuple[Row, ...]


@dataclass(slots=True)
class Acknowledged:
    """What clients were told: key -> receipt; `odd` are answers that a client could not accept."""

    receipts: dict[str, bytes] = field(default_factory=dict)
    odd: list[str] = field(default_factory=list)
    retries: int = 0


def requests(entries: int, corrections: int, seed: int) -> list[Request]:
    """So many entries over all channels, the last correcting others; a twentieth is asked for twice."""
    draw = random.Random(seed)
    first = [
        one for plugin, rows in _rows(entries - corrections, draw) for one in _batches(plugin, rows, draw)
    ]
    draw.shuffle(first)
    # What was sent last may still be on its way when it would be corrected.
    settled = [(one.channel, row) for one in first[: len(first) * 3 // 4] for row in one.rows]
    again: dict[str, list[Row]] = {}
    for channel, row in draw.sample(settled, corrections):
        corrected = {**row, **family_of(channel).say(draw), "reason": "录入错误"}
        again.setdefault(channel, []).append(corrected)
    made = [*first, *(one for plugin, rows in again.items() for one in _batches(plugin, rows, draw, "again"))]
    return [request for one in made for request in [one] * (2 if draw.random() < 0.05 else 1)]


def _rows(entries: int, draw: random.Random) -> Iterable[tuple[str, list[Row]]]:
    """Each channel's rows: the same number of each, or the most that it takes; the hot one the rest."""
    plugins = [plugin for plugin in channels() if plugin != HOT]
    share = entries // (len(plugins) + 1)
    numbers = {plugin: min(share, family_of(plugin).most * UNITS) for plugin in plugins}
    numbers[HOT] = entries - sum(numbers.values())
    for plugin, number in numbers.items():
        yield plugin, [row_of(family_of(plugin), at, draw) for at in range(number)]


def _batches(plugin: str, rows: Sequence[Row], draw: random.Random, name: str = "first") -> Iterable[Request]:
    start = 0
    while start < len(rows):
        size = draw.randrange(1, 40)
        yield Request(f"{name}-{plugin}-{start:06d}-0123456789", plugin, tuple(rows[start : start + size]))
        start += size


def expected_counters(wanted: Iterable[Request]) -> Counters:
    """What the counters must hold: (channel, unit or "", counter) -> sum, counted here once more by hand."""
    standing: dict[tuple[str, ...], Row] = {}
    for request in wanted:
        names = channels()[request.channel].identity
        for row in request.rows:
            standing[request.channel, *(str(row.get(name, "")) for name in names)] = row
    sums: Counters = Counter()
    for (channel, *_), row in standing.items():
        family = family_of(channel)
        for counter, amount in family.count(row).items():
            sums[channel, row["unit"], counter] += amount
        for counter, amount in shared_counts(family, row).items():
            sums[channel, "", counter] += amount
    return dict(sums)


def scheme_of(plugins: Collection[str]) -> str:
    """A scheme with a channel for each of these keys."""
    sections = (
        CHANNEL.format(plugin=plugin, operator=OPERATOR, settings=family_of(plugin).settings)
        for plugin in plugins
    )
    return SCHEME.format(marks=5 * len(plugins)) + "".join(sections)


def prepare(place: Installation, period: str) -> tuple[str, str]:
    """An open period of every channel with its units; the tokens of its operator and of the office."""
    draft = PeriodDraft(key=period, starts_on=date(2017, 1, 1), ends_on=date(2017, 12, 31))
    with place.application(), transaction() as connection:
        scheme, _, scheme_id = store_scheme(connection, SHELL, scheme_of(channels()))
        create_period(connection, SHELL, draft, scheme, scheme_id)
        units = [UnitRow(code=f"u{n}", name=f"第{n}局", category="all") for n in range(1, UNITS + 1)]
        put_units(connection, SHELL, find_period(connection, period), scheme, units)
        registered = RollRow(channel="monitoring_points", name="registered", count=100_000)
        put_rolls(connection, SHELL, find_period(connection, period), [registered])
        open_period(connection, SHELL, period)
        operator = new_operator_key(connection, SHELL, find_operator(connection, OPERATOR))
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
        what = f"all but {most} requests to be acknowledged"
        wait_for(lambda: self._waiting.unfinished_tasks <= most, what, seconds)

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
        path = f"/api/v1/periods/{self._period}/{request.channel}/{request.channel}/entries"
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
