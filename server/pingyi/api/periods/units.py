"""The units of a period: set as one list while it is a draft."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema

from pingyi.api.examples import UNITS
from pingyi.api.fields import rows_of
from pingyi.api.openapi import Resource
from pingyi.db import transaction
from pingyi.roles import OFFICE_READERS, Role
from pingyi.services.core.bound_channels import issued_scheme
from pingyi.services.periods import queries
from pingyi.services.periods.periods import find_period
from pingyi.services.periods.units import UnitSchema, put_units
from pingyi.web.callers import require_caller

blp = Resource("units", __name__, url_prefix="/periods/<key:period>/units", description="评议对象 / Units")


class UnitsSchema(Schema):
    """The whole list, in its order."""

    units = rows_of(UnitSchema, least=1)


@blp.route("", methods=["PUT"])
@blp.operation("unit_put_all", Role.ADMINISTRATOR)
@blp.arguments(UnitsSchema, example=UNITS)
@blp.response(200, UnitsSchema)
def put(given: dict[str, Any], period: str) -> dict[str, Any]:
    """Set the units of a draft period; what is not in the list takes no part."""
    with transaction() as connection:
        found = find_period(connection, period)
        scheme = issued_scheme(found.scheme_id, connection)
        put_units(connection, require_caller(), found, scheme, given["units"])
        return {"units": queries.units(connection, found)}


@blp.route("")
@blp.operation("unit_list", *OFFICE_READERS)
@blp.response(200, UnitsSchema)
def list_all(period: str) -> dict[str, Any]:
    """List the units of a period."""
    with transaction() as connection:
        return {"units": queries.units(connection, find_period(connection, period))}
