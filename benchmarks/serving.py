"""Web servers as processes of their own, and clients that keep them busy."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from benchmarks.house import House
from benchmarks.measuring import cpu_seconds

OURS, BARE = "pingyi.wsgi:make", "benchmarks.servers.bare:make"
_SERVE = """
import sys
from granian import Granian
from granian.constants import HTTPModes, Interfaces
target, port, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
Granian(target, factory=True, interface=Interfaces.WSGI, port=port, workers=2, blocking_threads=threads,
        backpressure=threads, backlog=2048, http=HTTPModes.http1, websockets=False, log_enabled=False).serve()
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its port and its first process."""

    port: int
    pid: int


@dataclass(frozen=True, slots=True)
class Served:
    """What a run of requests took: requests a second, and processor seconds a request."""

    per_second: float
    cpu: float


@contextmanager
def server(
    house: House, target: str, threads: int = 512, environment: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Serve `target` with granian, two processes with so many blocking threads each, on a port of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    settings = house.settings
    given = os.environ | {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "PINGYI_SECRET_KEY": settings.secret_key,
        "PINGYI_RATE_PER_SECOND": "1000000",
    }
    process = subprocess.Popen(  # noqa: S603 the command is ours
        [sys.executable, "-c", _SERVE, target, str(port), str(threads)],
        env=given | dict(environment or {}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(port)
        yield Server(port, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _wait(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/")
            connection.getresponse().read()
            return
        time.sleep(0.05)
    raise TimeoutError("the server does not answer")


Ask = Callable[[http.client.HTTPConnection, int], None]


def keep_busy(there: Server, ask: Ask, numbers: Sequence[int], clients: int, *also: int) -> Served:
    """Let clients ask with these numbers over a connection each; CPU time of the server and of `also`."""

    def work(own: Sequence[int]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", there.port, timeout=60)
        for number in own:
            ask(connection, number)
        connection.close()

    before, begun = cpu_seconds(there.pid, *also), time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(work, [numbers[at::clients] for at in range(clients)]))
    seconds = time.perf_counter() - begun
    return Served(len(numbers) / seconds, (cpu_seconds(there.pid, *also) - before) / len(numbers))


def get(connection: http.client.HTTPConnection, _number: int) -> None:
    """Ask for the first page and read it."""
    connection.request("GET", "/")
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise RuntimeError(f"answered {answer.status}")
