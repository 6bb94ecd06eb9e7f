"""One entry typed or corrected: the form, what it would change, and storing it."""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect, request
from werkzeug.wrappers import Response as AnyResponse

from pingyi.console.pages import blueprint, field, page
from pingyi.console.single_entries.desks import (
    CHANNEL,
    ONE,
    Desk,
    at_fields,
    delivery_of,
    desk_of,
    once_of_form,
    repeatable_form,
    standing_desk,
)
from pingyi.db import transaction
from pingyi.domain.errors import FieldError, Problem
from pingyi.services.core.bound_channels import ChannelRef
from pingyi.services.intake.deliveries import deliver
from pingyi.services.single_entries.preview import EntryPreview, preview_entry
from pingyi.web.callers import require_caller
from pingyi.web.forms import Form
from pingyi.web.policy import OPERATOR, policy

OF_ROWS = frozenset({"entries_invalid", "reason_required"})
_OWN_FIELDS = frozenset({"csrf_token", "do", "once", "seen"})


@blueprint.get(f"{CHANNEL}/new")
@policy(OPERATOR)
def new_entry(period: str, plugin: str, channel: str) -> AnyResponse:
    """An empty form for one entry."""
    return _begin(desk_of(require_caller(), ChannelRef(period=period, channel=channel, plugin=plugin)))


@blueprint.post(f"{CHANNEL}/new")
@policy(OPERATOR)
def type_entry(period: str, plugin: str, channel: str) -> AnyResponse:
    """Check the typed entry and show what it would change, or store it."""
    return _answer(desk_of(require_caller(), ChannelRef(period=period, channel=channel, plugin=plugin)))


@blueprint.get(f"{ONE}/correction")
@policy(OPERATOR)
def correction(period: str, plugin: str, channel: str, delivery: int, position: int) -> AnyResponse:
    """The form of an entry that stands, filled in."""
    place = ChannelRef(period=period, channel=channel, plugin=plugin)
    return _begin(standing_desk(require_caller(), place, delivery, position))


@blueprint.post(f"{ONE}/correction")
@policy(OPERATOR)
def correct_entry(period: str, plugin: str, channel: str, delivery: int, position: int) -> AnyResponse:
    """Check the correction and show what it would change, or store it."""
    place = ChannelRef(period=period, channel=channel, plugin=plugin)
    return _answer(desk_of(require_caller(), place, delivery, position))


def _begin(desk: Desk) -> AnyResponse:
    return _form(desk, desk.empty())


def _answer(desk: Desk) -> AnyResponse:
    form, asked = desk.typed(), field("do")
    if asked == "edit" or form.change(asked):
        return _form(desk, form)
    content, twice = desk.content(form)
    if twice:
        return _form(desk, form, twice)
    if asked == "store":
        return _store(desk, form)
    try:
        with transaction() as connection:
            preview = preview_entry(connection, desk.working, content)
    except Problem as problem:
        return _refused(desk, form, problem)
    if preview.missing:
        return _form(desk, desk.typed(reason=True), at_fields(preview.missing), preview=preview)
    return _confirmation(desk, preview)


def _store(desk: Desk, form: Form) -> AnyResponse:
    caller, content = require_caller(), desk.content(form)[0]
    once = repeatable_form(caller, content)
    try:
        answer = deliver(caller, desk.place, [content], repeatable=once, seen=[field("seen")])
    except Problem as problem:
        if problem.code != "preview_outdated":
            return _refused(desk, form, problem)
        with transaction() as connection:
            preview = preview_entry(connection, desk.working, content)
        return _confirmation(desk, preview, problem)
    delivery = delivery_of(answer.receipt)
    return redirect(desk.address("console.entry_receipt", delivery=delivery), 303)


def _refused(desk: Desk, form: Form, problem: Problem) -> AnyResponse:
    """The form as it was typed, each error at its field; what belongs to none is told above it."""
    asks_reason = problem.code == "reason_required"
    shown = desk.typed(reason=True) if asks_reason else form
    of_fields = problem.code in OF_ROWS
    return _form(
        desk, shown, at_fields(problem.errors) if of_fields else (), problem=None if of_fields else problem
    )


def _form(
    desk: Desk,
    form: Form,
    errors: Sequence[FieldError] = (),
    *,
    problem: Problem | None = None,
    preview: EntryPreview | None = None,
) -> AnyResponse:
    status = problem.status if problem else 422 if errors else 200
    return page(
        "console/entry_form.html",
        status,
        head=desk.head,
        desk=desk,
        view=form.view(errors),
        problem=problem,
        preview=preview,
        once_token=once_of_form(),
    )


def _confirmation(desk: Desk, preview: EntryPreview, problem: Problem | None = None) -> AnyResponse:
    typed = [(name, value) for name, value in request.form.items(multi=True) if name not in _OWN_FIELDS]
    return page(
        "console/entry_confirmation.html",
        problem.status if problem else 200,
        head=desk.head,
        desk=desk,
        preview=preview,
        typed=typed,
        problem=problem,
        once_token=once_of_form(),
    )
