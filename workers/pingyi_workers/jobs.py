"""The jobs by the names that lie in queues: `pingyi_workers.jobs.` and the topic that registers it."""

from __future__ import annotations

import logging

from flask import current_app

from pingyi.db import transaction
from pingyi.extensions import current_extensions, installed_extensions
from pingyi.outbox import request_work
from pingyi.services.sweep import sweep_up
from pingyi.topics import WITNESS, Job

_log = logging.getLogger(__name__)


def __getattr__(name: str) -> Job:
    # Jobs may lie in a queue while a server is upgraded, so a name in it stays whoever brings the topic.
    topic = None if name.startswith("_") else installed_extensions().topics.get(name)
    if topic is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return topic.load()


def sweep() -> int:
    """Ask again for work that nobody asks for any more; an extension that fails holds up nobody else."""
    if current_app.extensions["pingyi.configuration"].witnesses:
        with transaction() as connection:
            request_work(connection, WITNESS, 0)
    requests = sweep_up()
    failures = []
    for extension in current_extensions():
        try:
            extension.sweep()
        except Exception as error:  # noqa: BLE001 - an extension may raise anything; the job says so at its end
            _log.exception("the sweep of %s failed", extension.key)
            failures.append(error)
    if failures:
        raise failures[0]
    return requests
