"""The acts of two people on the office's pages: one asks with a reason, an approver answers."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import redirect, request, url_for
from sqlalchemy import Connection
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from pingyi.channels import Text
from pingyi.console.office import done_or_refused
from pingyi.console.pages import attempt, blueprint, field, page
from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.roles import OFFICE_READERS, Role
from pingyi.services.approvals.approvals import (
    answered_requests,
    approve_request,
    find_request,
    pending_requests,
    refuse_request,
)
from pingyi.services.approvals.kinds import ApprovalRequest
from pingyi.services.approvals.registered_kinds import subject_of, words_of
from pingyi.services.approvals.requests import (
    ReopeningSchema,
    request_adjustments,
    request_release,
    request_reopening,
    request_withdrawal,
)
from pingyi.services.core.errors import not_found
from pingyi.services.core.row_schemas import ReasonSchema, read_form
from pingyi.services.periods.adjustments import (
    AdjustmentRow,
    NewAdjustmentSchema,
)
from pingyi.services.periods.periods import find_period
from pingyi.web.callers import require_caller
from pingyi.web.forms import FormRules, FormView, posted_form
from pingyi.web.policy import policy
from pingyi.web.templating import moment

TOKEN_BYTES = 16


@blueprint.post("/office/periods/<period>/publish")
@policy(Role.ADMINISTRATOR)
def publish(period: str) -> AnyResponse:
    """Ask for the newest revision to be published."""
    caller = require_caller()
    return done_or_refused(
        period,
        attempt(
            lambda connection: request_release(
                connection, caller, period, _reason(), repeat_key=_repeat_key()
            )
        ),
    )


@blueprint.post("/office/periods/<period>/reopen")
@policy(Role.ADMINISTRATOR)
def reopen(period: str) -> AnyResponse:
    """Ask for intake to be opened again until a deadline."""
    caller = require_caller()
    return done_or_refused(
        period,
        attempt(
            lambda connection: request_reopening(
                connection, caller, period, **_reopening(), repeat_key=_repeat_key()
            )
        ),
    )


@blueprint.post("/office/periods/<period>/adjust")
@policy(Role.ADMINISTRATOR)
def adjust(period: str) -> AnyResponse:
    """Ask for a deduction, a bonus, a warning, a veto or a disqualification."""
    caller = require_caller()
    return done_or_refused(
        period,
        attempt(
            lambda connection: request_adjustments(
                connection, caller, find_period(connection, period), [_adjustment()], repeat_key=_repeat_key()
            )
        ),
    )


@blueprint.post("/office/periods/<period>/adjustments/<int:adjustment>/withdraw")
@policy(Role.ADMINISTRATOR)
def withdraw(period: str, adjustment: int) -> AnyResponse:
    """Ask for an adjustment to be withdrawn."""
    caller = require_caller()
    return done_or_refused(
        period,
        attempt(
            lambda connection: request_withdrawal(
                connection,
                caller,
                find_period(connection, period),
                adjustment,
                _reason(),
                repeat_key=_repeat_key(),
            )
        ),
    )


@blueprint.get("/office/approvals")
@policy(*OFFICE_READERS)
def installation_approvals() -> AnyResponse:
    """The approvals that belong to no period: what waits, and what was answered."""
    return _installation_page(None)


def _installation_page(problem: Problem | None) -> AnyResponse:
    with transaction() as connection:
        acts, answered = pending_requests(connection, None), answered_requests(connection, None)
    caller = require_caller()
    return page(
        "console/installation_approvals.html",
        problem.status if problem else 200,
        problem=problem,
        acts=acts,
        answered=answered,
        own_name=caller.name,
        may_answer=Role.APPROVER in caller.roles,
    )


@blueprint.post("/office/approvals/<int:act>/approve", defaults={"period": ""})
@blueprint.post("/office/periods/<period>/acts/<int:act>/approve")
@policy(Role.APPROVER)
def approve(period: str, act: int) -> AnyResponse:
    """Approve as the second person; the act is carried out at once. An act of no period has `period` ""."""
    caller = require_caller()
    return _answered(
        period,
        attempt(lambda connection: approve_request(connection, caller, _of(connection, period, act).id)),
    )


@blueprint.post("/office/approvals/<int:act>/refuse", defaults={"period": ""})
@blueprint.post("/office/periods/<period>/acts/<int:act>/refuse")
@policy(Role.APPROVER)
def refuse(period: str, act: int) -> AnyResponse:
    """Refuse as the second person, with a reason."""
    caller = require_caller()
    return _answered(
        period,
        attempt(
            lambda connection: refuse_request(connection, caller, _of(connection, period, act).id, _reason())
        ),
    )


def _answered(period: str, problem: Problem | None) -> AnyResponse:
    """Back to the page on which the act stands, or that page with the refusal."""
    if period:
        return done_or_refused(period, problem)
    if problem:
        return _installation_page(problem)
    return redirect(url_for("console.installation_approvals"), 303)


def _of(connection: Connection, period: str, act_id: int) -> ApprovalRequest:
    act = find_request(connection, act_id)
    if act.period == period:
        return act
    if period:
        raise not_found(zh=f"本周期的申请{act_id}", en=f"Act {act_id} of this period")
    raise not_found(zh=f"系统事项的申请{act_id}", en=f"Act {act_id} outside all periods")


def _reason() -> str:
    reason: str = read_form(ReasonSchema(), request.form)["reason"]
    return reason


def _repeat_key() -> str:
    """The token of the form that was sent: the same form twice asks once."""
    return f"form:{field('once')}" if field("once") else ""


@blueprint.app_template_global()
def once() -> str:
    """A token for a form that is to be carried out once."""
    return secrets.token_urlsafe(TOKEN_BYTES)


@blueprint.app_template_global()
def approval_words(request: ApprovalRequest) -> Text:
    """What a request asks for."""
    return words_of(request, moment)


@blueprint.app_template_global()
def approval_subject(request: ApprovalRequest) -> str:
    """The address of the page about what a request asks for, "" where there is none."""
    return subject_of(request)


@blueprint.app_template_global()
def adjustment_form(names: Mapping[str, str], problem: Problem | None) -> FormView:
    """The form that asks for an adjustment; one that was refused as it was typed. `names`: units by codes."""
    refused = problem is not None and request.endpoint == "console.adjust"
    units = {code: Text(zh=name, en=name) for code, name in names.items()}
    rules = FormRules(choices_at=lambda path, _content: units if path == ("unit",) else None)
    form = posted_form(NewAdjustmentSchema(), request.form if refused else MultiDict(), rules)
    errors = problem.errors if problem and refused else ()
    return form.view([replace(one, pointer=one.pointer.removeprefix(_FIRST_ROW)) for one in errors])


_FIRST_ROW = "/adjustments/0"


def _reopening() -> dict[str, Any]:
    given: dict[str, Any] = read_form(ReopeningSchema(), request.form)
    return given


def _adjustment() -> AdjustmentRow:
    row: AdjustmentRow = read_form(NewAdjustmentSchema(), request.form)
    return row
