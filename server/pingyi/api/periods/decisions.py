"""Decisions that a person takes: a tie at the cut, a channel switched off for a category."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from pingyi.api.examples import DECISIONS
from pingyi.api.fields import rows_of
from pingyi.api.openapi import Resource
from pingyi.db import transaction
from pingyi.roles import OFFICE_READERS, Role
from pingyi.services.core.bound_channels import issued_scheme
from pingyi.services.periods import queries
from pingyi.services.periods.decisions import NewDecisionSchema, add_decisions
from pingyi.services.periods.periods import find_period
from pingyi.web.callers import require_caller

blp = Resource(
    "decisions", __name__, url_prefix="/periods/<key:period>/decisions", description="裁定 / Decisions"
)


class DecisionSchema(NewDecisionSchema):
    """A decision, with its number once it is recorded."""

    id = fields.Integer(dump_only=True)


class DecisionsSchema(Schema):
    """Decisions in the order in which they were taken; a later one on the same matter outranks."""

    decisions = rows_of(DecisionSchema)


@blp.route("", methods=["POST"])
@blp.operation("decision_add", Role.ADMINISTRATOR)
@blp.arguments(DecisionsSchema, example=DECISIONS)
@blp.response(201, DecisionsSchema)
def add(given: dict[str, Any], period: str) -> dict[str, Any]:
    """Record decisions, until the result is published; answers with all of them."""
    with transaction() as connection:
        found = find_period(connection, period)
        scheme = issued_scheme(found.scheme_id, connection)
        add_decisions(connection, require_caller(), found, scheme, given["decisions"])
        return {"decisions": queries.decisions(connection, found)}


@blp.route("")
@blp.operation("decision_list", *OFFICE_READERS)
@blp.response(200, DecisionsSchema)
def list_all(period: str) -> dict[str, Any]:
    """List all decisions."""
    with transaction() as connection:
        return {"decisions": queries.decisions(connection, find_period(connection, period))}
