"""The part that ballots have in a period's life: before it opens, when it closes, before it is assessed.

Every command of the shell imports this module; what the services need is imported when they are called.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from pingyi.domain.errors import FieldError, Problem
from pingyi_surveys.topics import OPEN_BOXES


def missing(connection: Connection, period_id: int) -> Sequence[FieldError]:
    """What the boxes of a draft period still lack."""
    from pingyi_surveys.setup.prepare_keys import unprepared

    return unprepared(connection, period_id)


def closed(connection: Connection, period_id: int) -> None:
    """Ask for the boxes to be opened, where the period has any."""
    from pingyi.outbox import request_once
    from pingyi_surveys.counting.unopened_boxes import unopened

    if unopened(connection, period_id):
        request_once(connection, OPEN_BOXES, period_id)


def unfinished(connection: Connection, period_id: int) -> Problem | None:
    """Why a closed period cannot be assessed yet."""
    from pingyi_surveys.counting import unopened_boxes

    return unopened_boxes.unfinished(connection, period_id)


def sweep() -> None:
    """Periodic work of ours."""
    # Every command of the shell imports this module; only the sweep needs this.
    from pingyi_surveys.counting.open_boxes import sweep_up

    sweep_up()
