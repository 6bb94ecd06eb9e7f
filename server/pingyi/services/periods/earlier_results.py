"""Results of earlier periods, which rules over consecutive periods look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection, bindparam, delete, insert

from pingyi.domain.period_state import UNTIL_RELEASE
from pingyi.ledger.leaves import record
from pingyi.models import PreviousResult
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import require_state
from pingyi.services.core.unit_index import unit_ids
from pingyi.services.periods.periods import PeriodRow

_FORGET = delete(PreviousResult).where(PreviousResult.period_id == bindparam("period"))
_STORE = insert(PreviousResult)


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
    connection.execute(_FORGET, {"period": period.id})
    stored = [
        {
            "period_id": period.id,
            "earlier": row.period,
            "unit_id": unit_id,
            "category": row.category,
            "total": row.total,
            "rank": row.rank,
            "of": row.of,
        }
        for row, (_, unit_id) in zip(rows, units, strict=True)
    ]
    if stored:
        connection.execute(_STORE, stored)
    record(
        connection, "previous.set", {"period": period.key, "rows": len(rows), "by": caller.name}, period.id
    )
