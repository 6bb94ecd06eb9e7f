"""Opens many sealed rows, in as many processes as there are processors; results exist in memory only."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields
from itertools import starmap
from multiprocessing import get_context
from operator import attrgetter
from typing import Any, Final

from pingyi_surveys.ballot.keys import BoxKeys
from pingyi_surveys.ballot.layout import Layout
from pingyi_surveys.ballot.opened_ballot import OpenedBallot
from pingyi_surveys.ballot.tally import Result, Sealed, open_rows

ALONE: Final = 4_000
CHUNK: Final = 2_000
WATCH_SECONDS: Final = 0.2

Show = Callable[[int, int], None]
"""Told now and then how many rows of how many are open."""


def open_all(
    rows: Iterable[Sealed], layout: Layout, keys: BoxKeys, show: Show, processes: int | None = None
) -> list[Result]:
    """What each row was; up to `ALONE` rows, or on one processor, in this process."""
    ordered = sorted(rows, key=lambda row: (row.group, row.position))
    chunks = [ordered[at : at + CHUNK] for at in range(0, len(ordered), CHUNK)]
    processes = min(processes or os.cpu_count() or 1, len(chunks))
    if processes < 2 or len(ordered) <= ALONE:
        opened: Iterator[list[Result]] = (list(open_rows(chunk, layout, keys)) for chunk in chunks)
        return _gather(opened, len(ordered), show)
    # Spawned, so that no child shares a connection or a lock of this process.
    with ProcessPoolExecutor(
        processes, get_context("spawn"), initializer=_begin, initargs=(layout, keys, os.getpid())
    ) as pool:
        sent = ([_FIELDS(row) for row in chunk] for chunk in chunks)
        return _gather(map(_received, pool.map(_open_chunk, sent)), len(ordered), show)


def _gather(opened: Iterable[list[Result]], total: int, show: Show) -> list[Result]:
    results: list[Result] = []
    for some in opened:
        results += some
        show(len(results), total)
    return results


_OWN: dict[str, tuple[Layout, BoxKeys]] = {}


def _begin(layout: Layout, keys: BoxKeys, parent: int) -> None:
    """Take what every chunk needs; the keys live in a child no longer than the process that made it."""
    gc.disable()
    _OWN["box"] = layout, keys
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(WATCH_SECONDS)
    os._exit(1)


# Between processes go plain tuples: classes would cost as much as the opening itself.
_FIELDS: Final = attrgetter(*(field.name for field in fields(Sealed)))
_Plain = tuple[int, str, tuple[Any, ...] | None, str]


def _open_chunk(rows: Sequence[tuple[Any, ...]]) -> list[_Plain]:
    layout, keys = _OWN["box"]
    return [
        (one.index, one.unit, one.ballot and tuple(one.ballot), one.reason)
        for one in open_rows(starmap(Sealed, rows), layout, keys)
    ]


def _received(results: Iterable[_Plain]) -> list[Result]:
    return [
        Result(index, unit, None if ballot is None else OpenedBallot._make(ballot), reason)
        for index, unit, ballot, reason in results
    ]
