"""Clocks: wall time, and the CPU time of this process and of whole process trees, from /proc."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Spent:
    """What something took: seconds on the wall, and on the processors."""

    wall: float
    cpu: float


def tree(root: int) -> list[int]:
    """The process and all its descendants that run now."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(folder.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def cpu_seconds(*roots: int) -> float:
    """CPU seconds of these process trees so far, children that have ended included."""
    return sum(_ticks(pid) for root in roots for pid in tree(root)) / TICKS


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(map(int, fields[11:15]))


def spent(act: Callable[[], object], *roots: int) -> Spent:
    """Do `act` once; its CPU time is that of this process and of the trees below `roots`."""
    others, own, begun = cpu_seconds(*roots), time.process_time(), time.perf_counter()
    act()
    wall, mine = time.perf_counter() - begun, time.process_time() - own
    return Spent(wall, mine + cpu_seconds(*roots) - others)


def interleaved(acts: Mapping[str, Callable[[], object]], rounds: int, *roots: int) -> dict[str, Spent]:
    """Do every act once a round, so that a slow minute slows all alike; the medians over the rounds."""
    found: dict[str, list[Spent]] = {name: [] for name in acts}
    for _ in range(rounds):
        for name, act in acts.items():
            found[name].append(spent(act, *roots))
    return {
        name: Spent(median(one.wall for one in all_), median(one.cpu for one in all_))
        for name, all_ in found.items()
    }
