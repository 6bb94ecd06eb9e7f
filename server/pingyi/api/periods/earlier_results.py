"""Earlier results, for rules over consecutive periods."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema

from pingyi.api.examples import PREVIOUS
from pingyi.api.fields import rows_of
from pingyi.api.openapi import Resource
from pingyi.db import transaction
from pingyi.roles import OFFICE_READERS, Role
from pingyi.services.periods import queries
from pingyi.services.periods.earlier_results import PreviousSchema, put_previous
from pingyi.services.periods.periods import find_period
from pingyi.web.callers import require_caller

blp = Resource(
    "previous",
    __name__,
    url_prefix="/periods/<key:period>/previous",
    description="往期结果 / Earlier results",
)


class PreviousListSchema(Schema):
    """All earlier results of a period's units."""

    previous = rows_of(PreviousSchema)


@blp.route("", methods=["PUT"])
@blp.operation("previous_put_all", Role.ADMINISTRATOR)
@blp.arguments(PreviousListSchema, example=PREVIOUS)
@blp.response(200, PreviousListSchema)
def put(given: dict[str, Any], period: str) -> dict[str, Any]:
    """Set the earlier results, until the result is published."""
    with transaction() as connection:
        found = find_period(connection, period)
        put_previous(connection, require_caller(), found, given["previous"])
        return {"previous": queries.previous_results(connection, found)}


@blp.route("")
@blp.operation("previous_list", *OFFICE_READERS)
@blp.response(200, PreviousListSchema)
def list_all(period: str) -> dict[str, Any]:
    """List the earlier results."""
    with transaction() as connection:
        return {"previous": queries.previous_results(connection, find_period(connection, period))}
