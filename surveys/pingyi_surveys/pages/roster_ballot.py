"""The ballot behind a card: page after page, saved with every step, until it is submitted once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.web.language import LANGUAGES
from pingyi.web.language import language as reader_language
from pingyi.web.policy import PUBLIC, policy
from pingyi.web.public_root import public_root
from pingyi_surveys.casting.ballot_pages import (
    STEP,
    BallotPage,
    Filled,
    asked_language,
    asked_step,
    read_form,
)
from pingyi_surveys.casting.drafts import BallotDraft, empty_draft, load_draft, save_draft
from pingyi_surveys.casting.page_html import (
    DEMONSTRATION,
    ROSTER_NOTICE,
    Frame,
    NoticePage,
    PageProgress,
    ReceiptPage,
    Standing,
    render_form,
    render_notice,
    render_receipt,
    short_code,
)
from pingyi_surveys.casting.roster_ballot import answers_on, cast_ballot, checked, open_questions, sheets_of
from pingyi_surveys.casting.roster_cards import RosterCard, find_card
from pingyi_surveys.pages.answers import html, strict
from pingyi_surveys.pages.assets import style_address
from pingyi_surveys.pages.roster_notices import saved, unsure

PAGE, TONGUE, SURE, DONE = "page", "in", "sure", "done"
ABOUT = "/about-ballots"
MOST_BYTES = 65_536
blueprint = Blueprint("roster_ballot", __name__)
strict(blueprint, MOST_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterVisit:
    """One request of a card's holder."""

    card: RosterCard
    sheets: tuple[BallotPage, ...]
    language: str

    def address(self, **query: Any) -> str:
        """This ballot's address, in the language in use where the browser would not ask for it."""
        if self.language != reader_language():
            query[TONGUE] = self.language
        return url_for("roster_ballot.show", card=self.card.code, **query)

    def page(self, given: str | None) -> int | None:
        """The page that a request names, counted from 1."""
        found = int(given) if given and given.isascii() and given.isdigit() and len(given) < 4 else 0
        return found if 1 <= found <= len(self.sheets) else None

    def frame(
        self,
        hidden: Mapping[str, str] | None = None,
        progress: PageProgress | None = None,
        alert: Text | None = None,
    ) -> Frame:
        """What stands around a page."""
        box = self.card.box
        return Frame(
            site=box.scheme_title,
            period=Text(zh=box.period, en=box.period),
            action=url_for("roster_ballot.send", card=self.card.code),
            style=style_address(),
            hidden={TONGUE: self.language, **(hidden or {})},
            title=box.title,
            notice=ROSTER_NOTICE,
            label=DEMONSTRATION if box.demonstration else None,
            progress=progress,
            about=ABOUT,
            alert=alert,
        )


@blueprint.get("/c/<card>")
@policy(PUBLIC)
def show(card: str) -> AnyResponse:
    """The page asked for, or where its holder stopped; the receipt once the ballot was cast."""
    visit = _visit(find_card(card), request.args.get(TONGUE))
    if receipt := visit.card.receipt():
        return _receipt(visit, receipt, "received" if DONE in request.args else "already")
    draft = load_draft(visit.card) or empty_draft(visit.card.box.layout)
    if SURE in request.args:
        return _ask(visit, draft)
    if "saved" in request.args:
        return _notice(visit, saved(visit.card.box, draft, visit.address()))
    page = visit.page(request.args.get(PAGE)) or min(draft.page, len(visit.sheets))
    return _form(visit, draft, page)


@blueprint.post("/c/<card>")
@policy(PUBLIC)
def send(card: str) -> AnyResponse:
    """Save the page that was filled in, then go where the button leads."""
    visit = _visit(find_card(card), asked_language(request.form) or request.form.get(TONGUE))
    if receipt := visit.card.receipt():
        return _receipt(visit, receipt, "already")
    draft = load_draft(visit.card)
    page = visit.page(request.form.get(PAGE))
    if page is not None:
        return _take_page(visit, draft or empty_draft(visit.card.box.layout), page)
    if draft is not None and SURE in request.form:
        return _submit(visit, draft)
    return redirect(visit.address(), 303)


def _visit(card: RosterCard, tongue: str | None) -> RosterVisit:
    language = tongue if tongue in LANGUAGES else reader_language()
    return RosterVisit(card=card, sheets=sheets_of(card.box), language=language)


def _take_page(visit: RosterVisit, draft: BallotDraft, page: int) -> AnyResponse:
    step = "stay" if asked_language(request.form) else asked_step(request.form)
    sheet = visit.sheets[page - 1]
    filled = read_form(request.form, sheet, draft=step != "submit")
    onward = page + {"next": 1, "previous": -1}.get(step, 0)
    target = page if filled.errors else min(max(onward, 1), len(visit.sheets))
    draft = draft.with_page(sheet.first, filled.answers, target)
    save_draft(visit.card, draft)
    if filled.errors:
        return _form(visit, draft, page, filled, 422)
    if step == "submit":
        return _submit(visit, draft)
    if step == "save":
        return redirect(visit.address(saved=1), 303)
    return redirect(visit.address(page=target), 303)


def _submit(visit: RosterVisit, draft: BallotDraft) -> AnyResponse:
    """Cast, unless something is left open: then lead there, or ask once where that is allowed."""
    left = open_questions(visit.sheets, draft.answers)
    if left and visit.card.box.questionnaire.require_all:
        page = left[0][0]
        return _form(visit, draft, page, checked(visit.sheets[page - 1], draft.answers), 422)
    if left and request.form.get(SURE) != str(_total(left)):
        return redirect(visit.address(**{SURE: 1}), 303)
    try:
        done = cast_ballot(visit.card, draft.answers)
    except Problem as problem:
        if problem.code != "busy":
            raise
        response = _form(visit, draft, len(visit.sheets), None, problem.status, problem.message)
        response.headers["Retry-After"] = str(problem.retry_after_seconds)
        return response
    return redirect(visit.address(**{DONE: 1} if done.fresh else {}), 303)


def _ask(visit: RosterVisit, draft: BallotDraft) -> Response:
    """Whether its holder wants to submit a ballot with open questions."""
    left = open_questions(visit.sheets, draft.answers)
    if not left:
        return _form(visit, draft, len(visit.sheets))
    links = [(visit.address(page=page), page, number) for page, number in left]
    count = _total(left)
    return _notice(visit, unsure(draft, count, links), {STEP: "submit", SURE: str(count)})


def _total(left: Sequence[tuple[int, int]]) -> int:
    return sum(count for _, count in left)


def _form(
    visit: RosterVisit,
    draft: BallotDraft,
    page: int,
    filled: Filled | None = None,
    status: int = 200,
    alert: Text | None = None,
) -> Response:
    sheet = visit.sheets[page - 1]
    shown = filled or Filled(answers=answers_on(sheet, draft.answers))
    questions = visit.card.box.layout.questions
    far = PageProgress(page=page, pages=len(visit.sheets), answered=draft.answered, questions=questions)
    frame = visit.frame({PAGE: str(page)}, far, alert)
    return html(render_form(sheet, frame, visit.language, shown), status)


def _notice(visit: RosterVisit, notice: NoticePage, hidden: Mapping[str, str] | None = None) -> Response:
    return html(render_notice(notice, visit.frame(hidden), visit.language))


def _receipt(visit: RosterVisit, receipt: bytes, standing: Standing) -> Response:
    look_up = f"{public_root()}/r/{short_code(receipt.hex())}"
    told = ReceiptPage(digest=receipt.hex(), look_up=look_up, standing=standing)
    return html(render_receipt(told, visit.frame(), visit.language))
