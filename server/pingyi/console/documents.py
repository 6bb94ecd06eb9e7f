"""Documents of every kind: listed, begun, read, compared, printed, saved as a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response, redirect, request, url_for
from flask.sansio.blueprints import BlueprintSetupState
from sqlalchemy import Connection
from werkzeug.wrappers import Response as AnyResponse

from pingyi.channels import Text
from pingyi.console.pages import blueprint, field, page
from pingyi.db import transaction
from pingyi.domain.document_reading import content_of
from pingyi.domain.errors import FieldError, Problem
from pingyi.services.core.errors import forbidden
from pingyi.services.documents.documents import (
    DocumentLine,
    StoredDocument,
    find_document,
    list_documents,
    list_versions,
)
from pingyi.services.documents.drafts import MOST_BYTES, begin_draft
from pingyi.services.documents.kinds import DocumentKind
from pingyi.services.documents.registered import document_kind, document_kinds
from pingyi.services.spreadsheets.text_files import decode
from pingyi.web.body_limits import take_files
from pingyi.web.callers import require_caller
from pingyi.web.forms.differences import differences
from pingyi.web.forms.form import filled_form
from pingyi.web.forms.rules import FormRules
from pingyi.web.language import language
from pingyi.web.policy import SIGNED_IN, policy

ALL = "/office/documents"
OF_KIND = f"{ALL}/<key:kind>"
ONE = f"{OF_KIND}/<key:key>/<int(max=1000000):version>"


def _take_long_forms(state: BlueprintSetupState) -> None:
    for view in ("begin_document", "change_document", "change_document_text"):
        take_files(state.app, f"console.{view}", MOST_BYTES, office=True)


blueprint.record_once(_take_long_forms)


@dataclass(frozen=True, slots=True, kw_only=True)
class KindLine:
    """A kind with how many of its documents are drafts and how many are issued."""

    kind: DocumentKind
    drafts: int
    issued: int


@blueprint.get(ALL)
@policy(SIGNED_IN)
def all_documents() -> AnyResponse:
    """The kinds of documents that this account may read."""
    kinds = [kind for kind in document_kinds().values() if kind.readers & require_caller().roles]
    with transaction() as connection:
        lines = [_kind_line(kind, list_documents(connection, kind)) for kind in kinds]
    return page("console/document_kinds.html", lines=lines)


def _kind_line(kind: DocumentKind, stored: Sequence[DocumentLine]) -> KindLine:
    states = [one.state for one in stored]
    return KindLine(kind=kind, drafts=states.count("draft"), issued=states.count("issued"))


@blueprint.get(OF_KIND)
@policy(SIGNED_IN)
def documents(kind: str) -> AnyResponse:
    """All documents of a kind, and those that come along to begin with."""
    return _documents(readable_kind(kind))


def _documents(kind: DocumentKind, problem: Problem | None = None) -> AnyResponse:
    with transaction() as connection:
        stored = list_documents(connection, kind)
    ready = [(key, content_of(kind.document_type(), toml)["title"]) for key, toml in kind.ready().items()]
    return page(
        "console/documents.html",
        problem.status if problem else 200,
        kind=kind,
        stored=stored,
        ready=[(key, Text(zh=title["zh"], en=title["en"])) for key, title in ready],
        problem=problem,
        wrong={error.pointer[1:]: error.message for error in problem.errors} if problem else {},
        typed=request.form,
        may_draft=may_draft(kind),
    )


@blueprint.post(OF_KIND)
@policy(SIGNED_IN)
def begin_document(kind: str) -> AnyResponse:
    """Begin a draft: empty, from one that comes along, from a stored version, or from a file."""
    found = draftable_kind(kind)
    try:
        with transaction() as connection:
            toml, key = _beginning(connection, found, field("from"), field("of_version"))
            stored = begin_draft(connection, require_caller(), found, field("key") or key, toml)
    except Problem as problem:
        return _documents(found, problem)
    address = url_for("console.document", kind=kind, key=stored.key, version=stored.version)
    return redirect(address, 303)


def _beginning(connection: Connection, kind: DocumentKind, source: str, version: str) -> tuple[str, str]:
    """The TOML text to begin with, and its key: a file's, a stored version's, a ready-made one, or none."""
    if source == "file":
        return uploaded(), ""
    if source and version.isascii() and version.isdigit() and len(version) < 8:
        return find_document(connection, kind, source, int(version)).toml, source
    ready = kind.ready()
    if source and source not in ready:
        raise _refused("from", _NO_SUCH)
    return ready.get(source, ""), source


_NO_SUCH = Text(zh="没有这份现成文件。", en="There is no such ready-made document.")


def _refused(name: str, message: Text) -> Problem:
    return Problem("invalid", 422, message, [FieldError(code="invalid", message=message, pointer=f"/{name}")])


def uploaded() -> str:
    """The text of the file sent; Problem where there is none, or it is no text or too large."""
    sent = request.files.get("file")
    content = sent.read(MOST_BYTES + 1) if sent and sent.filename else b""
    if not content:
        raise _refused("file", _CHOOSE)
    if len(content) > MOST_BYTES:
        raise Problem("body_too_large", 413, _LARGE)
    text, _ = decode(content)
    if text is None or "\0" in text:
        raise Problem("file_unreadable", 422, _UNREADABLE)
    return text


_CHOOSE = Text(zh="请选择一个文件。", en="Choose a file.")
_LARGE = Text(zh="文件太大，至多 1 MB。", en="The file is too large: 1 MB at most.")
_UNREADABLE = Text(
    zh="这不是文本文件；请选择导出的 TOML 文件。", en="This is no text; choose a TOML file as exported."
)


@blueprint.get(f"{ONE}/file")
@policy(SIGNED_IN)
def document_file(kind: str, key: str, version: int) -> AnyResponse:
    """A version's TOML text, to be saved."""
    _, stored = readable(kind, key, version)
    response = Response(stored.toml, content_type="application/toml; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{key}-{version}.toml"'
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get(f"{ONE}/print")
@policy(SIGNED_IN)
def document_print(kind: str, key: str, version: int) -> AnyResponse:
    """A version to be printed: its titles and values, without any form."""
    found, stored = readable(kind, key, version)
    form = filled_form(found.document_type().schema(), stored.content(found), rules_of(found, stored))
    view = form.view()
    return page("console/document_print.html", kind=found, stored=stored, view=view)


@blueprint.get(f"{ONE}/changes")
@policy(SIGNED_IN)
def document_changes(kind: str, key: str, version: int) -> AnyResponse:
    """What differs in words between this version and another one of its key, by default the one before."""
    found, stored = readable(kind, key, version)
    with transaction() as connection:
        versions = list_versions(connection, found, key)
        others = [one.version for one in versions if one.version != version]
        asked = request.args.get("from", type=int)
        chosen = asked if asked in others else next((one for one in others if one < version), None)
        chosen = chosen or (others[0] if others else None)
        other = find_document(connection, found, key, chosen) if chosen else None
    changes = (
        differences(
            found.document_type().schema(),
            other.content(found),
            stored.content(found),
            rules_of(found, stored),
            language=language(),
        )
        if other
        else []
    )
    return page(
        "console/document_changes.html",
        kind=found,
        stored=stored,
        other=other,
        others=others,
        changes=changes,
    )


def rules_of(kind: DocumentKind, stored: StoredDocument) -> FormRules:
    """How the form of a kind's documents is made."""
    return FormRules(
        schema_at=kind.schema_at,
        choices_at=kind.choices_at,
        told_at=kind.told_at,
        fixed=kind.fixed(stored.key, stored.version),
    )


def readable_kind(key: str) -> DocumentKind:
    """The kind, for whoever may read it; Problem not_found, forbidden."""
    kind = document_kind(key)
    if not kind.readers & require_caller().roles:
        raise forbidden()
    return kind


def draftable_kind(key: str) -> DocumentKind:
    """The kind, for whoever may draft it; Problem not_found, forbidden."""
    kind = document_kind(key)
    if not may_draft(kind):
        raise forbidden()
    return kind


def may_draft(kind: DocumentKind) -> bool:
    """Whether the person signed in drafts documents of this kind."""
    return bool(kind.drafters & require_caller().roles)


def readable(kind: str, key: str, version: int) -> tuple[DocumentKind, StoredDocument]:
    """A kind and one of its versions, for whoever may read them; Problem not_found, forbidden."""
    found = readable_kind(kind)
    with transaction() as connection:
        return found, find_document(connection, found, key, version)
