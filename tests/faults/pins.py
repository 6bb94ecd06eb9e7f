"""Somebody outside who keeps every head that the server shows."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from tests.waiting import wait_for

HEADER = "Ledger-Checkpoint"
EVERY_SECONDS = 0.1


@contextmanager
def pinned_heads(port: int) -> Iterator[set[str]]:
    """The heads (`origin size root`) seen while the block lasts; a server that is away is asked again."""
    seen: set[str] = set()
    stop = Event()
    thread = Thread(target=_watch, args=(port, seen, stop), daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join(10)


def wait_for_more(seen: set[str], known: int) -> None:
    """Wait until more heads were seen than so many; entries that lead to one have to be under way."""
    wait_for(lambda: len(seen) > known, f"a head beyond the {known} that were shown")


def _watch(port: int, seen: set[str], stop: Event) -> None:
    while not stop.wait(EVERY_SECONDS):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/api/v1/plugins")
            line = connection.getresponse().getheader(HEADER)
        except (OSError, http.client.HTTPException):
            continue
        finally:
            connection.close()
        if line:
            seen.add(line)
