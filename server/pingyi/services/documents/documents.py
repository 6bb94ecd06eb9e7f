"""Stored documents: one version, the versions of a key, all of a kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from pingyi.channels import Text
from pingyi.db import one_row, rows
from pingyi.domain.document_reading import content_of
from pingyi.models import Document
from pingyi.services.core.errors import not_found
from pingyi.services.documents.kinds import DocumentKind

_EVERY = select(
    Document.id,
    Document.kind,
    Document.key,
    Document.version,
    Document.state,
    Document.title_zh,
    Document.title_en,
    Document.digest,
    Document.revision,
    Document.errors,
    Document.changed_by,
    Document.changed_at,
    Document.issued_at,
    Document.withdrawn_at,
)
STORED = _EVERY.add_columns(Document.toml)
_COLUMNS = _EVERY.where(Document.kind == bindparam("kind"))
_LINES = _COLUMNS.order_by(Document.key, Document.version.desc())
_OF_KEY = _LINES.where(Document.key == bindparam("key"))
_WHOLE = _OF_KEY.add_columns(Document.toml)
_ONE = _WHOLE.where(Document.version == bindparam("version"))
_NEWEST = _WHOLE.limit(1)
_OF_ID = _COLUMNS.add_columns(Document.toml).where(Document.id == bindparam("document"))
_NEWEST_USABLE = _WHOLE.where(Document.state != "withdrawn", Document.errors == 0).limit(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLine:
    """A stored version without its text; `errors`: how many places were wrong when it was saved."""

    id: int
    kind: str
    key: str
    version: int
    state: str
    title_zh: str
    title_en: str
    digest: bytes
    revision: int
    errors: int
    changed_by: str
    changed_at: datetime
    issued_at: datetime | None
    withdrawn_at: datetime | None

    @property
    def title(self) -> Text:
        """Its title, its key where a draft has none."""
        return Text(zh=self.title_zh or self.key, en=self.title_en or self.title_zh or self.key)

    @property
    def sha256(self) -> str:
        """Its digest in hexadecimal."""
        return self.digest.hex()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDocument(DocumentLine):
    """A stored version with its TOML text."""

    toml: str

    def content(self, kind: DocumentKind) -> dict[str, Any]:
        """Its content as it was typed."""
        return content_of(kind.document_type(), self.toml)


def list_documents(connection: Connection, kind: DocumentKind) -> Sequence[DocumentLine]:
    """All versions of a kind's documents by key, the newest first: one query."""
    return rows(connection, DocumentLine, _LINES, kind=kind.key)


def list_versions(connection: Connection, kind: DocumentKind, key: str) -> Sequence[DocumentLine]:
    """The versions of one key, the newest first; Problem not_found where there is none."""
    versions = rows(connection, DocumentLine, _OF_KEY, kind=kind.key, key=key)
    if not versions:
        raise _missing(kind, key)
    return versions


def find_document(
    connection: Connection, kind: DocumentKind, key: str, version: int | None = None
) -> StoredDocument:
    """One version, the newest when none is named; Problem not_found."""
    named = {"kind": kind.key, "key": key}
    statement, asked = (_NEWEST, named) if version is None else (_ONE, {**named, "version": version})
    stored = one_row(connection, StoredDocument, statement, **asked)
    if stored is None:
        raise _missing(kind, key, version)
    return stored


def document_by_id(connection: Connection, kind: DocumentKind, document_id: int) -> StoredDocument:
    """The version with this id; LookupError where the kind has none."""
    stored = one_row(connection, StoredDocument, _OF_ID, kind=kind.key, document=document_id)
    if stored is None:
        raise LookupError(f"there is no {kind.key} {document_id}")
    return stored


def newest_usable(connection: Connection, kind: DocumentKind, key: str) -> StoredDocument:
    """The newest version without errors that is not withdrawn, else the newest; Problem not_found."""
    usable = one_row(connection, StoredDocument, _NEWEST_USABLE, kind=kind.key, key=key)
    return usable or find_document(connection, kind, key)


def _missing(kind: DocumentKind, key: str, version: int | None = None) -> Exception:
    which = Text(zh=f"第 {version} 版", en=f", version {version},") if version else Text(zh="", en="")
    return not_found(zh=f"{kind.title.zh}“{key}”{which.zh}", en=f"{kind.title.en} {key}{which.en}")
