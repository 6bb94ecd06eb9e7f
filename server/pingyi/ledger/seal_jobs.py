"""The jobs of the record: sealing what waits, and having the newest head cosigned."""

from __future__ import annotations

from flask import current_app

from pingyi.db import transaction
from pingyi.ledger.ask_witnesses import ask_witnesses
from pingyi.ledger.sealing import seal_paced
from pingyi.outbox import request_work, take_requests
from pingyi.topics import WITNESS


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
