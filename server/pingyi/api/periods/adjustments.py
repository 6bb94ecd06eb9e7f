"""Adjustments: deductions, bonuses, warnings, vetoes and disqualifications, each with its reason."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from pingyi.api.examples import ADJUSTMENTS, REASON
from pingyi.api.fields import rows_of
from pingyi.api.openapi import Resource
from pingyi.api.periods.approvals import LOCATION, ActSchema, ActsSchema, Answer, asked
from pingyi.api.requests import REPEATABLE, repeat_key
from pingyi.channels import ScoreField
from pingyi.db import transaction
from pingyi.roles import OFFICE_READERS, Role
from pingyi.services.approvals.requests import request_adjustments, request_withdrawal
from pingyi.services.core.row_schemas import ReasonSchema
from pingyi.services.periods import queries
from pingyi.services.periods.adjustments import NewAdjustmentSchema
from pingyi.services.periods.periods import find_period
from pingyi.web.callers import require_caller

blp = Resource(
    "adjustments",
    __name__,
    url_prefix="/periods/<key:period>/adjustments",
    description="加减分 / Adjustments",
)


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
        rows, once = given["adjustments"], repeat_key()
        return {"acts": request_adjustments(connection, require_caller(), found, rows, repeat_key=once)}


@blp.route("")
@blp.operation("adjustment_list", *OFFICE_READERS)
@blp.response(200, AdjustmentsSchema)
def list_all(period: str) -> dict[str, Any]:
    """List all adjustments that were approved, also the withdrawn ones."""
    with transaction() as connection:
        return {"adjustments": queries.adjustments(connection, find_period(connection, period))}


@blp.route("/<int:adjustment>/withdrawal", methods=["POST"])
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
