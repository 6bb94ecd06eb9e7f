"""Waits for a condition instead of for a time: as long as a busy machine needs, and never for ever."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

# Reached only where something is broken, so it may be long.
MOST_SECONDS = 60.0
EVERY_SECONDS = 0.05

Answer = TypeVar("Answer")


def wait_for(found: Callable[[], Answer], what: str, seconds: float = MOST_SECONDS) -> Answer:
    """Ask until there is an answer that counts as true; TimeoutError names what was waited for."""
    until = time.monotonic() + seconds
    while True:
        # Asked once more after the time is up: a process that got no turn may have missed it.
        late = time.monotonic() > until
        if answer := found():
            return answer
        if late:
            raise TimeoutError(f"waited {seconds:g} seconds in vain for {what}")
        time.sleep(EVERY_SECONDS)
