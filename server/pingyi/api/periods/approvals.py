"""Acts of two people: what was asked for, and the second person's answer."""

from __future__ import annotations

from typing import Any

from flask import url_for
from marshmallow import Schema, fields, validate

from pingyi.api.examples import REFUSAL
from pingyi.api.fields import OneOfRegistered
from pingyi.api.openapi import Resource
from pingyi.db import transaction
from pingyi.roles import OFFICE_READERS, Role
from pingyi.services.approvals.approvals import (
    APPROVED,
    PENDING,
    REFUSED,
    answered_requests,
    approve_request,
    find_request,
    pending_requests,
    refuse_request,
)
from pingyi.services.approvals.kinds import ApprovalRequest
from pingyi.services.approvals.registered_kinds import approval_kinds
from pingyi.services.core.row_schemas import ReasonSchema
from pingyi.services.periods.periods import find_period
from pingyi.web.callers import require_caller

blp = Resource("acts", __name__, url_prefix="", description="双人审批 / Acts of two people")

Answer = tuple[ApprovalRequest, int, dict[str, str]]
LOCATION = {"Location": {"schema": {"type": "string"}}}
_ACT = "/acts/<int:act_id>"


def kind_keys() -> list[str]:
    """The kinds of acts that there are."""
    return [kind.key for kind in approval_kinds()]


class ActSchema(Schema):
    """An act, waiting or answered. `content` depends on the kind; `period` is "" for an act of no period.

    publish: revision, sha256; reopen: deadline; adjustment: unit, kind, points, document, target;
    withdraw_adjustment: adjustment, unit, kind, points, target.
    """

    id = fields.Integer(required=True)
    kind = fields.String(required=True, validate=OneOfRegistered(kind_keys))
    period = fields.String(required=True)
    content = fields.Dict(required=True)
    reason = fields.String(required=True)
    requested_by = fields.String(required=True)
    requested_at = fields.AwareDateTime(required=True)
    state = fields.String(required=True, validate=validate.OneOf((PENDING, APPROVED, REFUSED)))
    answered_by = fields.String(required=True)
    answered_at = fields.AwareDateTime(required=True, allow_none=True)
    answer = fields.String(required=True)


class ActsSchema(Schema):
    """Acts of a period, or of none."""

    acts = fields.List(fields.Nested(ActSchema), required=True)


def asked(found: ApprovalRequest) -> Answer:
    """The answer to a request for an act: accepted, and where it will be answered."""
    return found, 202, {"Location": url_for("acts.get", act_id=found.id)}


@blp.route("/periods/<key:period>/acts")
@blp.operation("act_list", *OFFICE_READERS)
@blp.response(200, ActsSchema)
def list_all(period: str) -> dict[str, Any]:
    """Acts of a period: those that wait, oldest first, then the 200 that were answered last."""
    with transaction() as connection:
        found = find_period(connection, period)
        return {"acts": [*pending_requests(connection, found), *answered_requests(connection, found)]}


@blp.route("/approvals")
@blp.operation("act_list_outside", *OFFICE_READERS)
@blp.response(200, ActsSchema)
def list_outside() -> dict[str, Any]:
    """Acts that belong to no period: those that wait, oldest first, then the 200 that were answered last."""
    with transaction() as connection:
        return {"acts": [*pending_requests(connection, None), *answered_requests(connection, None)]}


@blp.route(_ACT)
@blp.operation("act_get", *OFFICE_READERS)
@blp.response(200, ActSchema)
def get(act_id: int) -> ApprovalRequest:
    """One act."""
    with transaction() as connection:
        return find_request(connection, act_id)


@blp.route(f"{_ACT}/approval", methods=["POST"])
@blp.operation("act_approve", Role.APPROVER)
@blp.response(200, ActSchema)
def approve(act_id: int) -> ApprovalRequest:
    """Approve as the second person, never the one who asked; the act is carried out at once."""
    with transaction() as connection:
        return approve_request(connection, require_caller(), act_id)


@blp.route(f"{_ACT}/refusal", methods=["POST"])
@blp.operation("act_refuse", Role.APPROVER)
@blp.arguments(ReasonSchema, example=REFUSAL)
@blp.response(200, ActSchema)
def refuse(given: dict[str, Any], act_id: int) -> ApprovalRequest:
    """Refuse as the second person, with a reason; the same may be asked for again."""
    with transaction() as connection:
        return refuse_request(connection, require_caller(), act_id, given["reason"])
