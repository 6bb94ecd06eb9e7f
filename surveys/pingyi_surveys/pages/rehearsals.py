"""A questionnaire tried before it is used: the real form, and a ballot counted that nobody keeps."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request, url_for
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as AnyResponse

from pingyi.channels import Text
from pingyi.console.pages import page
from pingyi.db import transaction
from pingyi.ledger.leaves import record
from pingyi.roles import OFFICE_READERS, Role
from pingyi.services.documents.documents import StoredDocument
from pingyi.web.callers import require_caller
from pingyi.web.language import language
from pingyi.web.policy import policy
from pingyi_surveys.casting.ballot_pages import BallotPage, Filled, asked_language, read_form
from pingyi_surveys.casting.page_html import (
    OPEN_NOTICE,
    ROSTER_NOTICE,
    Frame,
    ReceiptPage,
    render_form,
    render_receipt,
    short_code,
)
from pingyi_surveys.casting.rehearsal import Kind, lines_of, rehearse, sample_sheet
from pingyi_surveys.pages.assets import style_address
from pingyi_surveys.pages.questionnaires import ONE
from pingyi_surveys.questionnaires.kind import find_questionnaire
from pingyi_surveys.questionnaires.questionnaire import Questionnaire, parse_questionnaire

blueprint = Blueprint("rehearsals", __name__, template_folder="../templates")
SITE = Text(zh="政风行风评议", en="Pingyi")
BANNER = Text(zh="演练：不计票，什么也不保存", en="Rehearsal: nothing is counted or stored")
PERIOD = Text(zh="演练", en="Rehearsal")


@blueprint.get(f"{ONE}/preview")
@policy(*OFFICE_READERS)
def preview(key: str, version: int) -> AnyResponse:
    """The ballot as people will see it, of the kind and wording asked for."""
    return _form(_kept(key, version), language(), None)


@blueprint.post(f"{ONE}/rehearsal")
@policy(Role.ADMINISTRATOR)
def rehearsal(key: str, version: int) -> AnyResponse:
    """Seal, open and count what was filled in, all in memory; the record says only that it was tried."""
    kept, caller = _kept(key, version), require_caller()
    sheet, kind = _sheet(_asked(kept))
    filled = read_form(request.form, sheet, draft=bool(asked_language(request.form)))
    if tongue := asked_language(request.form):
        return _form(kept, tongue, filled)
    if filled.errors:
        return _form(kept, language(), filled, 422)
    found = rehearse(sheet, kind, filled)
    with transaction() as connection:
        record(connection, "questionnaire.rehearsed", {"sha256": kept.sha256, "by": caller.name})
    return page(
        "office/rehearsed.html",
        kept=kept,
        asked=_asked(kept),
        found=found,
        kind=kind,
        wording=_wording(),
        code=short_code(found.receipt),
        alone=lines_of(sheet, found.alone.entries),
        ten=lines_of(sheet, found.ten.entries),
        comments=[opinion.text for opinion in found.alone.opinions],
    )


@blueprint.get(f"{ONE}/receipts/<digest:digest>")
@policy(*OFFICE_READERS)
def receipt(key: str, version: int, digest: str) -> AnyResponse:
    """The receipt as a person would see it."""
    kept = _kept(key, version)
    here = url_for("rehearsals.receipt", key=key, version=version, digest=digest, _external=True)
    frame = _frame(kept, "open", "")
    return _answer(render_receipt(ReceiptPage(digest=digest, look_up=here), frame, language()))


def _kept(key: str, version: int) -> StoredDocument:
    with transaction() as connection:
        return find_questionnaire(connection, key, version)


def _asked(kept: StoredDocument) -> Questionnaire:
    return parse_questionnaire(kept.toml)


def _wording() -> str:
    return request.args.get("wording", "")


def _sheet(questionnaire: Questionnaire) -> tuple[BallotPage, Kind]:
    kind: Kind = "roster" if request.args.get("kind") == "roster" else "open"
    return sample_sheet(questionnaire, kind, _wording()), kind


def _form(kept: StoredDocument, tongue: str, filled: Filled | None, status: int = 200) -> AnyResponse:
    sheet, kind = _sheet(_asked(kept))
    return _answer(render_form(sheet, _frame(kept, kind, _wording()), tongue, filled), status)


def _frame(kept: StoredDocument, kind: Kind, wording: str) -> Frame:
    address: dict[str, Any] = {"key": kept.key, "version": kept.version, "kind": kind, "wording": wording}
    roster = kind == "roster"
    return Frame(
        site=SITE,
        period=PERIOD,
        action=url_for("rehearsals.rehearsal", **address),
        style=style_address(),
        hidden={"csrf_token": generate_csrf()},
        title=_asked(kept).title if roster else None,
        notice=ROSTER_NOTICE if roster else OPEN_NOTICE,
        label=BANNER,
    )


def _answer(html: str, status: int = 200) -> AnyResponse:
    response = Response(html, status, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response
