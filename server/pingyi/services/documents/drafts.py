"""Drafts: saved whole or half-finished, never over what somebody else saved in between, or discarded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from pingyi.channels import Text
from pingyi.db import Lock, hold
from pingyi.domain.document_fields import KEY_PATTERN
from pingyi.domain.document_messages import pointer
from pingyi.domain.document_reading import Content, content_of, load_content, unseen_errors
from pingyi.domain.errors import FieldError, Problem
from pingyi.domain.toml_document import at_lines
from pingyi.domain.toml_writing import toml_of
from pingyi.ledger.leaves import record
from pingyi.models import Document
from pingyi.services.core.callers import Caller
from pingyi.services.documents.documents import StoredDocument, find_document
from pingyi.services.documents.kinds import DocumentKind, plain_digest

MOST_CHARACTERS = 100_000
MOST_BYTES = 1_048_576
"""Of a request with a text of so many characters: a form takes nine bytes for a Chinese one."""
_LAST = select(func.coalesce(func.max(Document.version), 0)).where(
    Document.kind == bindparam("kind"), Document.key == bindparam("key")
)
_STORE = insert(Document)
_SAVE = (
    update(Document)
    .where(
        Document.id == bindparam("document"),
        Document.state == "draft",
        Document.revision == bindparam("expected"),
    )
    .values(
        title_zh=bindparam("title_zh"),
        title_en=bindparam("title_en"),
        toml=bindparam("toml"),
        digest=bindparam("digest"),
        errors=bindparam("errors"),
        changed_by=bindparam("changed_by"),
        changed_at=func.now(),
        revision=Document.revision + 1,
    )
)
_DISCARD = delete(Document).where(
    Document.id == bindparam("document"),
    Document.state == "draft",
    Document.revision == bindparam("expected"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedDraft:
    """A TOML text with its content and everything wrong in it, each with pointer and line."""

    toml: str
    content: Content
    errors: Sequence[FieldError]

    @property
    def title(self) -> Mapping[str, Any]:
        """The title as far as it was typed."""
        title = self.content.get("title")
        return title if isinstance(title, Mapping) else {}


def check_draft(
    kind: DocumentKind, toml: str, key: str, version: int, *, of_old: bool = False
) -> CheckedDraft:
    """Check a text as a whole, as what is to be the key's version; Problem where it is no TOML.

    `of_old`: it was whole before letters that nobody sees were refused.
    """
    document_type = kind.document_type()
    content = content_of(document_type, toml)
    _, errors = load_content(document_type, content)
    others = [
        FieldError(code="other_identity", message=_OTHER.format(value=value), pointer=pointer(name))
        for name, value in kind.fixed(key, version).items()
        if content.get(name) != value
    ]
    unseen = [] if of_old else list(unseen_errors(content))
    told = {error.pointer for error in (*others, *unseen)}
    errors = [*others, *unseen, *(error for error in errors if error.pointer not in told)]
    return CheckedDraft(toml=toml, content=content, errors=at_lines(errors, toml))


_OTHER = Text(
    zh="这里应为“{value}”，与所保存的文件一致。", en="Must be {value} here, as the document is stored."
)


def begin_draft(
    connection: Connection, caller: Caller, kind: DocumentKind, key: str, toml: str
) -> StoredDocument:
    """Store a text as a draft of the next version of a key, right or not yet; comments and order stay.

    `key`: "" for the one that the content says itself. Raises Problem where the text is no TOML, or no key
    is known.
    """
    content = content_of(kind.document_type(), toml)
    said = content.get("key") if "key" in kind.identity else None
    key = key or (said if isinstance(said, str) else "")
    if not KEY_PATTERN.fullmatch(key):
        raise Problem("invalid", 422, _KEY, [FieldError(code="not_a_key", message=_KEY, pointer="/key")])
    version = next_version(connection, kind, key)
    fixed = kind.fixed(key, version)
    missing = {name: value for name, value in fixed.items() if name not in content}
    content = {**missing, **content, **fixed}
    before = (toml_of(missing) if missing else "") + toml.removeprefix("\ufeff")
    draft = check_draft(kind, toml_of(content, before), key, version)
    return new_draft(connection, caller, kind, key, draft, version)


_KEY = Text(
    zh="代号以英文字母开头，只含英文字母、数字、下划线和短横，最多 64 个字符。",
    en="A key begins with an English letter and has only letters, digits, _ and -, 64 characters at most.",
)


def next_version(connection: Connection, kind: DocumentKind, key: str) -> int:
    """The version that a new draft of this key gets; nobody else gets it in this transaction."""
    hold(connection, Lock.VERSIONS_OF_DOCUMENT, sum(f"{kind.key} {key}".encode()))
    return int(connection.execute(_LAST, {"kind": kind.key, "key": key}).scalar_one()) + 1


def new_draft(
    connection: Connection, caller: Caller, kind: DocumentKind, key: str, draft: CheckedDraft, version: int
) -> StoredDocument:
    """Store a draft as a version of its key; Problem conflict where the version stands already."""
    _require_size(draft)
    row = {"kind": kind.key, "key": key, "version": version, **_columns(kind, caller, draft)}
    connection.execute(_STORE, row)
    stored = find_document(connection, kind, key, version)
    _record_whole(connection, caller, kind, stored)
    return stored


def save_draft(
    connection: Connection,
    caller: Caller,
    kind: DocumentKind,
    stored: StoredDocument,
    draft: CheckedDraft,
    expected: int | None = None,
) -> StoredDocument:
    """Save over a draft as it stood at its revision `expected`, None: as it stands.

    Raises Problem document_issued, document_in_use, document_changed: somebody else saved in between.
    """
    _require_size(draft)
    require_changeable(connection, kind, stored)
    row = {**_columns(kind, caller, draft), "document": stored.id}
    saved = connection.execute(_SAVE, {**row, "expected": expected or stored.revision})
    if not saved.rowcount:
        raise changed_meanwhile(find_document(connection, kind, stored.key, stored.version))
    stored = find_document(connection, kind, stored.key, stored.version)
    _record_whole(connection, caller, kind, stored)
    return stored


def discard_draft(
    connection: Connection, caller: Caller, kind: DocumentKind, stored: StoredDocument, expected: int
) -> None:
    """Delete a draft that nothing rests on; raises what `save_draft` does."""
    require_changeable(connection, kind, stored)
    if not connection.execute(_DISCARD, {"document": stored.id, "expected": expected}).rowcount:
        raise changed_meanwhile(find_document(connection, kind, stored.key, stored.version))
    record_act(connection, {"by": caller.name}, kind, stored, "discarded")


def require_changeable(connection: Connection, kind: DocumentKind, stored: StoredDocument) -> None:
    """Problem document_issued, document_in_use: a version that does not change any more."""
    if stored.state != "draft":
        named = {"title": kind.title, "version": stored.version}
        raise Problem("document_issued", 409, _ISSUED.format(**named))
    if reason := kind.rests_on_it(connection, stored.id):
        raise Problem("document_in_use", 409, reason)


_ISSUED = Text(
    zh="第 {version} 版已印发，不能再改；请复制为新稿。",
    en="Version {version} is issued and never changes; copy it as a new draft.",
)


def changed_meanwhile(now: StoredDocument) -> Problem:
    """Somebody else saved the draft, or issued it, since it was read."""
    message = _CHANGED.format(revision=now.revision)
    return Problem("document_changed", 409, message)


_CHANGED = Text(
    zh="您打开之后，别人保存过这份草稿（现为第 {revision} 次保存）。您填写的内容还在，请核对差异后再保存。",
    en="Somebody else saved this draft after you opened it (it is at revision {revision} now). What you "
    "typed is still here: look at the differences, then save again.",
)


def record_act(
    connection: Connection, by: Mapping[str, Any], kind: DocumentKind, stored: StoredDocument, act: str
) -> None:
    """Write the leaf of an act on a version: stored, issued, withdrawn, discarded; `by` says who did it."""
    content = {**kind.recorded(kind.key, stored.key), "version": stored.version, "sha256": stored.sha256}
    record(connection, f"{kind.record}.{act}", {**content, **by})


def _record_whole(connection: Connection, caller: Caller, kind: DocumentKind, stored: StoredDocument) -> None:
    if not stored.errors:  # half-finished work is nobody's word yet
        record_act(connection, {"by": caller.name}, kind, stored, "stored")


def _columns(kind: DocumentKind, caller: Caller, draft: CheckedDraft) -> dict[str, Any]:
    digest = plain_digest if draft.errors else kind.digest
    return {
        "title_zh": _line(draft.title.get("zh")),
        "title_en": _line(draft.title.get("en")),
        "toml": draft.toml,
        "digest": digest(draft.toml, draft.content),
        "errors": len(draft.errors),
        "changed_by": caller.name,
    }


def _line(typed: object) -> str:
    return typed.strip()[:200].replace("\0", "") if isinstance(typed, str) else ""


def _require_size(draft: CheckedDraft) -> None:
    if len(draft.toml) > MOST_CHARACTERS:
        raise Problem("document_too_large", 413, _LARGE.format(most=MOST_CHARACTERS))


_LARGE = Text(zh="文件至多 {most} 个字符。", en="A document has {most} characters at most.")
