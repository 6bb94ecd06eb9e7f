"""One set of operations per plugin, made from its entry schema: form, post, correct, withdraw, list."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec
from flask import Response, current_app, request
from marshmallow import Schema, fields, validate

from pingyi.api.examples import entries_example
from pingyi.api.fields import TitleSchema
from pingyi.api.openapi import Resource
from pingyi.api.partners.entry_schemas import batch_schema
from pingyi.api.requests import (
    IDEMPOTENCY_KEY,
    MAX_ENTRIES,
    batch_of,
    delivering_caller,
    json_object,
    read_body,
    repeatable,
)
from pingyi.channels import Channel, Word
from pingyi.db import transaction
from pingyi.roles import OFFICE_READERS
from pingyi.services.core.bound_channels import ChannelRef
from pingyi.services.core.row_schemas import ReasonSchema
from pingyi.services.intake.deliveries import Answer, deliver
from pingyi.services.intake.partner_queries import entries_page, entry_form, readable_channel, stored_receipt
from pingyi.services.intake.withdraw import withdraw
from pingyi.web.callers import require_caller
from pingyi.web.policy import OPERATOR

PREFIX = "/periods/<key:period>/{plugin}/<key:channel>"
_ID = "int(max=9223372036854775807)"
_READERS = (OPERATOR, *OFFICE_READERS)
_HEADER = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "schema": {"type": "string", "pattern": f"^{IDEMPOTENCY_KEY}$"},
    "description": "One key per act; send it again with the same body and the first receipt comes back.",
    "example": "2017-12-01-legal-office-0001",
}
_REPLAYED = {
    "Idempotency-Replayed": {
        "description": "true where the act was done before under this key",
        "schema": {"type": "string", "enum": ["true"]},
    }
}


class ReceiptEntrySchema(Schema):
    """What became of one entry; `hash` is its leaf in the record."""

    position = fields.Integer(required=True)
    unit = fields.String(required=True, allow_none=True)
    verdict = fields.String(
        required=True, validate=validate.OneOf(["new", "corrected", "unchanged", "withdrawn"])
    )
    hash = fields.String(required=True, metadata={"pattern": "^[0-9a-f]{64}$"})


class ReceiptSchema(Schema):
    """The answer to a delivery; its bytes are kept and never change. `checkpoint`: the newest head then.

    `columns`: the SHA-256 of the mapping by which a file's columns were read, where there is one.
    """

    checkpoint = fields.String(required=True, allow_none=True)
    delivery = fields.Integer(required=True)
    period = fields.String(required=True)
    channel = fields.String(required=True)
    entries = fields.List(fields.Nested(ReceiptEntrySchema), required=True)
    columns = fields.String(metadata={"pattern": "^[0-9a-f]{64}$"})


class FormFieldSchema(Schema):
    """One column of an entry; a mapping's columns are `name.key` for each of `keys`."""

    name = fields.String(required=True)
    title = fields.Nested(TitleSchema, required=True)
    type = fields.String(required=True)
    required = fields.Boolean(required=True)
    private = fields.Boolean(required=True)
    keys = fields.List(fields.String(), required=True)


class FormUnitSchema(Schema):
    """A unit that entries may name by its code or one of its names."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    category = fields.String(required=True)


class LimitsSchema(Schema):
    """How much one request and one key may do."""

    entries = fields.Integer(required=True)
    body_bytes = fields.Integer(required=True)
    requests_per_second = fields.Integer(required=True)


class FormSchema(Schema):
    """What may be posted to a channel now."""

    period = fields.String(required=True)
    state = fields.String(required=True)
    starts_on = fields.Date(required=True, allow_none=True)
    ends_on = fields.Date(required=True, allow_none=True)
    time_zone = fields.String(required=True)
    channel = fields.String(required=True)
    plugin = fields.String(required=True)
    title = fields.Nested(TitleSchema, required=True)
    identity = fields.List(fields.String(), required=True)
    corrections_need_reason = fields.Boolean(required=True)
    fields_ = fields.List(
        fields.Nested(FormFieldSchema), required=True, data_key="fields", attribute="fields"
    )
    settings = fields.Dict(required=True)
    units = fields.List(fields.Nested(FormUnitSchema), required=True)
    limits = fields.Nested(LimitsSchema, required=True)


class PlaceSchema(Schema):
    """Where an entry stands."""

    delivery = fields.Integer(required=True)
    position = fields.Integer(required=True)


class ListedEntrySchema(PlaceSchema):
    """An entry: `current` until it is corrected or withdrawn, `folded` once it is in the counters."""

    kind = fields.String(required=True)
    unit = fields.String(required=True, allow_none=True)
    values = fields.Dict(required=True)
    standing = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(["waiting", "folded"]))
    current = fields.Boolean(required=True)
    replaces = fields.Nested(PlaceSchema, required=True, allow_none=True)
    reason = fields.String(required=True)
    hash = fields.String(required=True)
    received_at = fields.AwareDateTime(required=True)


class EntriesSchema(Schema):
    """A page of entries; the header Link leads to the next one."""

    entries = fields.List(fields.Nested(ListedEntrySchema), required=True)
    after = fields.String(required=True, allow_none=True)


class EntriesQuerySchema(Schema):
    """Which entries to list."""

    after = Word(load_default="0.0", validate=validate.Regexp(r"^[0-9]{1,18}[.][0-9]{1,9}$"))
    limit = fields.Integer(load_default=100, validate=validate.Range(min=1, max=1000))
    unit = Word(load_default="")


def partner_resource(channel: Channel) -> Resource:
    """The operations of one plugin."""
    title = f"{channel.title.zh} / {channel.title.en}"
    blp = Resource(
        f"partner_{channel.key}", __name__, url_prefix=PREFIX.format(plugin=channel.key), description=title
    )
    _add_form(blp, channel)
    _add_posting(blp, channel)
    _add_withdrawal(blp, channel)
    _add_listing(blp, channel)
    _add_receipts(blp, channel)
    return blp


def _add_form(blp: Resource, plugin: Channel) -> None:
    @blp.route("/entries/form")
    @blp.operation(f"{plugin.key}_get_form", *_READERS)
    @blp.response(200, FormSchema)
    def get_form(period: str, channel: str) -> dict[str, Any]:
        """What may I post: fields, settings, units, state and limits."""
        settings = current_app.extensions["pingyi.configuration"]
        with transaction() as connection:
            working = readable_channel(
                connection, require_caller(), ChannelRef(period=period, channel=channel, plugin=plugin.key)
            )
            form = entry_form(connection, working)
        limits = {"entries": MAX_ENTRIES, "body_bytes": settings.max_body_bytes}
        return {**form, "limits": {**limits, "requests_per_second": settings.rate_per_second}}


def _add_posting(blp: Resource, plugin: Channel) -> None:
    content = {"schema": batch_schema(plugin), "example": entries_example(plugin)}
    body = {"required": True, "content": {"application/json": content}}

    @blp.route("/entries", methods=["POST"])
    @blp.operation(f"{plugin.key}_post_entries", OPERATOR, requestBody=body, parameters=[_HEADER])
    @blp.response(201, ReceiptSchema, headers=_REPLAYED)
    def post_entries(period: str, channel: str) -> Response:
        """Post or correct up to 500 entries, all or none.

        An entry of the same identity as an earlier one corrects it and needs a `reason` (unless the form says
        otherwise); the same content again is `unchanged`.
        """
        caller = delivering_caller()
        entries, once = batch_of(json_object()), repeatable()
        return _receipt(
            deliver(
                caller,
                ChannelRef(period=period, channel=channel, plugin=plugin.key),
                entries,
                repeatable=once,
            )
        )


def _add_withdrawal(blp: Resource, plugin: Channel) -> None:
    example = {"reason": "误报：该单位不属于本渠道评分范围"}
    content = {"schema": ReasonSchema, "example": example}
    body = {"required": True, "content": {"application/json": content}}

    @blp.route(f"/entries/<{_ID}:delivery>/<{_ID}:position>/withdrawal", methods=["POST"])
    @blp.operation(f"{plugin.key}_withdraw_entry", OPERATOR, requestBody=body, parameters=[_HEADER])
    @blp.response(201, ReceiptSchema, headers=_REPLAYED)
    def withdraw_entry(period: str, channel: str, delivery: int, position: int) -> Response:
        """Withdraw a standing entry with a reason: its counts stand as rejected from then on."""
        caller = delivering_caller()
        reason, once = read_body(ReasonSchema)["reason"], repeatable()
        place = ChannelRef(period=period, channel=channel, plugin=plugin.key)
        return _receipt(withdraw(caller, place, (delivery, position), reason, once))


def _add_listing(blp: Resource, plugin: Channel) -> None:
    @blp.route("/entries")
    @blp.operation(f"{plugin.key}_list_entries", *_READERS)
    @blp.arguments(EntriesQuerySchema, location="query", as_kwargs=True)
    @blp.response(200, EntriesSchema)
    def list_entries(period: str, channel: str, **asked: Any) -> tuple[Any, int, dict[str, str]]:
        """List entries in the order of their arrival, with status and leaf hash."""
        caller = require_caller()
        with transaction() as connection:
            working = readable_channel(
                connection, caller, ChannelRef(period=period, channel=channel, plugin=plugin.key)
            )
            page = entries_page(connection, caller, working, **asked)
        return page, 200, _link(page.after)


def _add_receipts(blp: Resource, plugin: Channel) -> None:
    @blp.route(f"/deliveries/<{_ID}:delivery>")
    @blp.operation(f"{plugin.key}_get_receipt", *_READERS)
    @blp.response(200, ReceiptSchema)
    def get_receipt(period: str, channel: str, delivery: int) -> Response:
        """The receipt of a delivery, byte for byte as it was first answered."""
        with transaction() as connection:
            working = readable_channel(
                connection, require_caller(), ChannelRef(period=period, channel=channel, plugin=plugin.key)
            )
            return Response(stored_receipt(connection, working, delivery), mimetype="application/json")


def _link(after: str | None) -> dict[str, str]:
    if after is None:
        return {}
    kept = {**request.args, "after": after}
    return {"Link": f'<{request.path}?{urlencode(kept)}>; rel="next"'}


class _Numbered(msgspec.Struct):
    delivery: int


_NUMBER = msgspec.json.Decoder(_Numbered)


def _receipt(answer: Answer) -> Response:
    response = Response(answer.receipt, 201, mimetype="application/json")
    base = request.path.split("/entries", 1)[0]
    response.headers["Location"] = f"{base}/deliveries/{_NUMBER.decode(answer.receipt).delivery}"
    if answer.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response
