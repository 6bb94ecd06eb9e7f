"""The web server while five hundred clients send their bodies a byte at a time, and its CPU per request."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from statistics import median

from benchmarks.figures import Figure
from benchmarks.house import BALLOTS, House, open_period_of
from benchmarks.serving import BARE, OURS, Server, get, keep_busy, server
from pingyi.db import transaction
from pingyi.services.core.callers import SHELL
from pingyi.services.people.api_keys import find_operator, new_operator_key

SLOW, PROBES, HELLOS, CLIENTS, ROUNDS = 500, 60, 4_000, 8, 5
PROBE_GOAL, PATIENCE = 0.5, 3


def figures(house: House) -> list[Figure]:
    """Probe under slow bodies; then a bare route with 512 and with 8 blocking threads, and our first page."""
    open_period_of("slow", 3, [BALLOTS])
    with transaction() as connection:
        token = new_operator_key(connection, SHELL, find_operator(connection, "operator 0")).token
    cpu: dict[str, list[float]] = {"many": [], "few": [], "page": []}
    with server(house, OURS) as ours, server(house, BARE) as many, server(house, BARE, threads=8) as few:
        free = _probe(ours)
        with _slow_bodies(ours, token):
            slow = _probe(ours)
        with server(house, OURS, threads=8) as control, _slow_bodies(control, token):
            stuck = _probe(control, 3)
        for _ in range(ROUNDS):
            cpu["many"].append(keep_busy(many, get, range(HELLOS), CLIENTS).cpu)
            cpu["few"].append(keep_busy(few, get, range(HELLOS), CLIENTS).cpu)
            cpu["page"].append(keep_busy(ours, get, range(HELLOS // 10), CLIENTS, house.postgres).cpu)
    bare, page = median(cpu["many"]), median(cpu["page"])
    return [
        Figure(
            f"probe while {SLOW} slow bodies are open", _times(slow), f"without: {_times(free)}",
            "each < 500 ms", max(slow) < PROBE_GOAL,
        ),
        Figure("the same with 8 blocking threads (control)", _times(stuck), f"given up after {PATIENCE} s"),
        Figure("bare route, 512 blocking threads", f"{bare * 1e6:,.0f} µs CPU", "1"),
        Figure("bare route, 8 blocking threads", f"{median(cpu['few']) * 1e6:,.0f} µs CPU",
               f"{median(cpu['few']) / bare:.2f}"),
        Figure("first page of ours, with PostgreSQL", f"{page * 1e6:,.0f} µs CPU", f"{page / bare:.1f}"),
    ]  # fmt: skip


def _times(all_: list[float]) -> str:
    return f"median {median(all_) * 1000:.0f} ms, longest {max(all_) * 1000:.0f} ms"


def _probe(there: Server, times: int = PROBES) -> list[float]:
    """Seconds that a small page took, each on a connection of its own, given up after three seconds."""
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", there.port, timeout=PATIENCE)
        with suppress(TimeoutError):
            get(connection, 0)
        connection.close()
        found.append(time.perf_counter() - begun)
        time.sleep(0.05)
    return found


@contextmanager
def _slow_bodies(there: Server, token: str) -> Iterator[None]:
    """Keep posts open whose bodies never end: the head at once, then a byte a second."""
    head = (
        f"POST /api/v1/periods/slow/{BALLOTS}/c0/entries HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        "Idempotency-Key: slow-0123456789abcdef\r\nContent-Length: 10000\r\n\r\n{"
    )
    held = [socket.create_connection(("127.0.0.1", there.port)) for _ in range(SLOW)]
    for one in held:
        one.sendall(head.encode())
    done = threading.Event()
    thread = threading.Thread(target=_trickle, args=(held, done))
    thread.start()
    time.sleep(2)
    try:
        yield
    finally:
        done.set()
        thread.join()
        for one in held:
            one.close()


def _trickle(held: list[socket.socket], done: threading.Event) -> None:
    while not done.wait(1):
        for one in held:
            one.sendall(b" ")
