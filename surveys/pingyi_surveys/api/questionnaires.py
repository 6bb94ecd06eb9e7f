"""Questionnaires: TOML documents, checked as a whole, frozen once ballots rest on them."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from pingyi.api.openapi import Resource
from pingyi.channels import Text
from pingyi.db import transaction
from pingyi.domain.errors import FieldError
from pingyi.roles import OFFICE_READERS, Role
from pingyi.services.core.row_schemas import invalid_request
from pingyi.services.documents.documents import DocumentLine, StoredDocument, list_documents
from pingyi.web.callers import require_caller
from pingyi_surveys.api.examples import QUESTIONNAIRE
from pingyi_surveys.questionnaires.kind import QUESTIONNAIRES, find_questionnaire
from pingyi_surveys.questionnaires.questionnaire import parse_questionnaire
from pingyi_surveys.questionnaires.store import store_questionnaire

MOST_CHARACTERS = 65_536
blp = Resource("questionnaires", __name__, url_prefix="/questionnaires", description="问卷 / Questionnaires")
_ONE = "/<key:questionnaire>/<int(max=9999):version>"


class DocumentBodySchema(Schema):
    """A questionnaire's TOML document, with the key and version of the address."""

    document = fields.String(required=True, validate=validate.Length(max=MOST_CHARACTERS))


class QuestionnaireLineSchema(Schema):
    """One version; once `frozen` it never changes."""

    key = fields.String(required=True)
    version = fields.Integer(required=True)
    sha256 = fields.String(required=True)
    changed_at = fields.AwareDateTime(required=True)
    frozen = fields.Boolean(required=True)


class KeptQuestionnaireSchema(QuestionnaireLineSchema):
    """One version with its document."""

    document = fields.String(required=True)


class QuestionnairesSchema(Schema):
    """All versions by key, the newest first."""

    questionnaires = fields.List(fields.Nested(QuestionnaireLineSchema), required=True)


@blp.route("")
@blp.operation("questionnaire_list", *OFFICE_READERS)
@blp.response(200, QuestionnairesSchema)
def list_all() -> dict[str, Any]:
    """List all versions of all questionnaires that are whole."""
    with transaction() as connection:
        stored = list_documents(connection, QUESTIONNAIRES)
    return {"questionnaires": [_line(one) for one in stored if not one.errors]}


@blp.route(_ONE)
@blp.operation("questionnaire_get", *OFFICE_READERS)
@blp.response(200, KeptQuestionnaireSchema)
def get(questionnaire: str, version: int) -> dict[str, Any]:
    """One version with its document."""
    with transaction() as connection:
        return _whole(find_questionnaire(connection, questionnaire, version))


@blp.route(_ONE, methods=["PUT"])
@blp.operation("questionnaire_put", Role.ADMINISTRATOR)
@blp.arguments(DocumentBodySchema, example=QUESTIONNAIRE)
@blp.response(200, KeptQuestionnaireSchema)
def put(given: dict[str, Any], questionnaire: str, version: int) -> dict[str, Any]:
    """Store a version, or name every error in it; one that ballots rest on stays as it is."""
    found = parse_questionnaire(given["document"])
    if (found.key, found.version) != (questionnaire, version):
        raise invalid_request([FieldError(code="invalid", message=_OTHER, pointer="/document")])
    with transaction() as connection:
        return _whole(store_questionnaire(connection, require_caller(), given["document"]))


def _line(stored: DocumentLine) -> dict[str, Any]:
    return {
        "key": stored.key,
        "version": stored.version,
        "sha256": stored.sha256,
        "changed_at": stored.changed_at,
        "frozen": stored.state != "draft",
    }


def _whole(stored: StoredDocument) -> dict[str, Any]:
    return {**_line(stored), "document": stored.toml}


_OTHER = Text(
    zh="文档中的 key 和 version 与地址不同。", en="The document has another key or version than the address."
)
