"""Kill -9, of one process of a role or of many."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Sequence
from contextlib import suppress

from tests.faults.installation import Installation
from tests.waiting import wait_for

AWAY_SECONDS = 60


def kill_one(place: Installation, role: str, draw: random.Random) -> int:
    """Kill -9 one process of a role, often the first, sometimes one below it; 1 when there was one."""
    pids = wait_for(lambda: place.pids(role), f"a process of {role}", AWAY_SECONDS)
    return kill_all([pids[0] if draw.random() < 0.6 else draw.choice(pids)])


def kill_all(pids: Sequence[int]) -> int:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return len(pids)
