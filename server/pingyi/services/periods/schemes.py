"""Schemes as stored documents: drafted, versioned, issued once and never changed after."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, bindparam, func, insert, select, update

from pingyi.db import one_row
from pingyi.domain.scheme.parse import parse_scheme
from pingyi.domain.scheme.values import Scheme
from pingyi.ledger.leaves import record
from pingyi.models import SchemeVersion
from pingyi.registry import check_channel, current_registry
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import not_found

_NEWEST = (
    select(
        SchemeVersion.id,
        SchemeVersion.key,
        SchemeVersion.version,
        SchemeVersion.document,
        SchemeVersion.digest,
        SchemeVersion.issued_at,
    )
    .where(SchemeVersion.key == bindparam("scheme"))
    .order_by(SchemeVersion.version.desc())
    .limit(1)
)
_VERSION = _NEWEST.where(SchemeVersion.version == bindparam("number"))
_STORE = insert(SchemeVersion).returning(SchemeVersion.id)
_ISSUE = (
    update(SchemeVersion)
    .where(SchemeVersion.id == bindparam("scheme"), SchemeVersion.issued_at.is_(None))
    .values(issued_at=func.now())
    .returning(SchemeVersion.key, SchemeVersion.version, SchemeVersion.digest)
)


@dataclass(frozen=True, slots=True)
class SchemeRow:
    """A stored version of a scheme."""

    id: int
    key: str
    version: int
    document: str
    digest: bytes
    issued_at: datetime | None


def read_document(document: str) -> Scheme:
    """Validate a scheme and its plugins' settings as a whole; Problem scheme_invalid names every error."""
    return parse_scheme(document, partial(check_channel, current_registry()))


def store_scheme(connection: Connection, caller: Caller, document: str) -> tuple[Scheme, int, int]:
    """Store a document as the next version of its scheme; returns (scheme, version, id).

    The same document again is the version that stands already.
    """
    scheme = read_document(document)
    digest = hashlib.sha256(document.encode()).digest()
    newest = one_row(connection, SchemeRow, _NEWEST, scheme=scheme.key)
    if newest is not None and newest.digest == digest:
        return scheme, newest.version, newest.id
    version = newest.version + 1 if newest else 1
    stored = {"key": scheme.key, "version": version, "document": document, "digest": digest}
    scheme_id = connection.execute(_STORE, stored).scalar_one()
    content = {"scheme": scheme.key, "version": version, "sha256": digest.hex(), "by": caller.name}
    record(connection, "scheme.stored", content)
    return scheme, version, scheme_id


def issue_scheme(connection: Connection, caller: Caller, scheme_id: int) -> None:
    """Issue a stored version: from now on it is immutable (a trigger refuses any change)."""
    row = connection.execute(_ISSUE, {"scheme": scheme_id}).one_or_none()
    if row is not None:
        content = {"scheme": row.key, "version": row.version, "sha256": row.digest.hex(), "by": caller.name}
        record(connection, "scheme.issued", content)


def find_scheme(connection: Connection, key: str, version: int | None = None) -> SchemeRow:
    """The stored version of a scheme, the newest when none is named; Problem not_found otherwise."""
    query = _NEWEST if version is None else _VERSION
    row = one_row(connection, SchemeRow, query, scheme=key, number=version)
    if row is None:
        raise not_found(zh=f"评议方案“{key}”", en=f"Scheme {key}")
    return row
