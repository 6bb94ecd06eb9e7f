"""Adjustments of units' results, each by an approved act: deductions, bonuses, warnings, vetoes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, validate, validates_schema
from sqlalchemy import Connection, text

from pingyi.channels import ScoreField, Text, Word
from pingyi.channels.messages import REQUIRED, Message
from pingyi.domain.period_state import UNTIL_RELEASE
from pingyi.ledger.leaves import record
from pingyi.services.core.errors import not_found, require_state
from pingyi.services.core.row_schemas import RowSchema, name_field, reason_field
from pingyi.services.core.unit_index import unit_ids
from pingyi.services.periods.periods import Approved, PeriodRow

ADJUSTMENT_TITLES: Mapping[str, Text] = {
    "deduction": Text(zh="倒扣", en="Deduction"),
    "bonus": Text(zh="加分", en="Bonus"),
    "warning": Text(zh="警示扣分", en="Warning"),
    "veto": Text(zh="一票否决", en="Veto"),
    "disqualification": Text(zh="取消评议资格", en="Disqualification"),
}
WITHOUT_POINTS = frozenset({"veto", "disqualification"})
MOST_POINTS = 10_000
TARGETS = ("total", "linked")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentRow:
    """An adjustment of a unit's result; `unit` is a code or a name."""

    unit: str
    kind: str
    reason: str
    points: Decimal | None = None
    document: str = ""
    target: str = "total"


class NewAdjustmentSchema(RowSchema):
    """Points are positive; a veto and a disqualification have none."""

    row = AdjustmentRow

    unit = name_field()
    kind = Word(required=True, validate=validate.OneOf(tuple(ADJUSTMENT_TITLES)))
    points = ScoreField(
        load_default=None, allow_none=True, validate=validate.Range(0, MOST_POINTS, min_inclusive=False)
    )
    reason = reason_field()
    document = Word(load_default="")
    target = Word(load_default="total", validate=validate.OneOf(TARGETS))

    @validates_schema(skip_on_field_errors=False)
    def has_points_where_they_count(self, data: dict[str, Any], **_: Any) -> None:
        if "kind" not in data or "points" not in data:
            return
        if (data["points"] is None) != (data["kind"] in WITHOUT_POINTS):
            raise ValidationError(REQUIRED if data["points"] is None else _NO_POINTS, "points")


_NO_POINTS = Message(
    zh="一票否决和取消评议资格不填分值。", en="A veto and a disqualification have no points."
)


def adjusted_units(
    connection: Connection, period: PeriodRow, rows: Sequence[AdjustmentRow]
) -> list[tuple[str, int]]:
    """Code and id of each row's unit, before publication; Problem wrong_state, units_unknown."""
    require_state(period.state, UNTIL_RELEASE)
    return unit_ids(connection, period.id, [row.unit for row in rows], "adjustments")


def add_adjustment(connection: Connection, approved: Approved, period: PeriodRow, row: AdjustmentRow) -> int:
    """Put an approved adjustment into force; returns its id."""
    ((code, unit_id),) = adjusted_units(connection, period, [row])
    given = {"period": period.id, "unit": unit_id, "kind": row.kind, "points": row.points}
    adjustment_id: int = connection.execute(
        text(
            "INSERT INTO adjustment (period_id, unit_id, kind, points, reason, document, target, act_id)"
            " VALUES (:period, :unit, :kind, :points, :reason, :document, :target, :act) RETURNING id"
        ),
        {
            **given,
            "reason": row.reason,
            "document": row.document,
            "target": row.target,
            "act": approved.act_id,
        },
    ).scalar_one()
    content = {"unit": code, "what": row.kind, "points": row.points, "target": row.target}
    told = {"period": period.key, "adjustment": adjustment_id, **approved.told(), **content}
    record(connection, "adjustment.added", told, period.id)
    return adjustment_id


def standing_adjustment(connection: Connection, period: PeriodRow, adjustment_id: int) -> Mapping[str, Any]:
    """An adjustment in force, before publication: unit, kind, points; Problem wrong_state, not_found."""
    require_state(period.state, UNTIL_RELEASE)
    row = (
        connection.execute(
            text(
                "SELECT a.id AS adjustment, u.code AS unit, a.kind, a.points, a.target FROM adjustment a"
                " JOIN unit u ON u.id = a.unit_id"
                " WHERE a.id = :id AND a.period_id = :period AND a.withdrawn_reason = ''"
            ),
            {"id": adjustment_id, "period": period.id},
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        raise not_found(zh=f"有效的加减分{adjustment_id}", en=f"Adjustment {adjustment_id} in force")
    return dict(row)


def withdraw_adjustment(
    connection: Connection, approved: Approved, period: PeriodRow, adjustment_id: int, reason: str
) -> None:
    """Take an adjustment out of force, as approved; Problem wrong_state, not_found."""
    standing_adjustment(connection, period, adjustment_id)
    connection.execute(
        text("UPDATE adjustment SET withdrawn_reason = :reason, withdrawn_act_id = :act WHERE id = :id"),
        {"id": adjustment_id, "act": approved.act_id, "reason": reason},
    )
    content = {"period": period.key, "adjustment": adjustment_id, **approved.told()}
    record(connection, "adjustment.withdrawn", content, period.id)
