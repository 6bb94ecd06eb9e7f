"""Questionnaires as they are kept: versions that may be edited until a period's keys freeze them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from pingyi.channels import Text
from pingyi.db import one_row, rows
from pingyi.domain.errors import FieldError, Problem
from pingyi.ledger.leaves import record
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import not_found
from pingyi_surveys.models import QuestionnaireVersion
from pingyi_surveys.questionnaires.questionnaire import Questionnaire, parse_questionnaire

_ALL = select(
    QuestionnaireVersion.id,
    QuestionnaireVersion.key,
    QuestionnaireVersion.version,
    QuestionnaireVersion.document,
    func.encode(QuestionnaireVersion.digest, "hex").label("sha256"),
    QuestionnaireVersion.changed_at,
    QuestionnaireVersion.frozen_at.is_not(None).label("frozen"),
).order_by(QuestionnaireVersion.key, QuestionnaireVersion.version.desc())
_ONE = _ALL.where(
    QuestionnaireVersion.key == bindparam("key"), QuestionnaireVersion.version == bindparam("version")
)
_ADD = insert(QuestionnaireVersion)
_STORE = _ADD.on_conflict_do_update(
    index_elements=[QuestionnaireVersion.key, QuestionnaireVersion.version],
    set_={
        "document": _ADD.excluded.document,
        "digest": _ADD.excluded.digest,
        "changed_by": _ADD.excluded.changed_by,
        "changed_at": func.now(),
    },
    where=QuestionnaireVersion.frozen_at.is_(None),
).returning(QuestionnaireVersion.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredQuestionnaire:
    """A stored version; `document` as it was typed, `frozen` once ballots of a period rest on it."""

    id: int
    key: str
    version: int
    document: str
    sha256: str
    changed_at: datetime
    frozen: bool

    @property
    def questionnaire(self) -> Questionnaire:
        return parse_questionnaire(self.document)


def store_questionnaire(connection: Connection, caller: Caller, document: str) -> StoredQuestionnaire:
    """Store a document under its own key and version, over a version that is not frozen.

    What a frozen version says already may be stored again and changes nothing. Raises Problem
    questionnaire_invalid, questionnaire_frozen.
    """
    found = parse_questionnaire(document)
    given = {"key": found.key, "version": found.version}
    version = {
        **given,
        "document": document,
        "digest": bytes.fromhex(found.digest()),
        "changed_by": caller.name,
    }
    if connection.execute(_STORE, version).first() is None:
        frozen = find_questionnaire(connection, found.key, found.version)
        if frozen.sha256 == found.digest():
            return frozen
        raise Problem("questionnaire_frozen", 409, _FROZEN.format(**given))
    record(connection, "questionnaire.stored", {**given, "sha256": found.digest(), "by": caller.name})
    return find_questionnaire(connection, found.key, found.version)


def store_new_questionnaire(connection: Connection, caller: Caller, document: str) -> StoredQuestionnaire:
    """Store a document whose key and version nobody has used yet.

    Raises Problem questionnaire_invalid, questionnaire_exists.
    """
    found = parse_questionnaire(document)
    given = {"key": found.key, "version": found.version}
    if connection.execute(_ONE, given).first() is not None:
        pointers = [FieldError(code="version_taken", message=_TAKEN, pointer="/version")]
        raise Problem("questionnaire_exists", 409, _EXISTS.format(**given), pointers)
    return store_questionnaire(connection, caller, document)


_EXISTS = Text(
    zh="问卷“{key}”第 {version} 版已经有了，请换一个代码或版本。",
    en="There is a version {version} of questionnaire {key} already: choose another key or version.",
)
_TAKEN = Text(zh="这个版本已经有了。", en="There is such a version already.")
_FROZEN = Text(
    zh="问卷“{key}”第 {version} 版已用于评议，不能再改；请把 version 加一，另存新版。",
    en="Version {version} of questionnaire {key} is in use and never changes; store it anew under a higher "
    "version.",
)


def find_questionnaire(connection: Connection, key: str, version: int) -> StoredQuestionnaire:
    """One stored version; Problem not_found."""
    stored = one_row(connection, StoredQuestionnaire, _ONE, key=key, version=version)
    if stored is None:
        raise not_found(zh=f"问卷“{key}”第 {version} 版", en=f"Questionnaire {key}, version {version},")
    return stored


def list_questionnaires(connection: Connection) -> Sequence[StoredQuestionnaire]:
    """All stored versions by key, the newest first: one query."""
    return rows(connection, StoredQuestionnaire, _ALL)
