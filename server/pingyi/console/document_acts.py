"""What is done to a document as a whole: issued, withdrawn, discarded; each shown before it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flask import redirect, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as AnyResponse

from pingyi.channels import Text
from pingyi.console.documents import ONE, readable, rules_of
from pingyi.console.pages import attempt, blueprint, field, page
from pingyi.domain.errors import FieldError, Problem
from pingyi.services.approvals.requests import issue_or_ask
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import forbidden
from pingyi.services.documents.documents import StoredDocument
from pingyi.services.documents.drafts import check_draft, discard_draft
from pingyi.services.documents.issue import withdraw_document
from pingyi.services.documents.kinds import DocumentKind
from pingyi.web.callers import require_caller
from pingyi.web.forms.form import filled_form
from pingyi.web.policy import SIGNED_IN, policy

Carry = Callable[[Connection, Caller, DocumentKind, StoredDocument, int], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentAct:
    """`what`: the button; `then`: what happens, and what cannot be undone. `state`: the one that it needs."""

    what: Text
    then: Text
    state: str
    carry_out: Carry


def _issue(
    connection: Connection, caller: Caller, kind: DocumentKind, stored: StoredDocument, revision: int
) -> None:
    issue_or_ask(connection, caller, kind, stored, revision, field("reason"), repeat_key=field("once"))


def _withdraw(
    connection: Connection, caller: Caller, kind: DocumentKind, stored: StoredDocument, _revision: int
) -> None:
    withdraw_document(connection, caller, kind, stored)


ACTS: Final[Mapping[str, DocumentAct]] = {
    "issue": DocumentAct(
        what=Text(zh="印发", en="Issue"),
        then=Text(
            zh="印发后，这一版永远不再改动，可供周期选用；印发写入记录，不能撤回。要改内容，只能复制为新稿。",
            en="Once issued, this version never changes and periods may use it; the issue stands in the "
            "record and cannot be taken back. To change anything, copy it as a new draft.",
        ),
        state="draft",
        carry_out=_issue,
    ),
    "withdraw": DocumentAct(
        what=Text(zh="停用", en="Withdraw"),
        then=Text(
            zh="停用后，这一版不能再被选用，也不能重新启用；已经使用它的周期不受影响。停用写入记录。",
            en="Once withdrawn, this version is not chosen again, and that cannot be taken back; whatever "
            "uses it already stays as it is. The withdrawal stands in the record.",
        ),
        state="issued",
        carry_out=_withdraw,
    ),
    "discard": DocumentAct(
        what=Text(zh="删除草稿", en="Discard the draft"),
        then=Text(
            zh="草稿的内容将被删除，不能恢复；需要留存的，请先下载文件。",
            en="What the draft holds is deleted and cannot be restored; download its file first if need be.",
        ),
        state="draft",
        carry_out=discard_draft,
    ),
}


@blueprint.get(f"{ONE}/<any(issue, withdraw, discard):act>")
@policy(SIGNED_IN)
def document_act(kind: str, key: str, version: int, act: str) -> AnyResponse:
    """What an act on a document will do, and what still stands against it."""
    found, stored = _permitted(kind, key, version, act)
    return _page(found, stored, act)


@blueprint.post(f"{ONE}/<any(issue, withdraw, discard):act>")
@policy(SIGNED_IN)
def carry_out_document_act(kind: str, key: str, version: int, act: str) -> AnyResponse:
    """Do it, if its key was typed and it stands as it was shown."""
    found, stored = _permitted(kind, key, version, act)
    if field("typed") != key:
        wrong = FieldError(code="invalid", message=_TYPE.format(key=key), pointer="/typed")
        return _page(found, stored, act, Problem("invalid", 422, _NOT_DONE, [wrong]))
    revision = request.form.get("revision", default=-1, type=int)
    one = ACTS[act]
    problem = attempt(lambda connection: one.carry_out(connection, require_caller(), found, stored, revision))
    if problem:
        return _page(found, stored, act, problem)
    if act == "discard":
        return redirect(url_for("console.documents", kind=kind), 303)
    return redirect(url_for("console.document", kind=kind, key=key, version=version), 303)


_NOT_DONE = Text(zh="尚未执行。", en="Nothing was done.")
_TYPE = Text(zh="请照样填写代号“{key}”。", en="Type its key, {key}, as it stands.")


def _permitted(kind: str, key: str, version: int, act: str) -> tuple[DocumentKind, StoredDocument]:
    found, stored = readable(kind, key, version)
    who = found.drafters if act == "discard" else found.issuers
    if not who & require_caller().roles:
        raise forbidden()
    return found, stored


def _page(
    kind: DocumentKind, stored: StoredDocument, act: str, problem: Problem | None = None
) -> AnyResponse:
    one = ACTS[act]
    places = _to_mend(kind, stored) if act == "issue" and stored.state == "draft" else ()
    return page(
        "console/document_act.html",
        problem.status if problem else 200,
        kind=kind,
        stored=stored,
        act=act,
        what=one.what,
        then=one.then,
        places=places,
        possible=stored.state == one.state and not places,
        problem=problem,
        wrong=problem.errors[0].message if problem and problem.errors and problem.code == "invalid" else None,
    )


def _to_mend(kind: DocumentKind, stored: StoredDocument) -> Sequence[tuple[str, Text, Text]]:
    """What is wrong in a draft, each with its place on the form: id, words, message."""
    errors = check_draft(kind, stored.toml, stored.key, stored.version).errors
    form = filled_form(kind.document_type().schema(), stored.content(kind), rules_of(kind, stored))
    return form.view(errors).places if errors else ()
