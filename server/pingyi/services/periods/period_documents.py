"""The documents that a period goes by beside its scheme: issued versions, named while it is a draft."""

from __future__ import annotations

from collections.abc import Sequence

from marshmallow import Schema, fields, validate
from sqlalchemy import Connection, bindparam, delete, insert, select

from pingyi.channels import Text
from pingyi.db import rows
from pingyi.domain.document_fields import KEY_PATTERN
from pingyi.domain.errors import Problem
from pingyi.domain.period_state import UNTIL_OPENING
from pingyi.ledger.leaves import record
from pingyi.models import Document, PeriodDocument
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import require_state
from pingyi.services.documents.documents import STORED, StoredDocument, find_document
from pingyi.services.documents.issue import require_choosable
from pingyi.services.documents.kinds import DocumentKind
from pingyi.services.periods.periods import PeriodRow

_NAMED = (
    STORED.join(PeriodDocument, PeriodDocument.document_id == Document.id)
    .where(PeriodDocument.period_id == bindparam("period"))
    .order_by(Document.kind, Document.key)
)
_NAME = insert(PeriodDocument)
_OTHER_VERSIONS = delete(PeriodDocument).where(
    PeriodDocument.period_id == bindparam("period"),
    PeriodDocument.document_id.in_(
        select(Document.id).where(Document.kind == bindparam("kind"), Document.key == bindparam("key"))
    ),
)


class PeriodDocumentSchema(Schema):
    """A version that a period goes by."""

    kind = fields.String(required=True, validate=validate.Length(max=40))
    key = fields.String(required=True, validate=validate.Regexp(f"^(?:{KEY_PATTERN.pattern})$"))
    version = fields.Integer(required=True, validate=validate.Range(min=1, max=1_000_000))


def period_documents(connection: Connection, period_id: int) -> Sequence[StoredDocument]:
    """The versions that a period names, by kind and key: one query."""
    return rows(connection, StoredDocument, _NAMED, period=period_id)


def name_document(
    connection: Connection, caller: Caller, period: PeriodRow, kind: DocumentKind, key: str, version: int
) -> None:
    """Have a draft period go by an issued version, in place of another one of its key.

    Raises Problem wrong_state, not_found, document_withdrawn, document_not_issued.
    """
    require_state(period.state, UNTIL_OPENING)
    stored = find_document(connection, kind, key, version)
    require_choosable(kind, stored)
    if stored.state != "issued" or not kind.of_periods:
        raise Problem("document_not_issued", 409, _NOT_ISSUED)
    drop_document(connection, caller, period, kind, key)
    connection.execute(_NAME, {"period_id": period.id, "document_id": stored.id})
    _record(connection, caller, period, kind, key, version, stored.sha256)


_NOT_ISSUED = Text(
    zh="周期只能采用已印发的文件，请先印发。", en="A period goes by issued documents: issue it first."
)


def drop_document(
    connection: Connection, caller: Caller, period: PeriodRow, kind: DocumentKind, key: str
) -> None:
    """Have a draft period no longer go by a document; Problem wrong_state."""
    require_state(period.state, UNTIL_OPENING)
    named = {"period": period.id, "kind": kind.key, "key": key}
    if connection.execute(_OTHER_VERSIONS, named).rowcount:
        _record(connection, caller, period, kind, key, None, None)


def _record(
    connection: Connection,
    caller: Caller,
    period: PeriodRow,
    kind: DocumentKind,
    key: str,
    version: int | None,
    sha256: str | None,
) -> None:
    content = {"period": period.key, "document": kind.key, "key": key, "version": version, "sha256": sha256}
    record(connection, "period.document", {**content, "by": caller.name}, period.id)
