"""Several processes share the work: each inherits the bundle and sends back what its tasks come to."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from typing import Any

from pingyi_verifier.record.bundle import Bundle

FEW_LEAVES = 20_000  # below, a second process costs more than it brings
PROCESSES = min(max(os.cpu_count() or 1, 2), 8)
Task = tuple[Callable[..., Any], tuple[Any, ...]]  # a function of the bundle and these values
INHERITED: list[Bundle] = []  # in a process that shares the work: the bundle


def at_once(bundle: Bundle, tasks: Sequence[Task]) -> list[Any]:
    """The results of all tasks in their order; where there is much to do, several processes share them."""
    few = sum(map(len, bundle.leaves)) < FEW_LEAVES
    if few or "fork" not in multiprocessing.get_all_start_methods():
        return [task(bundle, *values) for task, values in tasks]
    with multiprocessing.get_context("fork").Pool(PROCESSES, INHERITED.append, (bundle,)) as pool:
        return [asked.get() for asked in [pool.apply_async(run_task, task) for task in tasks]]


def run_task(task: Callable[..., Any], values: tuple[Any, ...]) -> Any:
    return task(INHERITED[0], *values)
