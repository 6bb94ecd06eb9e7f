"""Results of earlier periods, which rules over consecutive periods look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, validate, validates_schema
from sqlalchemy import Connection, bindparam, delete, insert

from pingyi.channels import ScoreField, Whole
from pingyi.channels.messages import Message
from pingyi.domain.errors import FieldError
from pingyi.domain.period_state import UNTIL_RELEASE
from pingyi.ledger.leaves import record
from pingyi.models import PreviousResult
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import require_state
from pingyi.services.core.row_schemas import (
    RowSchema,
    below,
    invalid_request,
    key_field,
    name_field,
    repeated,
)
from pingyi.services.core.unit_index import unit_ids
from pingyi.services.periods.periods import PeriodRow

_FORGET = delete(PreviousResult).where(PreviousResult.period_id == bindparam("period"))
_STORE = insert(PreviousResult)
_PLACE = validate.Range(min=1, max=1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviousRow:
    """A unit's result in an earlier period."""

    period: str
    unit: str
    category: str
    total: Decimal | None = None
    rank: int | None = None
    of: int | None = None


class PreviousSchema(RowSchema):
    """A unit's total and rank in an earlier period; empty where it was not ranked."""

    row = PreviousRow

    period = name_field()
    unit = name_field()
    category = key_field(required=True)
    total = ScoreField(load_default=None, allow_none=True)
    rank = Whole(load_default=None, allow_none=True, validate=_PLACE)
    of = Whole(load_default=None, allow_none=True, validate=_PLACE)

    @validates_schema(skip_on_field_errors=False)
    def ranks_within(self, data: dict[str, Any], **_: Any) -> None:
        rank, of = data.get("rank"), data.get("of")
        if rank is not None and of is not None and rank > of:
            raise ValidationError(_BEYOND, "rank")


_BEYOND = Message(zh="名次大于参评单位数。", en="The rank is greater than the number of ranked units.")


def repeated_results(rows: Sequence[PreviousRow], numbers: Sequence[int] | None = None) -> list[FieldError]:
    """Rows of a unit and period that another row above has; units are codes; as `repeated`."""
    return repeated(
        rows, lambda row: (row.period, row.unit) if row.period and row.unit else None, "unit", numbers
    )


def put_previous(
    connection: Connection, caller: Caller, period: PeriodRow, rows: Sequence[PreviousRow]
) -> None:
    """Set the earlier results that rules over consecutive periods look at.

    Raises Problem: wrong_state, units_unknown, request_invalid (a unit twice in one period).
    """
    require_state(period.state, UNTIL_RELEASE)
    units = unit_ids(connection, period.id, [row.unit for row in rows], "previous")
    named = [replace(row, unit=code) for row, (code, _) in zip(rows, units, strict=True)]
    if errors := repeated_results(named):
        raise invalid_request(below("/previous", errors))
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
