"""The documents that a period goes by beside its scheme."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate
from sqlalchemy import Connection

from pingyi.api.openapi import Resource
from pingyi.db import transaction
from pingyi.roles import OFFICE_READERS, Role
from pingyi.services.documents.registered import document_kind
from pingyi.services.periods.period_documents import (
    PeriodDocumentSchema,
    drop_document,
    name_document,
    period_documents,
)
from pingyi.services.periods.periods import PeriodRow, find_period
from pingyi.web.callers import require_caller

blp = Resource(
    "period_documents",
    __name__,
    url_prefix="/periods/<key:period>/documents",
    description="周期采用的文件 / Documents of periods",
)
_ONE = "/<key:kind>/<key:document>"


class NamedVersionSchema(Schema):
    """Which issued version a period goes by."""

    version = fields.Integer(required=True, validate=validate.Range(min=1, max=1_000_000))


class PeriodDocumentsSchema(Schema):
    """The versions that a period goes by, by kind and key."""

    documents = fields.List(fields.Nested(PeriodDocumentSchema), required=True)


@blp.route("")
@blp.operation("period_document_list", *OFFICE_READERS)
@blp.response(200, PeriodDocumentsSchema)
def list_all(period: str) -> dict[str, Any]:
    """List the documents that a period goes by."""
    with transaction() as connection:
        return _answer(connection, find_period(connection, period))


@blp.route(_ONE, methods=["PUT"])
@blp.operation("period_document_put", Role.ADMINISTRATOR)
@blp.arguments(NamedVersionSchema, example={"version": 1})
@blp.response(200, PeriodDocumentsSchema)
def put(given: dict[str, Any], period: str, kind: str, document: str) -> dict[str, Any]:
    """Have a draft period go by an issued version, in place of another one of its key."""
    with transaction() as connection:
        found = find_period(connection, period)
        name_document(connection, require_caller(), found, document_kind(kind), document, given["version"])
        return _answer(connection, found)


@blp.route(_ONE, methods=["DELETE"])
@blp.operation("period_document_delete", Role.ADMINISTRATOR)
@blp.response(200, PeriodDocumentsSchema)
def delete(period: str, kind: str, document: str) -> dict[str, Any]:
    """Have a draft period no longer go by a document."""
    with transaction() as connection:
        found = find_period(connection, period)
        drop_document(connection, require_caller(), found, document_kind(kind), document)
        return _answer(connection, found)


def _answer(connection: Connection, period: PeriodRow) -> dict[str, Any]:
    return {"documents": list(period_documents(connection, period.id))}
