"""Results of earlier periods, which rules over consecutive periods look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection, text

from pingyi.domain.period_state import UNTIL_RELEASE
from pingyi.ledger.leaves import record
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import require_state
from pingyi.services.core.unit_index import unit_ids
from pingyi.services.periods.periods import PeriodRow


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviousRow:
    """A unit's result in an earlier period."""

    period: str
    unit: str
    category: str
    total: Decimal | None = None
    rank: int | None = None
    of: int | None = None


def put_previous(
    connection: Connection, caller: Caller, period: PeriodRow, rows: Sequence[PreviousRow]
) -> None:
    """Set the earlier results that rules over consecutive periods look at."""
    require_state(period.state, UNTIL_RELEASE)
    units = unit_ids(connection, period.id, [row.unit for row in rows])
    connection.execute(text("DELETE FROM previous_result WHERE period_id = :id"), {"id": period.id})
    for row, (_, unit_id) in zip(rows, units, strict=True):
        connection.execute(
            text(
                "INSERT INTO previous_result (period_id, earlier, unit_id, category, total, rank, of)"
                " VALUES (:period, :earlier, :unit, :category, :total, :rank, :of)"
            ),
            {
                "period": period.id,
                "earlier": row.period,
                "unit": unit_id,
                "category": row.category,
                "total": row.total,
                "rank": row.rank,
                "of": row.of,
            },
        )
    record(
        connection, "previous.set", {"period": period.key, "rows": len(rows), "by": caller.name}, period.id
    )
