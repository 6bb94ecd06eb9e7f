"""The office's page of a period's ballots: which channels take them, their keys, turnout and opening."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as AnyResponse

from pingyi.channels import Text
from pingyi.console.pages import field, page
from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.domain.period_state import PeriodState
from pingyi.roles import OFFICE_READERS, Role
from pingyi.services.core.callers import Caller
from pingyi.services.documents.documents import list_documents
from pingyi.services.periods.periods import PeriodRow, find_period
from pingyi.web.callers import require_caller
from pingyi.web.policy import policy
from pingyi_surveys.ballot.thresholds import Rules
from pingyi_surveys.casting.paper_ballot import KEYERS
from pingyi_surveys.questionnaires.kind import QUESTIONNAIRES
from pingyi_surveys.review.coverage import WITH_BALLOTS, view_coverage
from pingyi_surveys.review.office_boxes import box_overview
from pingyi_surveys.setup.boxes import put_box, remove_box
from pingyi_surveys.setup.key_files import configured
from pingyi_surveys.setup.prepare_keys import prepare

VIEWERS = (Role.ADMINISTRATOR, Role.AUDITOR)
PERIOD = "/office/periods/<key:period>"
blueprint = Blueprint("boxes", __name__, template_folder="../templates")


@blueprint.get(f"{PERIOD}/ballots")
@policy(*OFFICE_READERS)
def period_boxes(period: str) -> AnyResponse:
    """All channels of ballots: what is set, what is missing, what came of it."""
    return _page(period)


@blueprint.post(f"{PERIOD}/ballots/<key:channel>")
@policy(Role.ADMINISTRATOR)
def configure(period: str, channel: str) -> AnyResponse:
    """Have a channel take ballots with us, or none; what was chosen is kept where it does not fit."""

    def change(connection: Connection, caller: Caller, found: PeriodRow) -> None:
        if field("do") == "remove":
            remove_box(connection, caller, found, channel)
        else:
            put_box(connection, caller, found, channel, **_given())

    return _act(period, change, channel)


@blueprint.post(f"{PERIOD}/ballot-keys")
@policy(Role.ADMINISTRATOR)
def make_keys(period: str) -> AnyResponse:
    """Make the keys, the box's own kept in a file on this host."""
    return _act(period, lambda connection, caller, found: prepare(connection, caller, found, configured()))


@blueprint.post(f"{PERIOD}/turnout")
@policy(*VIEWERS)
def turnout(period: str) -> AnyResponse:
    """Turnout and coverage; that somebody looked is recorded."""
    try:
        with transaction() as connection:
            found = view_coverage(connection, require_caller(), find_period(connection, period))
    except Problem as problem:
        return _page(period, problem)
    return page("office/turnout.html", turnout=found)


def _act(
    period: str, change: Callable[[Connection, Caller, PeriodRow], Any], channel: str = ""
) -> AnyResponse:
    try:
        with transaction() as connection:
            change(connection, require_caller(), find_period(connection, period))
    except Problem as problem:
        return _page(period, problem, channel)
    anchor = f"channel-{channel}" if channel else "keys"
    return redirect(url_for("boxes.period_boxes", period=period, _anchor=anchor), 303)


def _given() -> dict[str, Any]:
    key, _, version = field("questionnaire").partition("/")
    if not (key and version.isascii() and version.isdigit() and len(version) < 5):
        raise Problem("invalid", 422, _CHOOSE)
    kind = "roster" if field("kind") == "roster" else "open"
    return {"kind": kind, "questionnaire": (key, int(version)), "rules": _rules()}


_CHOOSE = Text(zh="请选择一份问卷。", en="Choose a questionnaire.")


def _rules() -> dict[str, int | str]:
    """The thresholds that were typed; those left empty are as shipped."""
    shipped = Rules().document()
    typed = {name: field(f"rules.{name}") for name in shipped}
    return {
        name: int(word) if isinstance(shipped[name], int) and _is_whole(word) else word
        for name, word in typed.items()
        if word
    }


def _is_whole(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < 10


def _page(key: str, problem: Problem | None = None, channel: str = "") -> AnyResponse:
    with transaction() as connection:
        period = find_period(connection, key)
        overview = box_overview(connection, period)
        stored = list_documents(connection, QUESTIONNAIRES)
    roles = require_caller().roles
    return page(
        "office/boxes.html",
        problem.status if problem else 200,
        period=period,
        overview=overview,
        questionnaires=[one for one in stored if one.state != "withdrawn" and not one.errors],
        shipped=Rules().document(),
        rules=_RULES,
        problem=problem,
        wrong=channel,
        typed=request.form if channel else {},
        may_write=Role.ADMINISTRATOR in roles and period.state == PeriodState.DRAFT,
        may_key=bool(roles & set(KEYERS)),
        may_look=bool(roles & set(VIEWERS)) and period.state in WITH_BALLOTS,
    )


_RULES = {
    "burst": Text(zh="同一网络一天对同一单位的票数", en="Ballots for a unit from one network in a day"),
    "surge": Text(zh="单日为平常日的倍数（分数）", en="Times the unit's median day (fraction)"),
    "surge_least": Text(zh="且单日至少票数", en="And at least so many on that day"),
    "margin": Text(zh="一边倒超出平常的比例（分数）", en="Share on one side above the usual (fraction)"),
    "deviations": Text(zh="且超出几个标准差", en="And so many standard deviations"),
    "usual_least": Text(zh="判断所需的平常票数", en="Ordinary ballots needed to judge"),
}
