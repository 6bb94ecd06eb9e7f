"""Open ballots: from the code at a window, or of a visit, to the receipt; no session, script or trace."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from flask import Blueprint, Response, request
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.wrappers import Response as AnyResponse

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.ledger.tree_heads import recent_head
from pingyi.web.language import LANGUAGES, language
from pingyi.web.policy import PUBLIC, policy
from pingyi.web.public_root import public_root
from pingyi_surveys.ballot.page_nonce import Nonce, read_nonce
from pingyi_surveys.casting.ballot_addresses import BallotAddress, address_of_code, address_of_visit
from pingyi_surveys.casting.ballot_pages import Filled, asked_language, read_form
from pingyi_surveys.casting.device_cookie import COOKIE, Device, expiry, read_device, write_device
from pingyi_surveys.casting.group_commit import Cast
from pingyi_surveys.casting.open_ballot import Sent, cast_open, receipt_before
from pingyi_surveys.casting.page_html import ReceiptPage, Standing, render_receipt, short_code
from pingyi_surveys.pages.answers import html, strict
from pingyi_surveys.pages.open_forms import (
    NONCE,
    TONGUE,
    RenderedForm,
    form_before,
    form_of,
    frame_of,
    fresh_nonce,
    shown_again,
)

blueprint = Blueprint("open_ballot", __name__)
strict(blueprint)
_Away: Final = (OperationalError, InterfaceError, PoolTimeout)
_LOG = logging.getLogger("pingyi.surveys")
_OLD = Text(
    zh="页面开得太久，或不是从本页打开的，已换成新的一页；请再点一次“提交评议”。",
    en="The page was open for too long, or came from elsewhere; this is a new one. Press Submit again.",
)
_AWAY = Text(
    zh="系统暂时收不了票；请过几秒再点一次“提交评议”，不会重复计票。",
    en="Ballots cannot be taken at this moment; wait a few seconds and press Submit again. Nothing is counted"
    " twice.",
)


@blueprint.get("/s/<code>")
@policy(PUBLIC)
def scan(code: str) -> Response:
    """The form that the code of a window leads to."""
    return html(form_of(address_of_code(code), language()).fresh())


@blueprint.post("/s/<code>")
@policy(PUBLIC)
def rate(code: str) -> AnyResponse:
    """Take the ballot of a window's code."""
    return _take(lambda: address_of_code(code), f"/s/{code}")


@blueprint.get("/v/<code>")
@policy(PUBLIC)
def visit(code: str) -> Response:
    """The form of a visit code, or its receipt once it was used."""
    place = address_of_visit(code, request.remote_addr or "")
    before = receipt_before(place.box, place.visit, visit=True)
    if before is not None:
        return _receipt(place, language(), before, "already")
    return html(form_of(place, language()).fresh())


@blueprint.post("/v/<code>")
@policy(PUBLIC)
def rate_visit(code: str) -> AnyResponse:
    """Take the ballot of a visit code."""
    return _take(lambda: address_of_visit(code, request.remote_addr or ""), f"/v/{code}")


def _take(find: Callable[[], BallotAddress], address: str) -> Response:
    tongue = _tongue()
    try:
        place = find()
    except _Away as error:
        form = form_before(address, tongue)
        if form is None:
            raise
        return _later(form, tongue, error)
    return _answer(form_of(place, tongue), tongue)


def _tongue() -> str:
    """The language that a button asks for, or that the page was in."""
    asked = asked_language(request.form) or request.form.get(TONGUE, "")
    return asked if asked in LANGUAGES else language()


def _answer(form: RenderedForm, tongue: str) -> Response:
    place, filled = form.place, read_form(request.form, form.sheet)
    written = request.form.get(NONCE, "")
    nonce = read_nonce(place.box.keys.nullifier, place.bound, written)
    if asked_language(request.form):
        return _again(form, tongue, replace(filled, errors=()), written if nonce else fresh_nonce(place), 200)
    if nonce is None or nonce.stale(int(time.time())):
        return _too_old(form, tongue, filled, nonce)
    if filled.errors:
        return _again(form, tongue, filled, written, 422)
    return _cast(form, tongue, filled, nonce)


def _again(
    form: RenderedForm, tongue: str, filled: Filled, nonce: str, status: int, alert: Text | None = None
) -> Response:
    return html(shown_again(form, tongue, filled, nonce, alert), status)


def _too_old(form: RenderedForm, tongue: str, filled: Filled, nonce: Nonce | None) -> Response:
    """A page that was used keeps its receipt for ever; another one is given a new nonce."""
    place = form.place
    token = place.visit or (nonce.token if nonce else b"")
    before = receipt_before(place.box, token, visit=bool(place.visit)) if token else None
    if before is not None:
        return _receipt(place, tongue, before, "already")
    return _again(form, tongue, replace(filled, errors=()), fresh_nonce(place), 422, _OLD)


def _later(form: RenderedForm, tongue: str, error: Exception) -> Response:
    """Nothing could be stored: the same page, with its nonce, to be sent again."""
    _LOG.error("no ballot taken on %s", request.endpoint, exc_info=error)
    filled = replace(read_form(request.form, form.sheet), errors=())
    alert, wait = (error.message, error.retry_after_seconds) if isinstance(error, Problem) else (_AWAY, 5)
    response = _again(form, tongue, filled, request.form.get(NONCE, ""), 503, alert)
    response.headers["Retry-After"] = str(wait)
    return response


def _cast(form: RenderedForm, tongue: str, filled: Filled, nonce: Nonce) -> Response:
    place = form.place
    cookie = not (place.kiosk or place.visit)
    device = read_device(request.cookies.get(COOKIE, ""), place.box, nonce.token)
    sent = Sent(
        unit=place.unit,
        filled=filled,
        token=place.visit or nonce.token,
        seconds=time.time() - nonce.issued,
        device=device.id if cookie else b"",
        address=request.remote_addr or "",
        kiosk=place.kiosk,
        visit=bool(place.visit),
    )
    try:
        done = cast_open(place.box, sent)
    except _Away as error:
        return _later(form, tongue, error)
    except Problem as problem:
        if problem.code != "busy":
            raise
        return _later(form, tongue, problem)
    if not cookie:
        return _receipt(place, tongue, done.receipt, _standing(done, repeated=False))
    rated = device.rated(place.box, place.unit)
    response = _receipt(place, tongue, done.receipt, _standing(done, repeated=rated is device))
    _remember(response, place, rated)
    return response


def _standing(done: Cast, *, repeated: bool) -> Standing:
    if not done.fresh:
        return "already"
    return "duplicate" if repeated else "received"


def _receipt(place: BallotAddress, tongue: str, receipt: bytes, standing: Standing) -> Response:
    digest = receipt.hex()
    told = ReceiptPage(
        digest=digest,
        look_up=f"{public_root()}/r/{short_code(digest)}",
        standing=standing,
        fresh="" if place.visit else place.address,
        promise=_head(),
    )
    return html(render_receipt(told, frame_of(place, tongue, ""), tongue))


def _head() -> str:
    """The newest signed head of the record, for respondents to keep; "" where there is none."""
    try:
        head = recent_head()
    except SQLAlchemyError:
        return ""
    return head.line if head else ""


def _remember(response: Response, place: BallotAddress, device: Device) -> None:
    response.set_cookie(
        COOKIE,
        write_device(device),
        expires=expiry(place.box),
        path="/s",
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )
