"""The office's page for paper ballots: the sticker's code, then a digit per unit, by two people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from pingyi.channels import Text
from pingyi.console.pages import field, page
from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.services.core.bound_channels import BoundChannel, ChannelRef, bound_channel
from pingyi.web.callers import require_caller
from pingyi.web.policy import policy
from pingyi_surveys.ballot.card_codes import grouped
from pingyi_surveys.casting.page_html import short_code
from pingyi_surveys.casting.paper_ballot import (
    KEYERS,
    Keyed,
    find_sticker,
    key_ballot,
    open_rosters,
    paper_count,
    read_digits,
    take_back,
)
from pingyi_surveys.casting.roster_ballot import sheets_of
from pingyi_surveys.casting.roster_cards import RosterCard

blueprint = Blueprint("paper", __name__, template_folder="../templates")
PATH = "/office/periods/<period>/ballots/<channel>/paper"


@blueprint.get("/office/paper")
@policy(*KEYERS)
def index() -> AnyResponse:
    """The rosters that take ballots now."""
    with transaction() as connection:
        rosters = open_rosters(connection)
    if len(rosters) == 1:
        return redirect(url_for(".ask", period=rosters[0].period_key, channel=rosters[0].key), 303)
    return page("office/paper_rosters.html", rosters=rosters)


@blueprint.get(PATH)
@policy(*KEYERS)
def ask(period: str, channel: str) -> AnyResponse:
    """The page that asks for a sticker's code."""
    return _ask(_working(period, channel))


@blueprint.post(PATH)
@policy(*KEYERS)
def key(period: str, channel: str) -> AnyResponse:
    """A sticker's code leads to its form; the form is kept, compared or cast."""
    working = _working(period, channel)
    try:
        card = find_sticker(require_caller(), working, field("sticker"))
    except Problem as problem:
        return _ask(working, problem=problem, typed=field("sticker"))
    match field("do"):
        case "key":
            return _key(working, card)
        case "back":
            take_back(require_caller(), card)
            return _form(working, card, done=_TAKEN_BACK)
    return _form(working, card)


_TAKEN_BACK = Text(
    zh="第一次录入已撤回。请现在录入；之后由另一位再录一遍。",
    en="The first keying is taken back. Key the form now; another person keys it after you.",
)
_FIRST = Text(
    zh="已保存。请另一位工作人员用自己的账号再录一遍，两次一致才入箱。",
    en="Kept. Another person keys the form again under their own account; it is cast when both agree.",
)
_CAST = Text(zh="两次录入一致，已入箱。回执码 {code}。", en="Both agree: the ballot is cast. Receipt {code}.")
_DIFFERS = Text(
    zh="与第一次录入不同：第 {units} 个单位。请对照纸质票核对后重录；确认自己无误的，撤回第一次录入。",
    en="Differs from the first keying at unit {units}. Compare with the paper and key again; if yours is "
    "what stands there, take the first keying back.",
)


def _key(working: BoundChannel, card: RosterCard) -> AnyResponse:
    try:
        keyed = key_ballot(require_caller(), card, read_digits(card.box, request.form))
    except Problem as problem:
        return _form(working, card, problem=problem, wrong=_units(card, problem))
    if keyed.standing == "differs":
        return _form(working, card, problem=_differing(keyed), wrong=keyed.differs, differs=True)
    code = short_code(keyed.receipt.hex()) if keyed.receipt else ""
    return _ask(working, done=_CAST.format(code=code) if code else _FIRST)


def _differing(keyed: Keyed) -> Problem:
    return Problem("paper_differs", 409, _DIFFERS.format(units=", ".join(map(str, keyed.differs))))


def _units(card: RosterCard, problem: Problem) -> tuple[int, ...]:
    """The numbers of the units whose fields are wrong."""
    names = [error.pointer.removeprefix("/q") for error in problem.errors]
    numbers = [int(name) for name in names if name.isdigit()]
    return tuple(sorted({number // len(card.box.layout.dimensions) + 1 for number in numbers}))


def _working(period: str, channel: str) -> BoundChannel:
    with transaction() as connection:
        return bound_channel(connection, ChannelRef(period=period, channel=channel))


def _ask(working: BoundChannel, problem: Problem | None = None, **values: Any) -> AnyResponse:
    with transaction() as connection:
        cast = paper_count(connection, working)
    return _page("office/paper.html", working, problem, cast=cast, **values)


def _form(
    working: BoundChannel,
    card: RosterCard,
    problem: Problem | None = None,
    wrong: Sequence[int] = (),
    **values: Any,
) -> AnyResponse:
    typed = {name: request.form.get(name, "") for name in request.form if name.startswith("q")}
    given = {"sticker": grouped(card.code), "wrong": frozenset(wrong), "typed": typed, "box": card.box}
    return _page("office/paper_form.html", working, problem, sheets=sheets_of(card.box), **given, **values)


def _page(template: str, working: BoundChannel, problem: Problem | None, **values: Any) -> AnyResponse:
    status = problem.status if problem else 200
    given: dict[str, Any] = {"done": None, "typed": "", "differs": False} | values
    return page(template, status, working=working, problem=problem, **given)
