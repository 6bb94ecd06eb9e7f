"""The acts of two people on the office's page: one asks with a reason, an approver answers."""

from __future__ import annotations

import secrets
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection
from werkzeug.wrappers import Response as AnyResponse

from pingyi.channels import Text
from pingyi.console.office import done_or_refused
from pingyi.console.pages import attempt, blueprint, field
from pingyi.domain.errors import FieldError, Problem
from pingyi.services.approvals.approvals import approve_request, find_request, refuse_request, words_of
from pingyi.services.approvals.kinds import ApprovalRequest
from pingyi.services.approvals.requests import (
    request_adjustments,
    request_release,
    request_reopening,
    request_withdrawal,
)
from pingyi.services.core.errors import not_found
from pingyi.services.core.roles import Role
from pingyi.services.periods.adjustments import (
    ADJUSTMENT_TITLES,
    MOST_POINTS,
    WITHOUT_POINTS,
    AdjustmentRow,
)
from pingyi.services.periods.periods import find_period
from pingyi.web.callers import require_caller
from pingyi.web.policy import policy
from pingyi.web.templating import clock, moment

LONGEST = 2_000
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
                connection, caller, period, _reason(), _deadline(), repeat_key=_repeat_key()
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


@blueprint.post("/office/periods/<period>/adjustments/<int(max=9223372036854775807):adjustment>/withdraw")
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


@blueprint.post("/office/periods/<period>/acts/<int(max=9223372036854775807):act>/approve")
@policy(Role.APPROVER)
def approve(period: str, act: int) -> AnyResponse:
    """Approve as the second person; the act is carried out at once."""
    caller = require_caller()
    return done_or_refused(
        period,
        attempt(lambda connection: approve_request(connection, caller, _of(connection, period, act).id)),
    )


@blueprint.post("/office/periods/<period>/acts/<int(max=9223372036854775807):act>/refuse")
@policy(Role.APPROVER)
def refuse(period: str, act: int) -> AnyResponse:
    """Refuse as the second person, with a reason."""
    caller = require_caller()
    return done_or_refused(
        period,
        attempt(
            lambda connection: refuse_request(connection, caller, _of(connection, period, act).id, _reason())
        ),
    )


def _of(connection: Connection, period: str, act_id: int) -> ApprovalRequest:
    act = find_request(connection, act_id)
    if act.period != period:
        raise not_found(zh=f"本周期的申请{act_id}", en=f"Act {act_id} of this period")
    return act


def _reason() -> str:
    return field("reason")[:LONGEST]


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


def _deadline() -> datetime:
    try:
        given = datetime.fromisoformat(field("deadline"))
    except ValueError as error:
        raise _wrong("deadline", _DEADLINE) from error
    return given if given.tzinfo else given.replace(tzinfo=clock())


def _adjustment() -> AdjustmentRow:
    kind, given = field("kind"), field("points")
    if kind not in ADJUSTMENT_TITLES:
        raise _wrong("kind", _KIND)
    if not field("unit"):
        raise _wrong("unit", _UNIT)
    return AdjustmentRow(
        unit=field("unit"),
        kind=kind,
        points=_points(kind, given),
        reason=_reason(),
        document=field("document")[:200],
    )


def _points(kind: str, given: str) -> Decimal | None:
    if kind in WITHOUT_POINTS:
        if given:
            raise _wrong("points", _NO_POINTS)
        return None
    plain = given.replace(".", "", 1)
    if not (plain.isascii() and plain.isdigit() and len(given) <= 12 and 0 < Decimal(given) <= MOST_POINTS):
        raise _wrong("points", _POINTS)
    return Decimal(given)


def _wrong(name: str, message: Text) -> Problem:
    return Problem(
        "request_invalid", 422, message, [FieldError(code="invalid", message=message, pointer=f"/{name}")]
    )


_DEADLINE = Text(zh="请填写重新开放的截止日期和时间。", en="Give the date and time until which it is open.")
_KIND = Text(zh="请选择加减分的种类。", en="Choose the kind of adjustment.")
_UNIT = Text(zh="请选择单位。", en="Choose the unit.")
_POINTS = Text(
    zh="分值须为大于0的数，如 0.5；倒扣也填正数。",
    en="Points are a number above 0, such as 0.5; also for a deduction.",
)
_NO_POINTS = Text(zh="一票否决和取消资格不填分值。", en="A veto and a disqualification have no points.")
