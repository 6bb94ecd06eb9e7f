"""Results: to everybody once published, to the office once assessed."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response
from marshmallow import Schema, fields, validate

from pingyi.api.openapi import Resource
from pingyi.db import transaction
from pingyi.roles import OFFICE_READERS
from pingyi.services.results.load import load_result
from pingyi.services.results.result import Result, record_json, results_csv, results_json
from pingyi.services.results.revisions import Comparison, Revisions, compare_revisions, list_revisions
from pingyi.web.callers import current_caller
from pingyi.web.policy import PUBLIC

blp = Resource(
    "results", __name__, url_prefix="/periods/<key:period>/results", description="评议结果 / Results"
)


class RevisionSchema(Schema):
    """Which revision; the newest where none is named."""

    revision = fields.Integer(load_default=None, validate=validate.Range(min=1, max=1_000_000))


class SheetSchema(RevisionSchema):
    """With `bom=1` for spreadsheet programs: a byte order mark, CR LF, and no cell that is calculated."""

    bom = fields.String(load_default="0", validate=validate.OneOf(("0", "1")))


class UnitResultSchema(Schema):
    """A unit's line: numbers as they are published, "" where there is none.

    The last four stand there where any entry of the period is held: the result with held evidence counted.
    """

    unit = fields.String(required=True)
    name = fields.String(required=True)
    category = fields.String(required=True)
    status = fields.String(required=True)
    total = fields.String(required=True)
    rank = fields.Integer(required=True, allow_none=True)
    of = fields.Integer(required=True, allow_none=True)
    grade = fields.String(required=True)
    adjustments = fields.String(required=True)
    channels = fields.Dict(required=True)
    groups = fields.Dict(required=True)
    all_total = fields.String()
    all_rank = fields.Integer(allow_none=True)
    all_points = fields.Dict()
    review = fields.Boolean()

    class Meta:
        unknown = "include"


class ResultsSchema(Schema):
    """A revision of a period's result: the same bytes for the same evidence."""

    scheme = fields.String(required=True)
    full_marks = fields.String(required=True)
    decimals = fields.Integer(required=True)
    units = fields.List(fields.Nested(UnitResultSchema), required=True)

    class Meta:
        unknown = "include"


class RecordSchema(Schema):
    """Ids, times and digests of a revision."""

    period = fields.String(required=True)
    revision = fields.Integer(required=True)
    snapshot_sha256 = fields.String(required=True)
    results_sha256 = fields.String(required=True)

    class Meta:
        unknown = "include"


class OneRevisionSchema(Schema):
    """A revision with its dates; `published_at` is null where only the office sees it."""

    revision = fields.Integer(required=True)
    assessed_at = fields.AwareDateTime(required=True)
    published_at = fields.AwareDateTime(required=True, allow_none=True)
    sha256 = fields.String(required=True)


class RevisionsSchema(Schema):
    """The revisions of a period's result."""

    period = fields.String(required=True)
    revisions = fields.List(fields.Nested(OneRevisionSchema), required=True)


class PairSchema(Schema):
    """Two revisions."""

    older = fields.Integer(required=True, validate=validate.Range(min=1, max=1_000_000))
    newer = fields.Integer(required=True, validate=validate.Range(min=1, max=1_000_000))


class StoodSchema(Schema):
    """Where a unit stood."""

    status = fields.String(required=True)
    total = fields.String(required=True)
    rank = fields.Integer(required=True, allow_none=True)
    grade = fields.String(required=True)
    adjustments = fields.String(required=True)


class ChannelChangeSchema(Schema):
    """A channel on which a unit's points or status changed."""

    channel = fields.String(required=True)
    points_before = fields.String(required=True)
    points_after = fields.String(required=True)
    status_before = fields.String(required=True)
    status_after = fields.String(required=True)


class UnitChangeSchema(Schema):
    """A unit whose result changed; null where it did not take part."""

    unit = fields.String(required=True)
    name = fields.String(required=True)
    category = fields.String(required=True)
    before = fields.Nested(StoodSchema, required=True, allow_none=True)
    after = fields.Nested(StoodSchema, required=True, allow_none=True)
    channels = fields.List(fields.Nested(ChannelChangeSchema), required=True)


class ComparisonSchema(Schema):
    """What changed between two revisions; units without a change are left out."""

    period = fields.String(required=True)
    older = fields.Nested(OneRevisionSchema, required=True)
    newer = fields.Nested(OneRevisionSchema, required=True)
    units = fields.List(fields.Nested(UnitChangeSchema), required=True)


@blp.route("")
@blp.operation("result_get", PUBLIC)
@blp.arguments(RevisionSchema, location="query", as_kwargs=True)
@blp.response(200, ResultsSchema)
def get(period: str, revision: int | None) -> Response:
    """The result of a period as JSON."""
    return _file(period, revision, results_json, "application/json")


@blp.route("/csv")
@blp.operation("result_get_csv", PUBLIC)
@blp.arguments(SheetSchema, location="query", as_kwargs=True)
@blp.response(200, {"type": "string"}, content_type="text/csv")
def get_csv(period: str, revision: int | None, bom: str) -> Response:
    """The result of a period as CSV."""
    return _file(period, revision, lambda result: results_csv(result, bom=bom == "1"), "text/csv")


@blp.route("/record")
@blp.operation("result_get_record", PUBLIC)
@blp.arguments(RevisionSchema, location="query", as_kwargs=True)
@blp.response(200, RecordSchema)
def get_record(period: str, revision: int | None) -> Response:
    """The revision's number, times and digests."""
    return _file(period, revision, record_json, "application/json")


@blp.route("/revisions")
@blp.operation("result_list_revisions", PUBLIC)
@blp.response(200, RevisionsSchema)
def list_all(period: str) -> Revisions:
    """The revisions that were published, the newest first; to the office also the others."""
    office = _of_the_office()
    with transaction() as connection:
        return list_revisions(connection, period, published_only=not office)


@blp.route("/changes")
@blp.operation("result_compare", PUBLIC)
@blp.arguments(PairSchema, location="query", as_kwargs=True)
@blp.response(200, ComparisonSchema)
def compare(period: str, older: int, newer: int) -> Comparison:
    """Whose points, totals, ranks or statuses changed from one revision to another."""
    office = _of_the_office()
    with transaction() as connection:
        return compare_revisions(connection, period, older, newer, published_only=not office)


def _of_the_office() -> bool:
    caller = current_caller()
    return caller is not None and bool(caller.roles & frozenset(OFFICE_READERS))


def _file(period: str, revision: int | None, write: Callable[[Result], bytes], mimetype: str) -> Response:
    office = _of_the_office()
    with transaction() as connection:
        result = load_result(connection, period, revision, published_only=not office)
    return Response(write(result), mimetype=mimetype)
