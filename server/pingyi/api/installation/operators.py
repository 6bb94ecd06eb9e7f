"""Operators: the bodies that deliver entries."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from pingyi.api.examples import OPERATOR
from pingyi.api.openapi import Resource
from pingyi.db import transaction
from pingyi.roles import ACCOUNT_READERS, OFFICE_READERS, Role
from pingyi.services.core.row_schemas import name_field
from pingyi.services.people.api_keys import ensure_operator
from pingyi.services.periods.office_queries import list_operators

blp = Resource("operators", __name__, url_prefix="/operators", description="渠道单位 / Operators")


class OperatorSchema(Schema):
    """An operator; a scheme names it, its keys are bound to it."""

    name = name_field()


class OperatorsSchema(Schema):
    """All operators by name."""

    operators = fields.List(fields.Nested(OperatorSchema), required=True)


@blp.route("", methods=["POST"])
@blp.operation("operator_ensure", Role.SECURITY_ADMINISTRATOR)
@blp.arguments(OperatorSchema, example=OPERATOR)
@blp.response(201, OperatorSchema)
def ensure(given: dict[str, Any]) -> dict[str, Any]:
    """Make an operator of this name where there is none yet."""
    with transaction() as connection:
        ensure_operator(connection, given["name"])
    return given


@blp.route("")
@blp.operation("operator_list", *dict.fromkeys((*ACCOUNT_READERS, *OFFICE_READERS)))
@blp.response(200, OperatorsSchema)
def list_all() -> dict[str, Any]:
    """List all operators."""
    with transaction() as connection:
        return {"operators": [{"name": name} for name in list_operators(connection)]}
