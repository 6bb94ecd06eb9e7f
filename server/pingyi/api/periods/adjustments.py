"""Adjustments: deductions, bonuses, warnings, vetoes and disqualifications, each with its reason."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from pingyi.api.examples import ADJUSTMENTS, REASON
from pingyi.api.fields import ReasonSchema, name_field, reason_field, rows_of
from pingyi.api.openapi import Resource
from pingyi.api.periods.approvals import LOCATION, ActSchema, ActsSchema, Answer, asked
from pingyi.api.requests import REPEATABLE, repeat_key
from pingyi.channels import ScoreField, Word
from pingyi.channels.messages import REQUIRED, UNKNOWN
from pingyi.db import transaction
from pingyi.services.approvals.requests import request_adjustments, request_withdrawal
from pingyi.services.core.roles import OFFICE_READERS, Role
from pingyi.services.periods import queries
from pingyi.services.periods.adjustments import (
    ADJUSTMENT_TITLES,
    MOST_POINTS,
    WITHOUT_POINTS,
    AdjustmentRow,
)
from pingyi.services.periods.periods import find_period
from pingyi.web.callers import require_caller

blp = Resource(
    "adjustments",
    __name__,
    url_prefix="/periods/<key:period>/adjustments",
    description="加减分 / Adjustments",
)

_POINTS = validate.Range(min=0, min_inclusive=False, max=MOST_POINTS)


class NewAdjustmentSchema(Schema):
    """Points are positive; a veto and a disqualification have none."""

    unit = name_field()
    kind = Word(required=True, validate=validate.OneOf(tuple(ADJUSTMENT_TITLES)))
    points = ScoreField(load_default=None, allow_none=True, validate=_POINTS)
    reason = reason_field()
    document = Word(load_default="")
    target = Word(load_default="total", validate=validate.OneOf(("total", "linked")))

    @validates_schema
    def has_points_where_they_count(self, data: dict[str, Any], **_: Any) -> None:
        if (data["points"] is None) != (data["kind"] in WITHOUT_POINTS):
            text = REQUIRED if data["points"] is None else UNKNOWN
            raise ValidationError(text, "points")


class NewAdjustmentsSchema(Schema):
    """Adjustments to add."""

    adjustments = rows_of(NewAdjustmentSchema, least=1)


class AdjustmentSchema(Schema):
    """An adjustment; `withdrawn_reason` is empty while it stands."""

    id = fields.Integer(required=True)
    unit = fields.String(required=True)
    kind = fields.String(required=True)
    points = ScoreField(required=True, allow_none=True)
    reason = fields.String(required=True)
    document = fields.String(required=True)
    target = fields.String(required=True)
    withdrawn_reason = fields.String(required=True)


class AdjustmentsSchema(Schema):
    """All adjustments of a period."""

    adjustments = fields.List(fields.Nested(AdjustmentSchema), required=True)


@blp.route("", methods=["POST"])
@blp.operation("adjustment_add", Role.ADMINISTRATOR, parameters=[REPEATABLE])
@blp.arguments(NewAdjustmentsSchema, example=ADJUSTMENTS)
@blp.response(202, ActsSchema)
def add(given: dict[str, Any], period: str) -> dict[str, Any]:
    """Ask for adjustments, until the result is published; each counts once an approver approves its act."""
    with transaction() as connection:
        found = find_period(connection, period)
        rows = [AdjustmentRow(**row) for row in given["adjustments"]]
        return {
            "acts": request_adjustments(connection, require_caller(), found, rows, repeat_key=repeat_key())
        }


@blp.route("")
@blp.operation("adjustment_list", *OFFICE_READERS)
@blp.response(200, AdjustmentsSchema)
def list_all(period: str) -> dict[str, Any]:
    """List all adjustments that were approved, also the withdrawn ones."""
    with transaction() as connection:
        return {"adjustments": queries.adjustments(connection, find_period(connection, period))}


@blp.route("/<int(max=9223372036854775807):adjustment>/withdrawal", methods=["POST"])
@blp.operation("adjustment_withdraw", Role.ADMINISTRATOR, parameters=[REPEATABLE])
@blp.arguments(ReasonSchema, example=REASON)
@blp.response(202, ActSchema, headers=LOCATION)
def withdraw(given: dict[str, Any], period: str, adjustment: int) -> Answer:
    """Ask for an adjustment to be withdrawn; it is out of force once an approver approves the act."""
    with transaction() as connection:
        found = find_period(connection, period)
        return asked(
            request_withdrawal(
                connection, require_caller(), found, adjustment, given["reason"], repeat_key=repeat_key()
            )
        )
