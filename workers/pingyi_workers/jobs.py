"""The jobs: ids in, a service called, nothing kept. Each may run twice, late, or never."""

from __future__ import annotations

from flask import current_app

from pingyi.db import transaction
from pingyi.extensions import current_extensions
from pingyi.ledger.ask_witnesses import ask_witnesses
from pingyi.ledger.sealing import seal_paced
from pingyi.outbox import OPEN_BOXES, WITNESS, request_work, take_requests
from pingyi.services.bundles.offer import make_bundle
from pingyi.services.intake.fold import fold_channel
from pingyi.services.results.assess import assess_period
from pingyi.services.sweep import sweep_up


def fold(channel_id: int) -> int:
    """Fold what waits for a channel."""
    return fold_channel(channel_id)


def assess(period_id: int) -> int:
    """Assess a period that somebody asked to assess."""
    return assess_period(period_id)


def seal(_: int) -> int:
    """Seal the leaves that wait, those of all periods at once, and have the head cosigned."""
    settings = current_app.extensions["pingyi.configuration"]
    sealed = seal_paced(settings)
    if sealed and settings.witnesses:
        with transaction() as connection:
            request_work(connection, WITNESS, 0)
    return sealed


def witness(_: int) -> int:
    """Have the newest head cosigned; who did not answer is asked again with the next head or sweep."""
    with transaction() as connection:
        take_requests(connection, WITNESS, 0)
    return ask_witnesses(current_app.extensions["pingyi.configuration"])


def publish(period_id: int) -> bool:
    """Make the public bundle of a period that was published, for the pages to offer."""
    return make_bundle(period_id)


def open_boxes(period_id: int) -> None:
    """Open the ballot boxes of a period that was closed."""
    for extension in current_extensions():
        if extension.work:
            extension.work(OPEN_BOXES, period_id)


def sweep() -> int:
    """Ask again for work that nobody asks for any more."""
    if current_app.extensions["pingyi.configuration"].witnesses:
        with transaction() as connection:
            request_work(connection, WITNESS, 0)
    for extension in current_extensions():
        extension.sweep()
    return sweep_up()
