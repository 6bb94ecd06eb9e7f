"""Pages of the reviewers: held ballots that wait, what is known of them, and what each reviewer says."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from pingyi.channels import Text
from pingyi.console.pages import attempt, field, page
from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.domain.period_state import PeriodState
from pingyi.services.core.errors import not_found
from pingyi.services.periods.periods import find_period
from pingyi.web.callers import require_caller
from pingyi.web.policy import policy
from pingyi_surveys.pages.anomalies import unit_pictures
from pingyi_surveys.review.box_numbers import opened_box, opened_boxes
from pingyi_surveys.review.held_ballots import (
    LONGEST,
    NEEDED,
    cells_to_review,
    find_cell,
    review_cell,
    reviewed_periods,
)
from pingyi_surveys.review.labels import PATTERN_F, reason_title
from pingyi_surveys.review.quarantine_report import Signal, explain
from pingyi_surveys.roles import HELD_READERS, REVIEWER

ALL = "/office/periods/<key:period>/review"
ONE = f"{ALL}/<key:channel>/<unit>/<reason>"
VERDICTS = {"release": True, "reject": False}
blueprint = Blueprint("ballot_review", __name__, template_folder="../templates")


@blueprint.get("/office/review")
@policy(*HELD_READERS)
def periods() -> AnyResponse:
    """Periods whose boxes were opened."""
    with transaction() as connection:
        found = reviewed_periods(connection)
    return page("review/periods.html", periods=found)


@blueprint.get(ALL)
@policy(*HELD_READERS)
def cells(period: str) -> AnyResponse:
    """The held ballots of a period by channel, unit and reason, and how far their review is."""
    with transaction() as connection:
        found = find_period(connection, period)
        waiting, boxes = cells_to_review(connection, found), opened_boxes(connection, found)
    caller = require_caller()
    return page(
        "review/cells.html",
        period=found,
        boxes=boxes,
        cells=waiting,
        own={(cell.channel, cell.unit, cell.reason) for cell in waiting if cell.own(caller)},
        may_review=REVIEWER in caller.roles,
        closed=found.state == PeriodState.CLOSED,
        needed=NEEDED,
        reason_title=reason_title,
        pattern_f=PATTERN_F,
    )


@blueprint.get(ONE)
@policy(*HELD_READERS)
def cell(period: str, channel: str, unit: str, reason: str) -> AnyResponse:
    """What is known of one cell, and the form of whoever may still speak."""
    return _cell(period, channel, unit, reason, None)


@blueprint.post(ONE)
@policy(REVIEWER)
def say(period: str, channel: str, unit: str, reason: str) -> AnyResponse:
    """Say whether the ballots are to count."""
    caller, verdict = require_caller(), field("verdict")
    if verdict not in VERDICTS:
        return _cell(period, channel, unit, reason, Problem("request_invalid", 422, _CHOOSE))
    problem = attempt(
        lambda connection: review_cell(
            connection,
            caller,
            find_period(connection, period),
            channel,
            unit,
            reason,
            release=VERDICTS[verdict],
            grounds=field("grounds"),
        )
    )
    if problem:
        return _cell(period, channel, unit, reason, problem)
    return redirect(url_for("ballot_review.cells", period=period, _anchor="cells"), 303)


_CHOOSE = Text(zh="请选择“放行”或“不计”。", en="Choose whether to release or to reject the ballots.")


def _cell(period: str, channel: str, unit: str, reason: str, problem: Problem | None) -> AnyResponse:
    with transaction() as connection:
        found = find_period(connection, period)
        one = find_cell(connection, found, channel, unit, reason)
        box = opened_box(connection, found, channel)
    caller = require_caller()
    seen = [row for row in box.report["findings"] if (row["unit"], row["reason"]) == (unit, reason)]
    if not seen:
        raise not_found(zh="这组票的核查依据", en="What the rules found of these ballots")
    return page(
        "review/cell.html",
        problem.status if problem else 200,
        period=found,
        box=box,
        cell=one,
        signal=explain(Signal(**seen[0])),
        pictures=unit_pictures(box, unit),
        own=one.own(caller),
        shown=one.shown(caller),
        may_speak=REVIEWER in caller.roles
        and one.decided is None
        and not one.own(caller)
        and found.state == PeriodState.CLOSED,
        closed=found.state == PeriodState.CLOSED,
        problem=problem,
        given=request.form,
        longest=LONGEST,
        needed=NEEDED,
        reason_title=reason_title,
    )
