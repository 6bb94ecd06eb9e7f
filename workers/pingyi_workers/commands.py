"""What the shell's worker, background, relay and scheduler commands run, once engines are found."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Sequence
from functools import partial

from flask import Flask

from pingyi.extensions import EXTENSION, load_extensions
from pingyi.settings import Settings
from pingyi.topics import Topic, worker_groups
from pingyi_workers.forking import Forks, Line
from pingyi_workers.queues import connect
from pingyi_workers.relay import relay_forever
from pingyi_workers.schedule import schedule_forever
from pingyi_workers.work import make_worker, work_on

_log = logging.getLogger(__name__)


def run_workers(app: Flask, settings: Settings, topics: Sequence[Topic]) -> None:
    """Work on these topics until the process is ended; several groups of them in a fork each."""
    _load(topics)
    groups = worker_groups(topics)
    if len(groups) == 1:
        _work(app, settings, groups[0])
    else:
        Forks(_lines(app, settings, groups)).keep()


def run_background(app: Flask, settings: Settings) -> None:
    """Run the relay, the scheduler and all workers but the sealer's, each in a fork."""
    topics = [topic for topic in app.extensions[EXTENSION].topics.values() if not topic.seals]
    _load(topics)
    lines = [
        *_lines(app, settings, worker_groups(topics)),
        Line("pingyi relay", partial(run_relay, app, settings)),
        Line("pingyi scheduler", partial(run_scheduler, settings)),
    ]
    Forks(lines).keep()


def run_relay(app: Flask, settings: Settings) -> None:
    """Carry requests from the outbox to the queues until the process is ended."""
    relay_forever(app, connect(settings), settings.outbox_lease_seconds)


def run_scheduler(settings: Settings) -> None:
    """Keep periodic work going until the process is ended."""
    schedule_forever(connect(settings), settings.sweep_seconds, load_extensions().topics)


def _lines(app: Flask, settings: Settings, groups: Sequence[Sequence[Topic]]) -> list[Line]:
    return [Line(f"pingyi {group[0].key}", partial(_work, app, settings, group)) for group in groups]


def _work(app: Flask, settings: Settings, topics: Sequence[Topic]) -> None:
    work_on(make_worker(app, connect(settings), [topic.key for topic in topics], settings))


def _load(topics: Sequence[Topic]) -> None:
    """Load the jobs before anything forks; one that cannot be loaded fails when its turn comes, and alone."""
    importlib.import_module("pingyi_workers.jobs")
    for topic in topics:
        try:
            topic.load()
        except Exception:  # noqa: BLE001 - another package may raise anything
            _log.exception("the job of the topic %s cannot be loaded", topic.key)
