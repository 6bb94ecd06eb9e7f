"""One entry withdrawn, with the reason."""

from __future__ import annotations

from flask import redirect, request
from werkzeug.wrappers import Response as AnyResponse

from pingyi.console.pages import blueprint, page
from pingyi.console.single_entries.desks import (
    ONE,
    Desk,
    delivery_of,
    desk_of,
    once_of_form,
    repeatable_form,
    standing_desk,
)
from pingyi.domain.errors import Problem
from pingyi.services.core.bound_channels import ChannelRef
from pingyi.services.core.row_schemas import ReasonSchema, read_form
from pingyi.services.intake.withdraw import withdraw
from pingyi.web.callers import require_caller
from pingyi.web.policy import OPERATOR, policy


@blueprint.get(f"{ONE}/withdrawal")
@policy(OPERATOR)
def entry_withdrawal(period: str, plugin: str, channel: str, delivery: int, position: int) -> AnyResponse:
    """The entry that stands, and the form for the reason."""
    place = ChannelRef(period=period, channel=channel, plugin=plugin)
    return _page(standing_desk(require_caller(), place, delivery, position))


@blueprint.post(f"{ONE}/withdrawal")
@policy(OPERATOR)
def withdraw_entry(period: str, plugin: str, channel: str, delivery: int, position: int) -> AnyResponse:
    """Withdraw it; its receipt follows."""
    caller = require_caller()
    place = ChannelRef(period=period, channel=channel, plugin=plugin)
    try:
        reason = read_form(ReasonSchema(), request.form)["reason"]
        once = repeatable_form(caller, {"reason": reason})
        answer = withdraw(caller, place, (delivery, position), reason, once)
    except Problem as problem:
        return _page(standing_desk(caller, place, delivery, position), problem)
    desk = desk_of(caller, place)
    number = delivery_of(answer.receipt)
    return redirect(desk.address("console.entry_receipt", delivery=number), 303)


def _page(desk: Desk, problem: Problem | None = None) -> AnyResponse:
    return page(
        "console/entry_withdrawal.html",
        problem.status if problem else 200,
        head=desk.head,
        desk=desk,
        problem=problem,
        wrong=[error.message for error in problem.errors if error.pointer == "/reason"] if problem else [],
        typed=request.form.get("reason", ""),
        once_token=once_of_form(),
    )
