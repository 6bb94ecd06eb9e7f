"""Whole questionnaires stored under the key and version that they say themselves."""

from __future__ import annotations

from sqlalchemy import Connection

from pingyi.channels import Text
from pingyi.domain.document_reading import invalid_document
from pingyi.domain.errors import Problem
from pingyi.services.core.callers import Caller
from pingyi.services.documents.documents import StoredDocument, find_document, list_documents
from pingyi.services.documents.drafts import check_draft, new_draft, next_version, save_draft
from pingyi_surveys.questionnaires.kind import QUESTIONNAIRES
from pingyi_surveys.questionnaires.questionnaire import parse_questionnaire


def store_questionnaire(connection: Connection, caller: Caller, document: str) -> StoredDocument:
    """Store a document under its own key and version, over a draft of this version.

    What an issued version says already may be stored again and changes nothing. Raises Problem
    questionnaire_invalid, questionnaire_frozen.
    """
    questionnaire = parse_questionnaire(document)
    key, version = questionnaire.key, questionnaire.version
    next_version(connection, QUESTIONNAIRES, key)  # two who store the same version wait for each other
    draft = check_draft(QUESTIONNAIRES, document, key, version)
    stored = {one.version for one in list_documents(connection, QUESTIONNAIRES) if one.key == key}
    standing = find_document(connection, QUESTIONNAIRES, key, version) if version in stored else None
    if draft.errors and (standing is None or standing.sha256 != questionnaire.digest()):
        raise invalid_document(QUESTIONNAIRES.document_type(), draft.errors)
    if standing is None:
        return new_draft(connection, caller, QUESTIONNAIRES, key, draft, version)
    if standing.state == "draft":
        return save_draft(connection, caller, QUESTIONNAIRES, standing, draft)
    if standing.sha256 == questionnaire.digest():
        return standing
    raise Problem("questionnaire_frozen", 409, _FROZEN.format(key=key, version=version))


_FROZEN = Text(
    zh="问卷“{key}”第 {version} 版已印发，不能再改；请把 version 加一，另存新版。",
    en="Version {version} of questionnaire {key} is in use and never changes; store it anew under a higher "
    "version.",
)
