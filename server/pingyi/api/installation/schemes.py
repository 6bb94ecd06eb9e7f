"""Schemes: stored as TOML documents, validated as a whole, versioned, immutable once issued."""

from __future__ import annotations

from typing import Any

from flask import request
from marshmallow import Schema, fields

from pingyi.api.examples import SCHEME, SCHEME_TOML
from pingyi.api.openapi import Resource
from pingyi.api.requests import malformed, read_body
from pingyi.db import transaction
from pingyi.roles import OFFICE_READERS, Role
from pingyi.services.documents import documents
from pingyi.services.documents.scheme_kind import SCHEME as SCHEMES
from pingyi.services.periods.schemes import store_scheme
from pingyi.web.callers import require_caller

blp = Resource("schemes", __name__, url_prefix="/schemes", description="评议方案 / Schemes")


class DocumentSchema(Schema):
    """A scheme's TOML document."""

    document = fields.String(required=True)


class SchemeVersionSchema(Schema):
    """One stored version; issued when a period of it opens, and immutable from then on."""

    key = fields.String(required=True)
    version = fields.Integer(required=True)
    sha256 = fields.String(required=True)
    issued_at = fields.AwareDateTime(required=True, allow_none=True)


class SchemeDocumentSchema(SchemeVersionSchema):
    """A stored version with its document."""

    document = fields.String(required=True)


class SchemeListSchema(Schema):
    """Stored versions, newest first."""

    schemes = fields.List(fields.Nested(SchemeVersionSchema), required=True)


_BODY = {
    "required": True,
    "content": {
        "application/json": {"schema": DocumentSchema, "example": SCHEME},
        "text/plain": {"schema": {"type": "string"}, "example": SCHEME_TOML},
    },
}


@blp.route("", methods=["POST"])
@blp.operation("scheme_store", Role.ADMINISTRATOR, requestBody=_BODY)
@blp.response(201, SchemeDocumentSchema)
def store() -> dict[str, Any]:
    """Store a scheme as its next version, or name every error in it.

    The same document again is no new version.
    """
    document = _plain_text() if request.mimetype == "text/plain" else read_body(DocumentSchema)["document"]
    with transaction() as connection:
        scheme, version, _ = store_scheme(connection, require_caller(), document)
        return _document(documents.find_document(connection, SCHEMES, scheme.key, version))


@blp.route("")
@blp.operation("scheme_list", *OFFICE_READERS)
@blp.response(200, SchemeListSchema)
def list_all() -> dict[str, Any]:
    """List all stored versions of all schemes."""
    with transaction() as connection:
        return {"schemes": [_line(one) for one in documents.list_documents(connection, SCHEMES)]}


@blp.route("/<key:scheme>")
@blp.operation("scheme_get", *OFFICE_READERS)
@blp.response(200, SchemeDocumentSchema)
def get(scheme: str) -> dict[str, Any]:
    """The newest version of a scheme with its document."""
    with transaction() as connection:
        return _document(documents.find_document(connection, SCHEMES, scheme))


@blp.route("/<key:scheme>/versions")
@blp.operation("scheme_list_versions", *OFFICE_READERS)
@blp.response(200, SchemeListSchema)
def list_versions(scheme: str) -> dict[str, Any]:
    """List the versions of a scheme."""
    with transaction() as connection:
        return {"schemes": [_line(one) for one in documents.list_versions(connection, SCHEMES, scheme)]}


@blp.route("/<key:scheme>/versions/<int(max=1000000):version>")
@blp.operation("scheme_get_version", *OFFICE_READERS)
@blp.response(200, SchemeDocumentSchema)
def get_version(scheme: str, version: int) -> dict[str, Any]:
    """One version of a scheme with its document."""
    with transaction() as connection:
        return _document(documents.find_document(connection, SCHEMES, scheme, version))


def _plain_text() -> str:
    try:
        return request.get_data().decode("utf-8")
    except UnicodeDecodeError as error:
        raise malformed(str(error)) from error


def _line(stored: documents.DocumentLine) -> dict[str, Any]:
    return {
        "key": stored.key,
        "version": stored.version,
        "sha256": stored.sha256,
        "issued_at": stored.issued_at,
    }


def _document(stored: documents.StoredDocument) -> dict[str, Any]:
    return {**_line(stored), "document": stored.toml}
