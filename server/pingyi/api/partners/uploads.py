"""Files of an operator: a template, a verdict on every row, and the confirmation that stores them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

import msgspec
from flask import Response, request
from marshmallow import Schema, fields, validate

from pingyi.api.fields import TitleSchema
from pingyi.api.openapi import Resource
from pingyi.api.partners.entries import ReceiptSchema
from pingyi.api.requests import delivering_caller
from pingyi.channels import Word
from pingyi.db import transaction
from pingyi.roles import OFFICE_READERS
from pingyi.services.core.bound_channels import ChannelRef
from pingyi.services.intake.partner_queries import readable_channel
from pingyi.services.uploads.confirmation import confirm
from pingyi.services.uploads.preview import preview
from pingyi.services.uploads.template_workbook import template_of
from pingyi.services.uploads.uploads import Upload, shown
from pingyi.web.callers import require_caller
from pingyi.web.policy import OPERATOR

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
VERDICTS = ("new", "corrected", "unchanged", "wrong")
_ID = "int(max=9223372036854775807)"
_BINARY = {"type": "string", "format": "binary"}
_EXAMPLE = "单位,得分,依据\nA01,4.5,依法行政考核通报第3条\n"
_FILE = {
    "required": True,
    "content": {"application/octet-stream": {"schema": _BINARY, "example": _EXAMPLE}},
}

blp = Resource(
    "uploads",
    __name__,
    url_prefix="/periods/<key:period>/<key:plugin>/<key:channel>",
    description="Files of operators, previewed and confirmed",
)


class RowErrorSchema(Schema):
    """What is wrong in a row: the field, the column as the file titles it, and why."""

    code = fields.String(required=True)
    field = fields.String(required=True)
    column = fields.String(required=True)
    detail = fields.Nested(TitleSchema, required=True)


class RowSchema(Schema):
    """What one row would do, by its number in the file; the heading is row 1 where nothing stands above.

    `notes`: what to check before confirming; `moved_from`: the unit that loses the entry to this row's. A
    row of a wide sheet has a verdict for each entry: `part` is the heading below which one stands.
    """

    row = fields.Integer(required=True)
    unit = fields.String(required=True, allow_none=True)
    verdict = fields.String(required=True, validate=validate.OneOf(VERDICTS))
    errors = fields.List(fields.Nested(RowErrorSchema), required=True)
    notes = fields.List(fields.Nested(TitleSchema))
    moved_from = fields.String(allow_none=True)
    part = fields.String()


class CountsSchema(Schema):
    """How many rows there are of each verdict; `empty` ones name a unit only and are not delivered.

    `moved`: how many of the corrected take their entry from one unit to another.
    """

    rows = fields.Integer(required=True)
    new = fields.Integer(required=True)
    corrected = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)
    wrong = fields.Integer(required=True)
    empty = fields.Integer(required=True)
    moved = fields.Integer()


class UploadSchema(Schema):
    """A file with the sheet that was read and what to know of it; the header Link leads to more rows.

    A state `columns`: brought on a page, where a person has to say first what its columns are.
    """

    upload = fields.Integer(required=True, attribute="id")
    name = fields.String(required=True)
    sheet = fields.String()
    notes = fields.List(fields.Nested(TitleSchema))
    sha256 = fields.String(required=True, metadata={"pattern": "^[0-9a-f]{64}$"})
    state = fields.String(required=True, validate=validate.OneOf(["ready", "columns", "wrong", "confirmed"]))
    counts = fields.Nested(CountsSchema, required=True)
    delivery = fields.Integer(required=True, allow_none=True)
    verdicts = fields.List(fields.Nested(RowSchema), required=True)
    after = fields.Integer(required=True, allow_none=True)


class SheetQuerySchema(Schema):
    """Which sheet of a workbook to read; else the visible one whose heading fits best."""

    sheet = Word(load_default="", limit=100)


class TemplateQuerySchema(Schema):
    """Which template: one entry a row, or the words of the channel across."""

    form = Word(load_default="long", validate=validate.OneOf(["long", "wide"]))


class RowsQuerySchema(Schema):
    """Which rows to show."""

    after = fields.Integer(load_default=0, validate=validate.Range(min=0, max=10**9))
    limit = fields.Integer(load_default=100, validate=validate.Range(min=1, max=1000))
    verdict = Word(load_default="", validate=validate.OneOf(["", *VERDICTS]))


@blp.route("/entries/template.xlsx")
@blp.operation("get_template", OPERATOR, *OFFICE_READERS)
@blp.arguments(TemplateQuerySchema, location="query", as_kwargs=True)
@blp.response(200, _BINARY, content_type=XLSX)
def get_template(period: str, plugin: str, channel: str, form: str) -> Response:
    """A workbook to fill in: the channel's columns in two languages, a sample row, the period's units."""
    with transaction() as connection:
        working = readable_channel(
            connection, require_caller(), ChannelRef(period=period, channel=channel, plugin=plugin)
        )
        content = template_of(connection, working, wide=form == "wide")
    name = "-wide" if form == "wide" else ""
    response = Response(content, mimetype=XLSX)
    response.headers["Content-Disposition"] = f'attachment; filename="{period}-{channel}{name}.xlsx"'
    return response


@blp.route("/uploads", methods=["POST"])
@blp.operation("post_upload", OPERATOR, requestBody=_FILE)
@blp.arguments(SheetQuerySchema, location="query", as_kwargs=True)
@blp.response(201, UploadSchema)
def post_upload(period: str, plugin: str, channel: str, sheet: str) -> tuple[Any, int, dict[str, str]]:
    """Preview a file (CSV, XLSX, XLS or ODS; the body as it is): a verdict per row, nothing stored yet.

    The same file again is the same upload, judged anew until it is confirmed.
    """
    caller, place = delivering_caller(), ChannelRef(period=period, channel=channel, plugin=plugin)
    upload = shown(caller, place, preview(caller, place, request.get_data(), sheet=sheet))
    return _document(upload), 201, {"Location": f"{request.path}/{upload.id}"}


@blp.route(f"/uploads/<{_ID}:upload>")
@blp.operation("get_upload", OPERATOR)
@blp.arguments(RowsQuerySchema, location="query", as_kwargs=True)
@blp.response(200, UploadSchema)
def get_upload(
    period: str, plugin: str, channel: str, upload: int, **asked: Any
) -> tuple[Any, int, dict[str, str]]:
    """A file's verdicts, a page at a time, all or of one kind."""
    found = shown(
        require_caller(), ChannelRef(period=period, channel=channel, plugin=plugin), upload, **asked
    )
    kept = urlencode({**request.args, "after": found.after})
    link = {"Link": f'<{request.path}?{kept}>; rel="next"'} if found.after is not None else {}
    return _document(found), 200, link


@blp.route(f"/uploads/<{_ID}:upload>/confirmation", methods=["POST"])
@blp.operation("confirm_upload", OPERATOR)
@blp.response(201, ReceiptSchema)
def confirm_upload(period: str, plugin: str, channel: str, upload: int) -> Response:
    """Store all rows of a file, or none; done again it answers the first receipt."""
    answer = confirm(delivering_caller(), ChannelRef(period=period, channel=channel, plugin=plugin), upload)
    response = Response(answer.receipt, 201, mimetype="application/json")
    base = request.path.rsplit("/uploads/", 1)[0]
    response.headers["Location"] = f"{base}/deliveries/{msgspec.json.decode(answer.receipt)['delivery']}"
    if answer.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def _document(upload: Upload) -> dict[str, Any]:
    verdicts = [msgspec.to_builtins(each) for each in upload.verdicts]
    return {**asdict(upload), "verdicts": verdicts}
