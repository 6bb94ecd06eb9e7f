"""Peak memory of a process tree, from /proc: what its processes grow by, and what its readers take."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring import tree

READER, EVERY_SECONDS = b"sheet_child", 0.01


@dataclass(slots=True)
class Peak:
    """MB that the process that grew most grew by, and MB of the largest reader of files."""

    grown: float = 0
    reader: float = 0


@contextmanager
def watched(root: int) -> Iterator[Peak]:
    """Fill in the peak at the end of the block."""
    peak, ended = Peak(), threading.Event()
    before = {pid: _megabytes(pid, "VmRSS") for pid in tree(root)}
    for pid in before:
        Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak counts from here
    watcher = threading.Thread(target=_watch, args=(root, peak, ended))
    watcher.start()
    try:
        yield peak
    finally:
        ended.set()
        watcher.join()
    peak.grown = max(_megabytes(pid, "VmHWM") - resting for pid, resting in before.items())


def _watch(root: int, peak: Peak, ended: threading.Event) -> None:
    while not ended.wait(EVERY_SECONDS):
        for pid in tree(root):
            with suppress(OSError):
                if READER in Path(f"/proc/{pid}/cmdline").read_bytes():
                    peak.reader = max(peak.reader, _megabytes(pid, "VmHWM"))


def _megabytes(pid: int, name: str) -> float:
    with suppress(OSError):
        found = re.search(rf"^{name}:\s+([0-9]+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
        return int(found[1]) / 1024 if found else 0
    return 0
