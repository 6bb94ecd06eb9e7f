"""Schemes as periods take them: stored whole, named by key and version, issued when a period opens."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from pingyi.domain.document_reading import content_of, invalid_document, unseen_errors
from pingyi.domain.errors import FieldError
from pingyi.domain.scheme.parse import parse_scheme
from pingyi.domain.scheme.values import Scheme
from pingyi.domain.toml_document import at_lines
from pingyi.registry import check_channel, current_registry
from pingyi.services.core.callers import Caller
from pingyi.services.documents.documents import (
    StoredDocument,
    document_by_id,
    find_document,
    newest_usable,
)
from pingyi.services.documents.drafts import check_draft, new_draft, next_version
from pingyi.services.documents.issue import issue_if_draft, require_choosable
from pingyi.services.documents.scheme_kind import SCHEME


def read_scheme(document: str) -> Scheme:
    """Validate a scheme and its plugins' settings as a whole; Problem scheme_invalid names every error."""
    registry = current_registry()
    return parse_scheme(document, lambda plugin, settings: check_channel(registry, plugin, settings))


def unseen_in_scheme(document: str) -> Sequence[FieldError]:
    """Letters that nobody sees in a scheme that was read, each with its line."""
    return at_lines(unseen_errors(content_of(SCHEME.document_type(), document)), document)


def store_scheme(
    connection: Connection, caller: Caller, document: str, *, of_old: bool = False
) -> tuple[Scheme, int, int]:
    """Store a document as the next version of its scheme; returns (scheme, version, id).

    The same document again is the version that stands already. `of_old`: one from before letters that nobody
    sees were refused. Raises Problem scheme_invalid.
    """
    scheme = read_scheme(document)
    version = next_version(connection, SCHEME, scheme.key)
    draft = check_draft(SCHEME, document, scheme.key, version, of_old=of_old)
    if version > 1:
        newest = find_document(connection, SCHEME, scheme.key)
        if newest.digest == SCHEME.digest(document, draft.content):
            return scheme, newest.version, newest.id
    if draft.errors:
        raise invalid_document(SCHEME.document_type(), draft.errors)
    stored = new_draft(connection, caller, SCHEME, scheme.key, draft, version)
    return scheme, version, stored.id


def issue_scheme(connection: Connection, caller: Caller, scheme_id: int) -> None:
    """Issue the version that a period opens with; Problem document_withdrawn, scheme_invalid."""
    issue_if_draft(connection, caller, SCHEME, document_by_id(connection, SCHEME, scheme_id))


def scheme_for_period(connection: Connection, key: str, version: int | None = None) -> StoredDocument:
    """The version of a scheme that a new period names, the newest usable one when none is named.

    Raises Problem not_found, document_withdrawn.
    """
    if version is None:
        stored = newest_usable(connection, SCHEME, key)
    else:
        stored = find_document(connection, SCHEME, key, version)
    require_choosable(SCHEME, stored)
    return stored
