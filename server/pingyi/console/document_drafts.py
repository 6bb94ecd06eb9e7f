"""A draft in its form or as TOML: checked while it is typed, saved whole or half-finished."""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from pingyi.channels import Text
from pingyi.console.documents import ONE, draftable_kind, may_draft, readable, rules_of, uploaded
from pingyi.console.pages import blueprint, field, page
from pingyi.db import transaction
from pingyi.domain.document_reading import load_content, unseen_errors
from pingyi.domain.errors import FieldError, Problem
from pingyi.domain.toml_writing import toml_of
from pingyi.services.documents.documents import StoredDocument, find_document
from pingyi.services.documents.drafts import CheckedDraft, check_draft, save_draft
from pingyi.services.documents.kinds import DocumentKind, DocumentLink
from pingyi.web.callers import require_caller
from pingyi.web.forms.differences import Difference, differences
from pingyi.web.forms.form import Form, filled_form, posted_form
from pingyi.web.forms.ordering import in_order_of
from pingyi.web.language import language
from pingyi.web.policy import SIGNED_IN, policy


@blueprint.get(ONE)
@policy(SIGNED_IN)
def document(kind: str, key: str, version: int) -> AnyResponse:
    """A draft in its form, with what must still be mended; an issued version to be read."""
    found, stored = readable(kind, key, version)
    schema = found.document_type().schema()
    form = filled_form(schema, stored.content(found), rules_of(found, stored))
    errors = check_draft(found, stored.toml, key, version).errors if stored.state == "draft" else ()
    return _page(found, stored, form, errors, notice=_SAVED if request.args.get("saved") else None)


_SAVED = Text(zh="已保存。", en="Saved.")


@blueprint.post(ONE)
@policy(SIGNED_IN)
def change_document(kind: str, key: str, version: int) -> AnyResponse:
    """Save the form over the draft, or do to the form what a button asks for."""
    found = draftable_kind(kind)
    _, stored = readable(kind, key, version)
    schema, rules = found.document_type().schema(), rules_of(found, stored)
    form = posted_form(schema, request.form, rules)
    asked = field("do") or "save"
    changed = form.change(asked)
    content, twice = form.content()
    content = {**found.fixed(key, version), **content}
    if changed or twice or asked != "save":
        errors = [*twice, *load_content(found.document_type(), content)[1], *unseen_errors(content)]
        notice = None if changed or twice else _CHECKED
        return _page(found, stored, form, errors, notice=notice, unsaved=True)
    content = in_order_of(stored.content(found), schema, content, rules)
    draft = check_draft(found, toml_of(content, stored.toml), key, version)
    return _saved(found, stored, draft) or _page(found, stored, form, draft.errors)


_CHECKED = Text(zh="已检查，尚未保存。", en="Checked; not saved yet.")


def _saved(kind: DocumentKind, stored: StoredDocument, draft: CheckedDraft) -> AnyResponse:
    """Save, and lead back to the draft; where that is refused, the form as it was typed, with the reason."""
    try:
        with transaction() as connection:
            save_draft(connection, require_caller(), kind, stored, draft, _expected())
    except Problem as problem:
        return _refused(kind, stored, draft, problem)
    address = url_for("console.document", kind=kind.key, key=stored.key, version=stored.version, saved=1)
    return redirect(address, 303)


def _expected() -> int:
    """The revision that the form was drawn from; -1, which no draft has, where it is not said."""
    return request.form.get("revision", default=0, type=int) or -1


def _refused(
    kind: DocumentKind, stored: StoredDocument, draft: CheckedDraft, problem: Problem
) -> AnyResponse:
    with transaction() as connection:
        now = find_document(connection, kind, stored.key, stored.version)
    rules, schema = rules_of(kind, now), kind.document_type().schema()
    changes: Sequence[Difference] = ()
    if problem.code == "document_changed":
        changes = differences(schema, now.content(kind), draft.content, rules, language=language())
    form = filled_form(schema, draft.content, rules)
    return _page(kind, now, form, draft.errors, problem=problem, changes=changes)


def _page(
    kind: DocumentKind,
    stored: StoredDocument,
    form: Form,
    errors: Sequence[FieldError],
    *,
    problem: Problem | None = None,
    notice: Text | None = None,
    changes: Sequence[Difference] = (),
    unsaved: bool = False,
) -> AnyResponse:
    with transaction() as connection:
        in_use = kind.rests_on_it(connection, stored.id) if stored.state == "draft" else None
    writes = may_draft(kind) and stored.state == "draft" and in_use is None
    return page(
        "console/document.html",
        problem.status if problem else 200,
        kind=kind,
        stored=stored,
        view=form.view(errors),
        in_use=in_use,
        problem=problem,
        notice=notice,
        unsaved=unsaved or problem is not None,
        changes=changes,
        writes=writes,
        may_draft=may_draft(kind),
        may_issue=bool(kind.issuers & require_caller().roles),
        own_pages=_own_pages(kind, stored),
    )


def _own_pages(kind: DocumentKind, stored: StoredDocument) -> Sequence[DocumentLink]:
    if stored.errors:
        return ()
    loaded, errors = load_content(kind.document_type(), stored.content(kind))
    return () if errors else kind.links(stored.key, stored.version, loaded)


@blueprint.get(f"{ONE}/text")
@policy(SIGNED_IN)
def document_text(kind: str, key: str, version: int) -> AnyResponse:
    """A version as TOML, with its comments."""
    found, stored = readable(kind, key, version)
    errors = check_draft(found, stored.toml, key, version).errors if stored.state == "draft" else ()
    return _text(found, stored, stored.toml, errors)


@blueprint.post(f"{ONE}/text")
@policy(SIGNED_IN)
def change_document_text(kind: str, key: str, version: int) -> AnyResponse:
    """Save a TOML text, typed or sent as a file, over the draft."""
    found = draftable_kind(kind)
    _, stored = readable(kind, key, version)
    typed = request.form.get("toml", "").replace("\r\n", "\n")
    try:
        typed = uploaded() if field("do") == "file" else typed
        draft = check_draft(found, typed, key, version)
        if field("do") == "check":
            return _text(found, stored, typed, draft.errors, notice=_CHECKED)
        with transaction() as connection:
            save_draft(connection, require_caller(), found, stored, draft, _expected())
    except Problem as problem:
        with transaction() as connection:
            now = find_document(connection, found, key, version)
        return _text(found, now, typed, problem.errors, problem=problem)
    address = url_for("console.document_text", kind=kind, key=key, version=version)
    return redirect(address, 303)


def _text(
    kind: DocumentKind,
    stored: StoredDocument,
    toml: str,
    errors: Sequence[FieldError],
    *,
    problem: Problem | None = None,
    notice: Text | None = None,
) -> AnyResponse:
    return page(
        "console/document_text.html",
        problem.status if problem else 200,
        kind=kind,
        stored=stored,
        toml=toml,
        errors=errors,
        problem=problem,
        notice=notice,
        writes=may_draft(kind) and stored.state == "draft",
    )
