"""Waits for a condition and counts work, not time: what a busy machine does late is not wrong."""

from __future__ import annotations

import os
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


def worked_seconds() -> float:
    """Seconds of processor time of this process and of the children that it has waited for."""
    return sum(os.times()[:4])
