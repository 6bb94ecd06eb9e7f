"""Adjustments of units' results, each by an approved act: deductions, bonuses, warnings, vetoes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, validate, validates_schema
from sqlalchemy import Connection, bindparam, insert, select, update

from pingyi.channels import ScoreField, Text, Word
from pingyi.channels.messages import REQUIRED, Message
from pingyi.channels.wordings import worded
from pingyi.domain.period_state import UNTIL_RELEASE
from pingyi.ledger.leaves import record
from pingyi.models import Adjustment, Unit
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
TARGETS: Mapping[str, Text] = {
    "total": Text(zh="总分", en="The total"),
    "linked": Text(zh="联动的另一项考核，不计入总分", en="Another appraisal that is linked, not the total"),
}
_POINTS = worded(
    Text(zh="分值", en="Points"),
    Text(
        zh="正数，如 0.5；一票否决和取消资格不填。",
        en="A positive number such as 0.5; none for a veto or a disqualification.",
    ),
)
_TARGET = worded(
    Text(zh="计入哪里", en="Counts towards"),
    Text(zh="不选即计入总分。", en="The total, unless another is chosen."),
    choices=TARGETS,
    rare=True,
)
_STORE = insert(Adjustment).returning(Adjustment.id)
_STANDING = (
    select(
        Adjustment.id.label("adjustment"),
        Unit.code.label("unit"),
        Adjustment.kind,
        Adjustment.points,
        Adjustment.target,
    )
    .join(Unit, Unit.id == Adjustment.unit_id)
    .where(
        Adjustment.id == bindparam("adjustment"),
        Adjustment.period_id == bindparam("period"),
        Adjustment.withdrawn_reason == "",
    )
)
_WITHDRAW = (
    update(Adjustment)
    .where(Adjustment.id == bindparam("adjustment"))
    .values(withdrawn_reason=bindparam("why"), withdrawn_act_id=bindparam("act"))
)


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

    unit = name_field(metadata=worded(Text(zh="单位", en="Unit")))
    kind = Word(
        required=True,
        validate=validate.OneOf(tuple(ADJUSTMENT_TITLES)),
        metadata=worded(Text(zh="种类", en="Kind"), choices=ADJUSTMENT_TITLES),
    )
    points = ScoreField(
        load_default=None,
        allow_none=True,
        validate=validate.Range(0, MOST_POINTS, min_inclusive=False),
        metadata=_POINTS,
    )
    document = Word(load_default="", metadata=worded(Text(zh="依据文号（可不填）", en="Document (optional)")))
    reason = reason_field(metadata=worded(Text(zh="理由", en="Reason")))
    target = Word(load_default="total", validate=validate.OneOf(tuple(TARGETS)), metadata=_TARGET)

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
    stored = {
        "period_id": period.id,
        "unit_id": unit_id,
        "kind": row.kind,
        "points": row.points,
        "reason": row.reason,
        "document": row.document,
        "target": row.target,
        "act_id": approved.act_id,
    }
    adjustment_id = connection.execute(_STORE, stored).scalar_one()
    content = {"unit": code, "what": row.kind, "points": row.points, "target": row.target}
    told = {"period": period.key, "adjustment": adjustment_id, **approved.told(), **content}
    record(connection, "adjustment.added", told, period.id)
    return adjustment_id


def standing_adjustment(connection: Connection, period: PeriodRow, adjustment_id: int) -> Mapping[str, Any]:
    """An adjustment in force, before publication: unit, kind, points; Problem wrong_state, not_found."""
    require_state(period.state, UNTIL_RELEASE)
    asked = {"adjustment": adjustment_id, "period": period.id}
    row = connection.execute(_STANDING, asked).mappings().one_or_none()
    if row is None:
        raise not_found(zh=f"有效的加减分{adjustment_id}", en=f"Adjustment {adjustment_id} in force")
    return dict(row)


def withdraw_adjustment(
    connection: Connection, approved: Approved, period: PeriodRow, adjustment_id: int, reason: str
) -> None:
    """Take an adjustment out of force, as approved; Problem wrong_state, not_found."""
    standing_adjustment(connection, period, adjustment_id)
    withdrawn = {"adjustment": adjustment_id, "act": approved.act_id, "why": reason}
    connection.execute(_WITHDRAW, withdrawn)
    content = {"period": period.key, "adjustment": adjustment_id, **approved.told()}
    record(connection, "adjustment.withdrawn", content, period.id)
