"""Issuing a draft, which freezes it for ever, and withdrawing what is issued from further choice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, func, update

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.models import Document
from pingyi.services.core.callers import Caller
from pingyi.services.documents.documents import StoredDocument, find_document
from pingyi.services.documents.drafts import changed_meanwhile, check_draft, record_act
from pingyi.services.documents.kinds import DocumentKind

_OF_ID = Document.id == bindparam("document")
_ISSUE = (
    update(Document)
    .where(_OF_ID, Document.state == "draft", Document.revision == bindparam("expected"))
    .values(state="issued", issued_at=func.now())
)
_WITHDRAW = (
    update(Document)
    .where(_OF_ID, Document.state == "issued")
    .values(state="withdrawn", withdrawn_at=func.now())
)


def require_whole(kind: DocumentKind, stored: StoredDocument) -> None:
    """Problem with everything that is wrong in a version, by pointer and line."""
    of_old = not stored.errors  # saved as whole: a text with letters that nobody sees is not, nowadays
    errors = check_draft(kind, stored.toml, stored.key, stored.version, of_old=of_old).errors
    if errors:
        message = _WRONG.format(title=kind.title, count=len(errors))
        raise Problem(kind.document_type().invalid, 422, message, tuple(errors))


_WRONG = Text(
    zh="{title}还有 {count} 处须改，不能印发。",
    en="{count} place(s) must be mended before this can be issued: {title}.",
)


def issue_document(
    connection: Connection,
    by: Mapping[str, Any],
    kind: DocumentKind,
    stored: StoredDocument,
    expected: int,
) -> None:
    """Issue a draft as it stood at its revision `expected`: whole, recorded, and frozen from now on.

    `by`: who did it, as the record tells it. Raises Problem with every error, document_changed where it was
    saved or issued since.
    """
    require_whole(kind, stored)
    if not connection.execute(_ISSUE, {"document": stored.id, "expected": expected}).rowcount:
        raise changed_meanwhile(find_document(connection, kind, stored.key, stored.version))
    record_act(connection, by, kind, stored, "issued")


def issue_if_draft(
    connection: Connection, caller: Caller, kind: DocumentKind, stored: StoredDocument
) -> None:
    """Issue what a period is about to rest on, unless it is issued already; Problem document_withdrawn."""
    require_choosable(kind, stored)
    if stored.state == "draft":
        issue_document(connection, {"by": caller.name}, kind, stored, stored.revision)


def require_choosable(kind: DocumentKind, stored: StoredDocument) -> None:
    """Problem document_withdrawn: a version that is not chosen again."""
    if stored.state == "withdrawn":
        message = _WITHDRAWN.format(title=kind.title, key=stored.key, version=stored.version)
        raise Problem("document_withdrawn", 409, message)


_WITHDRAWN = Text(
    zh="{title}“{key}”第 {version} 版已停用，请选择另一版。",
    en="Version {version} of {key} is withdrawn: choose another one.",
)


def withdraw_document(
    connection: Connection, caller: Caller, kind: DocumentKind, stored: StoredDocument
) -> None:
    """Take an issued version out of further choice; whatever rests on it stays. Problem conflict."""
    if not connection.execute(_WITHDRAW, {"document": stored.id}).rowcount:
        raise Problem("conflict", 409, _NOT_ISSUED)
    record_act(connection, {"by": caller.name}, kind, stored, "withdrawn")


_NOT_ISSUED = Text(
    zh="只有已印发、尚未停用的文件才能停用。", en="Only an issued document that is not withdrawn yet can be."
)
