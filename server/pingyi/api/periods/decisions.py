"""Decisions that a person takes: a tie at the cut, a channel switched off for a category."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from pingyi.api.examples import DECISIONS
from pingyi.api.fields import reason_field, rows_of
from pingyi.api.openapi import Resource
from pingyi.api.requests import invalid_request
from pingyi.channels import Text, Word
from pingyi.channels.messages import ONE_OF, REQUIRED, UNKNOWN
from pingyi.db import transaction
from pingyi.domain.errors import FieldError
from pingyi.domain.scheme.values import Scheme
from pingyi.services.core.bound_channels import issued_scheme
from pingyi.services.core.roles import OFFICE_READERS, Role
from pingyi.services.periods import queries
from pingyi.services.periods.decisions import DecisionRow, add_decisions
from pingyi.services.periods.periods import find_period
from pingyi.web.callers import require_caller

blp = Resource(
    "decisions", __name__, url_prefix="/periods/<key:period>/decisions", description="裁定 / Decisions"
)

_CHOICES = {"tie": ("in", "out"), "switch_off": ("yes", "no")}
_NEEDED = {"tie": ("unit",), "switch_off": ("channel", "category")}


class DecisionSchema(Schema):
    """kind tie: unit, choice in or out; kind switch_off: channel and category, choice yes or no."""

    id = fields.Integer(dump_only=True)
    kind = Word(required=True, validate=validate.OneOf(tuple(_CHOICES)))
    unit = Word(load_default="")
    channel = Word(load_default="")
    category = Word(load_default="")
    choice = Word(required=True, validate=validate.OneOf(("in", "out", "yes", "no")))
    reason = reason_field()

    @validates_schema
    def fits_its_kind(self, data: dict[str, Any], **_: Any) -> None:
        choices, needed = _CHOICES[data["kind"]], _NEEDED[data["kind"]]
        if data["choice"] not in choices:
            raise ValidationError(ONE_OF.format(choices=", ".join(choices)), "choice")
        for name in ("unit", "channel", "category"):
            if bool(data[name]) != (name in needed):
                text = UNKNOWN if data[name] else REQUIRED
                raise ValidationError(text, name)


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
        _require_known(issued_scheme(found.scheme_id, connection), given["decisions"])
        add_decisions(connection, require_caller(), found, [DecisionRow(**row) for row in given["decisions"]])
        return {"decisions": queries.decisions(connection, found)}


@blp.route("")
@blp.operation("decision_list", *OFFICE_READERS)
@blp.response(200, DecisionsSchema)
def list_all(period: str) -> dict[str, Any]:
    """List all decisions."""
    with transaction() as connection:
        return {"decisions": queries.decisions(connection, find_period(connection, period))}


def _require_known(scheme: Scheme, rows: Sequence[dict[str, Any]]) -> None:
    wrong = [
        FieldError(code="unknown", pointer=f"/decisions/{position}/{name}", message=_UNKNOWN)
        for position, row in enumerate(rows)
        for name, known in (("channel", scheme.channel), ("category", scheme.category))
        if row[name] and known(row[name]) is None
    ]
    if wrong:
        raise invalid_request(wrong)


_UNKNOWN = Text(zh="方案中没有此项。", en="The scheme has nothing of this key.")
