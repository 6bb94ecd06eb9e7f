"""Rolls: counts known beforehand (eligible, issued, registered)."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema

from pingyi.api.examples import ROLLS
from pingyi.api.fields import rows_of
from pingyi.api.openapi import Resource
from pingyi.db import transaction
from pingyi.roles import OFFICE_READERS, Role
from pingyi.services.periods import queries
from pingyi.services.periods.periods import find_period
from pingyi.services.periods.rolls import RollSchema, put_rolls
from pingyi.web.callers import require_caller

blp = Resource("rolls", __name__, url_prefix="/periods/<key:period>/rolls", description="名册数 / Rolls")


class RollsSchema(Schema):
    """All rolls of a period."""

    rolls = rows_of(RollSchema)


@blp.route("", methods=["PUT"])
@blp.operation("roll_put_all", Role.ADMINISTRATOR)
@blp.arguments(RollsSchema, example=ROLLS)
@blp.response(200, RollsSchema)
def put(given: dict[str, Any], period: str) -> dict[str, Any]:
    """Set all rolls of a period, until it closes."""
    with transaction() as connection:
        found = find_period(connection, period)
        put_rolls(connection, require_caller(), found, given["rolls"])
        return {"rolls": queries.rolls(connection, found)}


@blp.route("")
@blp.operation("roll_list", *OFFICE_READERS)
@blp.response(200, RollsSchema)
def list_all(period: str) -> dict[str, Any]:
    """List the rolls of a period."""
    with transaction() as connection:
        return {"rolls": queries.rolls(connection, find_period(connection, period))}
