"""Decisions that a person takes: on a tie at the cut, on a channel switched off for a category."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert

from pingyi.domain.period_state import UNTIL_RELEASE
from pingyi.ledger.leaves import record
from pingyi.models import Decision
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import require_state
from pingyi.services.core.unit_index import unit_ids
from pingyi.services.periods.periods import PeriodRow

_STORE = insert(Decision)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow:
    """A person's decision on a tie (unit) or on switching a channel off (channel, category)."""

    kind: str
    choice: str
    reason: str
    unit: str = ""
    channel: str = ""
    category: str = ""


def add_decisions(
    connection: Connection, caller: Caller, period: PeriodRow, rows: Sequence[DecisionRow]
) -> None:
    """Record decisions; a later one on the same matter outranks the earlier."""
    require_state(period.state, UNTIL_RELEASE)
    wanted = [row.unit for row in rows if row.unit]
    ids = dict(zip(wanted, unit_ids(connection, period.id, wanted), strict=True))
    stored = [
        {
            "period_id": period.id,
            "kind": row.kind,
            "unit_id": ids[row.unit][1] if row.unit else None,
            "channel": row.channel,
            "category": row.category,
            "choice": row.choice,
            "reason": row.reason,
        }
        for row in rows
    ]
    if stored:
        connection.execute(_STORE, stored)
    for row in rows:
        code = ids[row.unit][0] if row.unit else None
        matter = {"what": row.kind, "channel": row.channel, "category": row.category, "choice": row.choice}
        content = {"period": period.key, "unit": code, "by": caller.name, **matter}
        record(connection, "decision.taken", content, period.id)
