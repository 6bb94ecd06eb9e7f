"""Ballots of a period: which channels take them here, their cards, the keys, and turnout on the record."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from marshmallow import Schema, fields, validate

from pingyi.api.openapi import Resource
from pingyi.channels import Word
from pingyi.db import transaction
from pingyi.roles import OFFICE_READERS, Role
from pingyi.services.core.errors import not_found
from pingyi.services.core.row_schemas import key_field
from pingyi.services.periods.periods import PeriodRow, find_period
from pingyi.web.callers import require_caller
from pingyi.web.language import say
from pingyi_surveys.api.examples import BOX
from pingyi_surveys.review.coverage import view_coverage
from pingyi_surveys.review.office_boxes import BoxOverview, ChannelBoxes, box_overview
from pingyi_surveys.setup.boxes import put_box, remove_box
from pingyi_surveys.setup.key_files import configured
from pingyi_surveys.setup.prepare_keys import prepare

blp = Resource("ballots", __name__, url_prefix="/periods/<key:period>", description="收票 / Ballots")
KINDS = ("open", "roster")
_ONE = "/channels/<key:channel>/box"
_LEAST = validate.Range(min=10, max=1_000_000)
_PART = validate.Regexp("^[0-9]{1,6}(/[1-9][0-9]{0,5})?$")


class ThresholdsSchema(Schema):
    """Thresholds of the quarantine that differ from the shipped ones; fractions as "1/4"."""

    burst = fields.Integer(strict=True, validate=_LEAST)
    surge = Word(validate=_PART, limit=20)
    surge_least = fields.Integer(strict=True, validate=_LEAST)
    margin = Word(validate=_PART, limit=20)
    deviations = fields.Integer(strict=True, validate=validate.Range(min=1, max=1_000_000))
    usual_least = fields.Integer(strict=True, validate=_LEAST)


class BoxBodySchema(Schema):
    """How a channel takes ballots: `open` (a unit per ballot) or `roster` (every unit, by cards)."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    questionnaire = key_field(required=True)
    version = fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=9999))
    rules = fields.Nested(ThresholdsSchema, load_default=dict)


class NumbersSchema(Schema):
    """What came out of a box, in ballots: counted, held and rejected make all that were sealed."""

    sealed = fields.Integer(required=True)
    counted = fields.Integer(required=True)
    held = fields.Integer(required=True)
    rejected = fields.Integer(required=True)
    opened_at = fields.AwareDateTime(required=True)


class BoxSchema(Schema):
    """A channel that takes ballots here; `cards` by stratum ("" where there are none)."""

    channel = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    questionnaire = fields.String(required=True)
    version = fields.Integer(required=True)
    rules = fields.Dict(required=True)
    cards = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    visit_codes = fields.Integer(required=True)
    opened = fields.Nested(NumbersSchema, required=True, allow_none=True)


class BallotKeysSchema(Schema):
    """The keys that count; `key_file`: SHA-256 of the file by which web hosts take ballots."""

    public = fields.String(required=True)
    key_file = fields.String(required=True)
    kept = fields.String(required=True, validate=validate.OneOf(("file", "printed")))
    prepared_by = fields.String(required=True)
    prepared_at = fields.AwareDateTime(required=True)


class MissingSchema(Schema):
    """Something that keeps the period from opening."""

    code = fields.String(required=True)
    pointer = fields.String(required=True)
    detail = fields.String(required=True)


class BoxesSchema(Schema):
    """All boxes of a period; `keys` is null before they are made."""

    boxes = fields.List(fields.Nested(BoxSchema), required=True)
    keys = fields.Nested(BallotKeysSchema, required=True, allow_none=True)
    missing = fields.List(fields.Nested(MissingSchema), required=True)


class BoxTurnoutSchema(Schema):
    """A channel's ballots. `few` units have under `n_min` of them, `none` units no ballot at all."""

    channel = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    sealed = fields.Integer(required=True)
    cards = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    n_min = fields.Integer(required=True)
    none = fields.Integer(required=True)
    few = fields.Integer(required=True)


class UnitTurnoutSchema(Schema):
    """A unit's ballots by channel."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    ballots = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class TurnoutSchema(Schema):
    """Turnout and coverage at one moment; no ballot is open, so there are no scores."""

    period = fields.String(required=True)
    viewed_at = fields.AwareDateTime(required=True)
    last_day = fields.Date(required=True, allow_none=True)
    boxes = fields.List(fields.Nested(BoxTurnoutSchema), required=True)
    units = fields.List(fields.Nested(UnitTurnoutSchema), required=True)


@blp.route("/boxes")
@blp.operation("box_list", *OFFICE_READERS)
@blp.response(200, BoxesSchema)
def list_all(period: str) -> dict[str, Any]:
    """List the channels that take ballots here, the keys, and what is missing before the period opens."""
    with transaction() as connection:
        return _overview(box_overview(connection, find_period(connection, period)))


@blp.route(_ONE)
@blp.operation("box_get", *OFFICE_READERS)
@blp.response(200, BoxSchema)
def get(period: str, channel: str) -> dict[str, Any]:
    """How one channel takes ballots."""
    with transaction() as connection:
        return _box_of(box_overview(connection, find_period(connection, period)), channel)


@blp.route(_ONE, methods=["PUT"])
@blp.operation("box_put", Role.ADMINISTRATOR)
@blp.arguments(BoxBodySchema, example=BOX)
@blp.response(200, BoxSchema)
def put(given: dict[str, Any], period: str, channel: str) -> dict[str, Any]:
    """Have a channel of a draft period take ballots; everything that does not fit is named."""
    questionnaire = given.pop("questionnaire"), given.pop("version")
    with transaction() as connection:
        found = find_period(connection, period)
        put_box(connection, require_caller(), found, channel, questionnaire=questionnaire, **given)
        return _box_of(box_overview(connection, found), channel)


@blp.route(_ONE, methods=["DELETE"])
@blp.operation("box_remove", Role.ADMINISTRATOR)
@blp.response(200, BoxesSchema)
def delete(period: str, channel: str) -> dict[str, Any]:
    """Have a channel of a draft period take no ballots here; answers with what is left."""
    with transaction() as connection:
        found = find_period(connection, period)
        remove_box(connection, require_caller(), found, channel)
        return _overview(box_overview(connection, found))


@blp.route("/ballot_keys", methods=["POST"])
@blp.operation("ballot_keys_make", Role.ADMINISTRATOR)
@blp.response(201, BallotKeysSchema)
def make_keys(period: str) -> Any:
    """Make the keys of a draft period's boxes, or make them again; the box key stays in a file here."""
    with transaction() as connection:
        found: PeriodRow = find_period(connection, period)
        prepare(connection, require_caller(), found, configured())
        return box_overview(connection, found).keys


@blp.route("/turnout", methods=["POST"])
@blp.operation("turnout_view", Role.ADMINISTRATOR, Role.AUDITOR)
@blp.response(200, TurnoutSchema)
def turnout(period: str) -> dict[str, Any]:
    """Count the sealed ballots of an open or closed period; that somebody looked goes on the record."""
    with transaction() as connection:
        return asdict(view_coverage(connection, require_caller(), find_period(connection, period)))


def _overview(found: BoxOverview) -> dict[str, Any]:
    missing = [
        {"code": error.code, "pointer": error.pointer, "detail": say(error.message)}
        for error in found.missing
    ]
    return {"boxes": _boxes(found), "keys": found.keys, "missing": missing}


def _boxes(found: BoxOverview) -> list[dict[str, Any]]:
    return [_box(one) for one in found.channels if one.box]


def _box_of(found: BoxOverview, channel: str) -> dict[str, Any]:
    for one in _boxes(found):
        if one["channel"] == channel:
            return one
    raise not_found(zh=f"渠道“{channel}”的票箱", en=f"A box of channel {channel}")


def _box(one: ChannelBoxes) -> dict[str, Any]:
    box = one.box
    if box is None:
        return {}
    return {
        "channel": box.channel,
        "kind": box.kind,
        "questionnaire": box.questionnaire.key,
        "version": box.questionnaire.version,
        "rules": dict(box.rules),
        "cards": dict(one.cards),
        "visit_codes": one.visits,
        "opened": one.opened,
    }
