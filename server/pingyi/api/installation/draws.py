"""Draws by lot: a pool is committed, a public source decides, anyone repeats it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from marshmallow import Schema, fields, validate

from pingyi.api.examples import DRAW, DRAW_VALUE, SUBSTITUTION
from pingyi.api.fields import rows_of
from pingyi.api.openapi import Resource
from pingyi.channels import Word
from pingyi.db import transaction
from pingyi.domain.draw import Member, Rule
from pingyi.roles import Role
from pingyi.services.core.row_schemas import key_field, name_field, reason_field
from pingyi.services.draws.documents import draw_document
from pingyi.services.draws.draws import (
    DrawDraft,
    commit_draw,
    enter_value,
    list_draws,
    load_draw,
    local_today,
    substitute,
)
from pingyi.web.callers import require_caller
from pingyi.web.policy import PUBLIC

blp = Resource("draws", __name__, url_prefix="/draws", description="随机抽定 / Draws by lot")

_SIZE = validate.Range(min=1, max=100_000)
_KEPT = validate.Range(min=0, max=100_000)


class PoolMemberSchema(Schema):
    """One of the pool, under a pseudonymous id; `stratum` is empty where there are none."""

    id = name_field()
    stratum = Word(load_default="")


class NewDrawSchema(Schema):
    """A pool, how many are drawn, and the public source that will decide on `due_on`."""

    key = key_field(required=True)
    title = name_field()
    size = fields.Integer(required=True, strict=True, validate=_SIZE)
    alternates = fields.Integer(load_default=0, strict=True, validate=_KEPT)
    quotas = fields.Dict(
        keys=Word(), values=fields.Integer(strict=True, validate=_KEPT), load_default=None, allow_none=True
    )
    source = name_field()
    due_on = fields.Date(required=True)
    pool = rows_of(PoolMemberSchema, least=1)


class ValueSchema(Schema):
    """What the public source came to."""

    value = name_field()


class SubstitutionSchema(Schema):
    """A member who cannot serve, and why."""

    replaced = name_field()
    reason = reason_field()


class DrawLineSchema(Schema):
    """A draw in a list; `value` and `drawn_at` are null until it is drawn."""

    key = fields.String(required=True)
    title = fields.String(required=True)
    members = fields.Integer(required=True)
    root = fields.String(required=True)
    due_on = fields.Date(required=True)
    committed_at = fields.DateTime(required=True)
    value = fields.String(required=True, allow_none=True)
    drawn_at = fields.DateTime(required=True, allow_none=True)


class DrawsSchema(Schema):
    """All draws, newest first."""

    draws = fields.List(fields.Nested(DrawLineSchema), required=True)


class DrawPlaceSchema(PoolMemberSchema):
    """A member with its ticket, its place in the stratum, and its lot."""

    ticket = fields.String(required=True)
    place = fields.Integer(required=True)
    lot = fields.String(required=True)


class SubstituteSchema(Schema):
    """Who took whose place; reasons are for the office."""

    replaced = fields.String(required=True)
    member = fields.String(required=True)


class DrawSchema(DrawLineSchema):
    """A whole draw: all that is needed to repeat it."""

    rule = fields.Dict(required=True)
    pool = fields.List(fields.Nested(PoolMemberSchema), required=True)
    leaf = fields.String(required=True)
    seed = fields.String(required=True, allow_none=True)
    places = fields.List(fields.Nested(DrawPlaceSchema), required=True)
    substitutes = fields.List(fields.Nested(SubstituteSchema), required=True)


@blp.route("", methods=["POST"])
@blp.operation("draw_commit", Role.ADMINISTRATOR)
@blp.arguments(NewDrawSchema, example=DRAW)
@blp.response(201, DrawSchema)
def post(given: dict[str, Any]) -> dict[str, Any]:
    """Commit a pool and its rule to the record, a day or more before the source is known."""
    rule = Rule(**{name: given[name] for name in ("size", "alternates", "quotas", "source")})
    draft = DrawDraft(
        key=given["key"],
        title=given["title"],
        rule=rule,
        pool=[Member(**member) for member in given["pool"]],
        due_on=given["due_on"],
    )
    with transaction() as connection:
        commit_draw(connection, require_caller(), draft, local_today())
        return draw_document(load_draw(connection, draft.key))


@blp.route("")
@blp.operation("draw_list", PUBLIC)
@blp.response(200, DrawsSchema)
def list_all() -> dict[str, Any]:
    """List all draws."""
    with transaction() as connection:
        return {"draws": [{**asdict(line), "root": line.root.hex()} for line in list_draws(connection)]}


@blp.route("/<key:draw>")
@blp.operation("draw_get", PUBLIC)
@blp.response(200, DrawSchema)
def get(draw: str) -> dict[str, Any]:
    """Read a draw with everybody's ticket."""
    with transaction() as connection:
        return draw_document(load_draw(connection, draw))


@blp.route("/<key:draw>/value", methods=["POST"])
@blp.operation("draw_value", Role.ADMINISTRATOR)
@blp.arguments(ValueSchema, example=DRAW_VALUE)
@blp.response(200, DrawSchema)
def post_value(given: dict[str, Any], draw: str) -> dict[str, Any]:
    """Enter the value of the public source, once; the members drawn follow from it."""
    with transaction() as connection:
        enter_value(connection, require_caller(), draw, given["value"], local_today())
        return draw_document(load_draw(connection, draw))


@blp.route("/<key:draw>/substitutions", methods=["POST"])
@blp.operation("draw_substitute", Role.ADMINISTRATOR)
@blp.arguments(SubstitutionSchema, example=SUBSTITUTION)
@blp.response(201, SubstituteSchema)
def post_substitution(given: dict[str, Any], draw: str) -> dict[str, Any]:
    """Put the next alternate of the same stratum in a member's place."""
    with transaction() as connection:
        member = substitute(connection, require_caller(), draw, given["replaced"], given["reason"])
        return {"replaced": given["replaced"], "member": member}
