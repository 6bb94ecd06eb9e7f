"""Documents of every kind: drafted as TOML, checked as a whole, issued, withdrawn, compared."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from pingyi.api.fields import TitleSchema
from pingyi.api.openapi import FieldErrorSchema, Resource
from pingyi.db import transaction
from pingyi.domain.document_fields import KEY_PATTERN
from pingyi.services.approvals.requests import issue_or_ask
from pingyi.services.core.errors import forbidden
from pingyi.services.documents import documents, drafts, issue
from pingyi.services.documents.kinds import DocumentKind
from pingyi.services.documents.registered import document_kind
from pingyi.web.callers import require_caller
from pingyi.web.forms.differences import differences
from pingyi.web.forms.rules import FormRules
from pingyi.web.language import language
from pingyi.web.policy import SIGNED_IN

blp = Resource("documents", __name__, url_prefix="/documents", description="文件 / Documents")
_KIND = "/<key:kind>"
_ONE = "/<key:kind>/<key:document>/<int(max=1000000):version>"


class DraftRevisionSchema(Schema):
    """The revision of the draft that is meant, as it was last read."""

    revision = fields.Integer(required=True, validate=validate.Range(min=1, max=2**31))


class DocumentIssueSchema(Schema):
    """The revision of the draft that is meant, and a reason where another person has to approve."""

    expected = fields.Integer(required=True, data_key="revision", validate=validate.Range(min=1, max=2**31))
    reason = fields.String(load_default="", validate=validate.Length(max=2000))


class NewDraftSchema(Schema):
    """A TOML document, right or not yet; the key may be left out where the document says it."""

    key = fields.String(validate=validate.Regexp(f"^(?:{KEY_PATTERN.pattern})$"))
    document = fields.String(required=True, validate=validate.Length(max=drafts.MOST_CHARACTERS))


class SavedDraftSchema(DraftRevisionSchema):
    """A TOML document, right or not yet, to be saved over the revision that was last read."""

    document = fields.String(required=True, validate=validate.Length(max=drafts.MOST_CHARACTERS))


class StoredDocumentLineSchema(Schema):
    """One version: a draft, issued or withdrawn; `errors`: how many places a draft has to be mended at."""

    kind = fields.String(required=True)
    key = fields.String(required=True)
    version = fields.Integer(required=True)
    state = fields.String(required=True)
    title = fields.Nested(TitleSchema, required=True)
    sha256 = fields.String(required=True)
    revision = fields.Integer(required=True)
    errors = fields.Integer(required=True)
    changed_at = fields.AwareDateTime(required=True)
    issued_at = fields.AwareDateTime(required=True, allow_none=True)
    withdrawn_at = fields.AwareDateTime(required=True, allow_none=True)


class StoredDocumentSchema(StoredDocumentLineSchema):
    """One version with its TOML text and all that is wrong in it."""

    document = fields.String(required=True)
    wrong = fields.List(fields.Nested(FieldErrorSchema), required=True)


class StoredDocumentListSchema(Schema):
    """All versions of a kind by key, the newest first."""

    documents = fields.List(fields.Nested(StoredDocumentLineSchema), required=True)


class ComparedDocumentSchema(Schema):
    """Which other version of the same key to compare with."""

    other = fields.Integer(required=True, validate=validate.Range(min=1, max=1_000_000))


class DocumentChangeSchema(Schema):
    """One difference in words; `kind`: added, removed, changed, moved."""

    place = fields.String(required=True)
    kind = fields.String(required=True)
    before = fields.String(required=True)
    after = fields.String(required=True)


class DocumentChangesSchema(Schema):
    """What became of the other version in this one, in the order of the document."""

    changes = fields.List(fields.Nested(DocumentChangeSchema), required=True)


@blp.route(_KIND)
@blp.operation("document_list", SIGNED_IN)
@blp.response(200, StoredDocumentListSchema)
def list_all(kind: str) -> dict[str, Any]:
    """List all versions of all documents of a kind."""
    found = _readable(kind)
    with transaction() as connection:
        return {"documents": [_line(one) for one in documents.list_documents(connection, found)]}


@blp.route(_KIND, methods=["POST"])
@blp.operation("document_begin", SIGNED_IN)
@blp.arguments(NewDraftSchema, example={"document": 'key = "conduct-2027"\n'})
@blp.response(201, StoredDocumentSchema)
def begin(given: dict[str, Any], kind: str) -> dict[str, Any]:
    """Store a document as a draft of the next version of its key, right or not yet."""
    found = _draftable(kind)
    with transaction() as connection:
        stored = drafts.begin_draft(
            connection, require_caller(), found, given.get("key", ""), given["document"]
        )
        return _whole(found, stored)


@blp.route(_ONE)
@blp.operation("document_get", SIGNED_IN)
@blp.response(200, StoredDocumentSchema)
def get(kind: str, document: str, version: int) -> dict[str, Any]:
    """One version with its text."""
    found = _readable(kind)
    with transaction() as connection:
        return _whole(found, documents.find_document(connection, found, document, version))


@blp.route(_ONE, methods=["PUT"])
@blp.operation("document_save", SIGNED_IN)
@blp.arguments(SavedDraftSchema, example={"revision": 1, "document": 'key = "conduct-2027"\n'})
@blp.response(200, StoredDocumentSchema)
def save(given: dict[str, Any], kind: str, document: str, version: int) -> dict[str, Any]:
    """Save over a draft, unless somebody else did since that revision."""
    found = _draftable(kind)
    with transaction() as connection:
        stored = documents.find_document(connection, found, document, version)
        draft = drafts.check_draft(found, given["document"], document, version)
        saved = drafts.save_draft(connection, require_caller(), found, stored, draft, given["revision"])
        return _whole(found, saved)


@blp.route(f"{_ONE}/issue", methods=["POST"])
@blp.operation("document_issue", SIGNED_IN)
@blp.arguments(DocumentIssueSchema, example={"revision": 3})
@blp.response(200, StoredDocumentSchema)
def issue_version(given: dict[str, Any], kind: str, document: str, version: int) -> dict[str, Any]:
    """Issue a draft: it must be right as a whole, and never changes from then on.

    Where its kind takes two persons, it stays a draft until another one approves.
    """
    found = _issuable(kind)
    with transaction() as connection:
        stored = documents.find_document(connection, found, document, version)
        issue_or_ask(connection, require_caller(), found, stored, **given)
        return _whole(found, documents.find_document(connection, found, document, version))


@blp.route(f"{_ONE}/withdrawal", methods=["POST"])
@blp.operation("document_withdraw", SIGNED_IN)
@blp.response(200, StoredDocumentSchema)
def withdraw(kind: str, document: str, version: int) -> dict[str, Any]:
    """Take an issued version out of further choice; whatever rests on it stays."""
    found = _issuable(kind)
    with transaction() as connection:
        stored = documents.find_document(connection, found, document, version)
        issue.withdraw_document(connection, require_caller(), found, stored)
        return _whole(found, documents.find_document(connection, found, document, version))


@blp.route(_ONE, methods=["DELETE"])
@blp.operation("document_discard", SIGNED_IN)
@blp.arguments(DraftRevisionSchema, location="query")
@blp.response(200, StoredDocumentListSchema)
def discard(given: dict[str, Any], kind: str, document: str, version: int) -> dict[str, Any]:
    """Delete a draft that nothing rests on; the answer lists what is left of the kind."""
    found = _draftable(kind)
    with transaction() as connection:
        stored = documents.find_document(connection, found, document, version)
        drafts.discard_draft(connection, require_caller(), found, stored, given["revision"])
        return {"documents": [_line(one) for one in documents.list_documents(connection, found)]}


@blp.route(f"{_ONE}/changes")
@blp.operation("document_compare", SIGNED_IN)
@blp.arguments(ComparedDocumentSchema, location="query")
@blp.response(200, DocumentChangesSchema)
def compare(given: dict[str, Any], kind: str, document: str, version: int) -> dict[str, Any]:
    """What differs in words between another version and this one."""
    found = _readable(kind)
    with transaction() as connection:
        stored = documents.find_document(connection, found, document, version)
        other = documents.find_document(connection, found, document, given["other"])
    rules = FormRules(
        schema_at=found.schema_at, choices_at=found.choices_at, fixed=found.fixed(document, version)
    )
    schema, tongue = found.document_type().schema(), language()
    changes = differences(schema, other.content(found), stored.content(found), rules, language=tongue)
    return {
        "changes": [
            {"place": getattr(one.place, tongue), "kind": one.kind, "before": one.before, "after": one.after}
            for one in changes
        ]
    }


def _readable(key: str) -> DocumentKind:
    return _permitted(key, document_kind(key).readers)


def _draftable(key: str) -> DocumentKind:
    return _permitted(key, document_kind(key).drafters)


def _issuable(key: str) -> DocumentKind:
    return _permitted(key, document_kind(key).issuers)


def _permitted(key: str, who: frozenset[str]) -> DocumentKind:
    if not who & require_caller().roles:
        raise forbidden()
    return document_kind(key)


def _line(stored: documents.DocumentLine) -> dict[str, Any]:
    return {
        "kind": stored.kind,
        "key": stored.key,
        "version": stored.version,
        "state": stored.state,
        "title": {"zh": stored.title.zh, "en": stored.title.en},
        "sha256": stored.sha256,
        "revision": stored.revision,
        "errors": stored.errors,
        "changed_at": stored.changed_at,
        "issued_at": stored.issued_at,
        "withdrawn_at": stored.withdrawn_at,
    }


def _whole(kind: DocumentKind, stored: documents.StoredDocument) -> dict[str, Any]:
    errors = drafts.check_draft(kind, stored.toml, stored.key, stored.version).errors
    tongue = language()
    return {
        **_line(stored),
        "document": stored.toml,
        "wrong": [
            {
                "pointer": error.pointer,
                "code": error.code,
                "detail": getattr(error.message, tongue),
                "row": error.row,
            }
            for error in errors
        ],
    }
