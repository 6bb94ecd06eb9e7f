"""Periods: drafted from a scheme, then carried from state to state."""

from __future__ import annotations

from typing import Any

from flask import url_for
from marshmallow import Schema, fields, post_load, validate

from pingyi.api.examples import PERIOD, PUBLICATION, REOPENING
from pingyi.api.fields import TitleSchema
from pingyi.api.openapi import Resource
from pingyi.api.periods.approvals import LOCATION, ActSchema, Answer, asked
from pingyi.api.requests import REPEATABLE, repeat_key
from pingyi.db import transaction
from pingyi.models import STATES
from pingyi.roles import OFFICE_READERS, Role
from pingyi.services.approvals.requests import ReopeningSchema, request_release, request_reopening
from pingyi.services.core.bound_channels import issued_scheme
from pingyi.services.core.row_schemas import ReasonSchema, key_field, name_field
from pingyi.services.periods import periods, queries
from pingyi.services.periods.period_draft import PeriodDraft, PeriodDraftSchema
from pingyi.services.periods.schemes import scheme_for_period
from pingyi.web.callers import require_caller
from pingyi.web.policy import SIGNED_IN

blp = Resource("periods", __name__, url_prefix="/periods", description="评议周期 / Periods")


class NewPeriodSchema(PeriodDraftSchema):
    """What a period is made of; the newest version of the scheme where none is named."""

    class Meta:
        exclude = ("names",)  # a period that is drafted today folds them

    scheme = key_field(required=True)
    version = fields.Integer(
        load_default=None, allow_none=True, validate=validate.Range(min=1, max=1_000_000)
    )

    @post_load
    def make_row(self, data: dict[str, Any], **_: Any) -> tuple[PeriodDraft, str, int | None]:
        """The draft, the scheme's key and its version."""
        scheme, version = data.pop("scheme"), data.pop("version")
        return super().make_row(data), scheme, version


class PeriodSchema(Schema):
    """A period and where it stands; `revision` is that of its newest assessment.

    `open_until` is the deadline of a period that was opened again.
    """

    key = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    scheme = fields.String(required=True)
    scheme_version = fields.Integer(required=True)
    starts_on = fields.Date(required=True, allow_none=True)
    ends_on = fields.Date(required=True, allow_none=True)
    time_zone = fields.String(required=True)
    demonstration = fields.Boolean(required=True)
    state_changed_at = fields.AwareDateTime(required=True)
    units = fields.Integer(required=True)
    revision = fields.Integer(required=True, allow_none=True)
    open_until = fields.AwareDateTime(required=True, allow_none=True)


class PeriodChannelSchema(Schema):
    """A channel of a period; its entries go to /periods/{period}/{plugin}/{key}/entries."""

    key = fields.String(required=True)
    plugin = fields.String(required=True)
    operator = name_field()


class PeriodDetailSchema(PeriodSchema):
    """A period with its channels."""

    channels = fields.List(fields.Nested(PeriodChannelSchema), required=True)


class PeriodListSchema(Schema):
    """Periods, newest first."""

    periods = fields.List(fields.Nested(PeriodSchema), required=True)


class ProgressSchema(Schema):
    """How far the assessment is; `working` while it is asked for or under way."""

    period = fields.String(required=True)
    state = fields.String(required=True)
    working = fields.Boolean(required=True)
    done = fields.Integer(required=True)
    total = fields.Integer(required=True)
    error = fields.Nested(TitleSchema, required=True, allow_none=True)
    revision = fields.Integer(required=True, allow_none=True)


@blp.route("", methods=["POST"])
@blp.operation("period_create", Role.ADMINISTRATOR)
@blp.arguments(NewPeriodSchema, example=PERIOD)
@blp.response(201, PeriodDetailSchema)
def create(given: tuple[PeriodDraft, str, int | None]) -> dict[str, Any]:
    """Draft a period of a scheme; its channels are bound to the operators that the scheme names."""
    draft, scheme_key, version = given
    with transaction() as connection:
        stored = scheme_for_period(connection, scheme_key, version)
        scheme = issued_scheme(stored.id, connection)
        periods.create_period(connection, require_caller(), draft, scheme, stored.id)
        return queries.period_document(connection, draft.key)


@blp.route("")
@blp.operation("period_list", SIGNED_IN)
@blp.response(200, PeriodListSchema)
def list_all() -> dict[str, Any]:
    """List all periods."""
    with transaction() as connection:
        return {"periods": queries.periods(connection)}


@blp.route("/<key:period>")
@blp.operation("period_get", SIGNED_IN)
@blp.response(200, PeriodDetailSchema)
def get(period: str) -> dict[str, Any]:
    """A period with its state and its channels; an operator sees its own channels only."""
    with transaction() as connection:
        return queries.period_document(connection, period, require_caller().operator_id)


@blp.route("/<key:period>/opening", methods=["POST"])
@blp.operation("period_open", Role.ADMINISTRATOR)
@blp.response(200, PeriodDetailSchema)
def open_intake(period: str) -> dict[str, Any]:
    """Open intake: the scheme is issued, and what its channels need beforehand is checked."""
    with transaction() as connection:
        periods.open_period(connection, require_caller(), period)
        return queries.period_document(connection, period)


@blp.route("/<key:period>/closing", methods=["POST"])
@blp.operation("period_close", Role.ADMINISTRATOR)
@blp.response(200, PeriodDetailSchema)
def close_intake(period: str) -> dict[str, Any]:
    """Stop every intake; not one entry is stored after this answer."""
    with transaction() as connection:
        periods.close_period(connection, require_caller(), period)
        return queries.period_document(connection, period)


@blp.route("/<key:period>/assessment", methods=["POST"])
@blp.operation("period_assess", Role.ADMINISTRATOR)
@blp.response(202, ProgressSchema, headers={"Location": {"schema": {"type": "string"}}})
def assess(period: str) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Ask the workers to fold, freeze and assess; the header Location leads to the progress."""
    with transaction() as connection:
        periods.request_assessment(connection, require_caller(), period)
        found = queries.progress(connection, periods.find_period(connection, period))
    return found, 202, {"Location": url_for("periods.get_progress", period=period)}


@blp.route("/<key:period>/progress")
@blp.operation("period_get_progress", *OFFICE_READERS)
@blp.response(200, ProgressSchema)
def get_progress(period: str) -> dict[str, Any]:
    """How far the assessment of a period is."""
    with transaction() as connection:
        return queries.progress(connection, periods.find_period(connection, period))


@blp.route("/<key:period>/publication", methods=["POST"])
@blp.operation("period_publish", Role.ADMINISTRATOR, parameters=[REPEATABLE])
@blp.arguments(ReasonSchema, example=PUBLICATION)
@blp.response(202, ActSchema, headers=LOCATION)
def publish(given: dict[str, Any], period: str) -> Answer:
    """Ask for the newest revision to be published; it is public once an approver approves the act."""
    with transaction() as connection:
        return asked(
            request_release(connection, require_caller(), period, given["reason"], repeat_key=repeat_key())
        )


@blp.route("/<key:period>/reopening", methods=["POST"])
@blp.operation("period_reopen", Role.ADMINISTRATOR, parameters=[REPEATABLE])
@blp.arguments(ReopeningSchema, example=REOPENING)
@blp.response(202, ActSchema, headers=LOCATION)
def reopen(given: dict[str, Any], period: str) -> Answer:
    """Ask for intake to be opened again until a deadline; what was published stays published."""
    with transaction() as connection:
        return asked(
            request_reopening(connection, require_caller(), period, **given, repeat_key=repeat_key())
        )


@blp.route("/<key:period>/archiving", methods=["POST"])
@blp.operation("period_archive", Role.ADMINISTRATOR)
@blp.response(200, PeriodDetailSchema)
def archive(period: str) -> dict[str, Any]:
    """Put a published period to rest."""
    with transaction() as connection:
        periods.archive_period(connection, require_caller(), period)
        return queries.period_document(connection, period)
