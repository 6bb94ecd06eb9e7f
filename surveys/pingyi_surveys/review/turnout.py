"""How many ballots were cast so far: seen only by an act of its own on the record, never what they say."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from pingyi.ledger.leaves import record
from pingyi.services.core.callers import Caller
from pingyi.services.periods.periods import PeriodRow
from pingyi_surveys.review.queries import BoxTurnout, box_turnout


def view_turnout(connection: Connection, caller: Caller, period: PeriodRow) -> Sequence[BoxTurnout]:
    """The turnout of every box of a period; that it was looked at goes on the record."""
    turnout = box_turnout(connection, period.id)
    record(connection, "turnout.viewed", {"period": period.key, "by": caller.name}, period.id)
    return turnout
