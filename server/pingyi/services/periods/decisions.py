"""Decisions that a person takes: on a tie at the cut, on a channel switched off for a category."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from pingyi.domain.period_state import UNTIL_RELEASE
from pingyi.ledger.leaves import record
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import require_state
from pingyi.services.core.unit_index import unit_ids
from pingyi.services.periods.periods import PeriodRow


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
    for row in rows:
        code, unit_id = ids[row.unit] if row.unit else (None, None)
        given: dict[str, Any] = {"kind": row.kind, "channel": row.channel, "category": row.category}
        connection.execute(
            text(
                "INSERT INTO decision (period_id, kind, unit_id, channel, category, choice, reason)"
                " VALUES (:period, :kind, :unit, :channel, :category, :choice, :reason)"
            ),
            {"period": period.id, "unit": unit_id, "choice": row.choice, "reason": row.reason, **given},
        )
        told = {"what": row.kind, "channel": row.channel, "category": row.category, "choice": row.choice}
        content = {"period": period.key, "unit": code, "by": caller.name, **told}
        record(connection, "decision.taken", content, period.id)
