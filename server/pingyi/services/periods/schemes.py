"""Schemes as stored documents: drafted, versioned, issued once and never changed after."""

from __future__ import annotations

import hashlib
from functools import partial

from sqlalchemy import Connection, Row, text

from pingyi.domain.scheme.parse import parse_scheme
from pingyi.domain.scheme.values import Scheme
from pingyi.ledger.leaves import record
from pingyi.registry import current_registry
from pingyi.services.core.bound_channels import check_plan
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import not_found


def read_document(document: str) -> Scheme:
    """Validate a scheme and its plugins' settings as a whole; Problem scheme_invalid names every error."""
    return parse_scheme(document, partial(check_plan, current_registry()))


def store_scheme(connection: Connection, caller: Caller, document: str) -> tuple[Scheme, int, int]:
    """Store a document as the next version of its scheme; returns (scheme, version, id).

    The same document again is the version that stands already.
    """
    scheme = read_document(document)
    digest = hashlib.sha256(document.encode()).digest()
    newest = connection.execute(
        text("SELECT id, version, digest FROM scheme WHERE key = :key ORDER BY version DESC LIMIT 1"),
        {"key": scheme.key},
    ).one_or_none()
    if newest is not None and newest.digest == digest:
        return scheme, newest.version, newest.id
    version = newest.version + 1 if newest else 1
    scheme_id = connection.execute(
        text(
            "INSERT INTO scheme (key, version, document, digest) VALUES (:key, :version, :document, :digest)"
            " RETURNING id"
        ),
        {"key": scheme.key, "version": version, "document": document, "digest": digest},
    ).scalar_one()
    content = {"scheme": scheme.key, "version": version, "sha256": digest.hex(), "by": caller.name}
    record(connection, "scheme.stored", content)
    return scheme, version, scheme_id


def issue_scheme(connection: Connection, caller: Caller, scheme_id: int) -> None:
    """Issue a stored version: from now on it is immutable (a trigger refuses any change)."""
    row = connection.execute(
        text(
            "UPDATE scheme SET issued_at = now() WHERE id = :id AND issued_at IS NULL"
            " RETURNING key, version, digest"
        ),
        {"id": scheme_id},
    ).one_or_none()
    if row is not None:
        content = {"scheme": row.key, "version": row.version, "sha256": row.digest.hex(), "by": caller.name}
        record(connection, "scheme.issued", content)


def find_scheme(connection: Connection, key: str, version: int | None = None) -> Row[tuple[object, ...]]:
    """The stored version of a scheme, the newest when none is named; Problem not_found otherwise."""
    row = connection.execute(
        text(
            "SELECT id, key, version, document, digest, issued_at FROM scheme WHERE key = :key"
            " AND (CAST(:version AS bigint) IS NULL OR version = :version) ORDER BY version DESC LIMIT 1"
        ),
        {"key": key, "version": version},
    ).one_or_none()
    if row is None:
        raise not_found(zh=f"评议方案“{key}”", en=f"Scheme {key}")
    return row
