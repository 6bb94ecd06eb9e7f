"""The office's periods: what was delivered, and the acts that move a period on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import redirect, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as AnyResponse

from pingyi.console.pages import attempt, blueprint, field, page
from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.domain.period_state import AFTER_CLOSING, UNTIL_RELEASE
from pingyi.roles import OFFICE_READERS, Role
from pingyi.services.approvals.approvals import answered_requests, pending_requests
from pingyi.services.approvals.core_kinds import RELEASE
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import not_found
from pingyi.services.documents.documents import list_documents
from pingyi.services.documents.registered import document_kind, document_kinds
from pingyi.services.periods.office_queries import list_periods, period_overview
from pingyi.services.periods.period_documents import drop_document, name_document, period_documents
from pingyi.services.periods.periods import (
    close_period,
    find_period,
    open_period,
    request_assessment,
)
from pingyi.services.periods.queries import adjustments, units
from pingyi.web.callers import require_caller
from pingyi.web.policy import policy

Act = Callable[[Connection, Caller, str], Any]


@blueprint.get("/office")
@policy(*OFFICE_READERS)
def office() -> AnyResponse:
    """All periods."""
    with transaction() as connection:
        periods = list_periods(connection)
    return page("console/office.html", periods=periods)


@blueprint.get("/office/periods/<period>")
@policy(*OFFICE_READERS)
def office_period(period: str) -> AnyResponse:
    """One period: deliveries, backlog, progress, acts of two people, and what may be done next."""
    return period_page(period, None)


@blueprint.post("/office/periods/<period>/open")
@policy(Role.ADMINISTRATOR)
def open_(period: str) -> AnyResponse:
    """Open intake."""
    return _act(open_period, period)


@blueprint.post("/office/periods/<period>/close")
@policy(Role.ADMINISTRATOR)
def close(period: str) -> AnyResponse:
    """Stop intake; only an act of two people opens it again."""
    return _act(close_period, period)


@blueprint.post("/office/periods/<period>/assess")
@policy(Role.ADMINISTRATOR)
def assess(period: str) -> AnyResponse:
    """Ask the workers for a new revision."""
    return _act(request_assessment, period)


@blueprint.post("/office/periods/<period>/documents")
@policy(Role.ADMINISTRATOR)
def period_document(period: str) -> AnyResponse:
    """Have a draft period go by an issued version, or no longer by one of its key."""
    caller, chosen = require_caller(), field("document").split("/")

    def act(connection: Connection) -> None:
        found = find_period(connection, period)
        match chosen:
            case [kind, key]:
                drop_document(connection, caller, found, document_kind(kind), key)
            case [kind, key, version] if version.isascii() and version.isdigit() and len(version) < 8:
                name_document(connection, caller, found, document_kind(kind), key, int(version))
            case _:
                raise not_found(zh="所选的文件", en="The document chosen")

    return done_or_refused(period, attempt(act))


def _act(act: Act, period: str) -> AnyResponse:
    caller = require_caller()
    return done_or_refused(period, attempt(lambda connection: act(connection, caller, period)))


def done_or_refused(period: str, problem: Problem | None) -> AnyResponse:
    """Back to the period's page, or that page with the refusal."""
    if problem:
        return period_page(period, problem)
    return redirect(url_for("console.office_period", period=period), 303)


def period_page(key: str, problem: Problem | None) -> AnyResponse:
    """The page of one period: eleven queries, whatever it holds."""
    with transaction() as connection:
        overview = period_overview(connection, key)
        found = find_period(connection, key)
        acts, answered = pending_requests(connection, found), answered_requests(connection, found)
        adjusted, members = adjustments(connection, found), units(connection, found)
        kinds = [kind for kind in document_kinds().values() if kind.of_periods]
        named = period_documents(connection, found.id) if kinds else []
        issued = [one for kind in kinds for one in list_documents(connection, kind) if one.state == "issued"]
    caller = require_caller()
    names = {unit["code"]: unit["name"] for unit in members}
    return page(
        "console/period.html",
        problem.status if problem else 200,
        overview=overview,
        problem=problem,
        acts=acts,
        answered=answered,
        asked_to_publish=any(
            act.kind == RELEASE.key and act.content["revision"] == overview.line.revision for act in acts
        ),
        adjustments=adjusted,
        names=names,
        own_name=caller.name,
        open_until=found.open_until,
        document_kinds=kinds,
        documents=named,
        issued=issued,
        may_run=Role.ADMINISTRATOR in caller.roles,
        may_answer=Role.APPROVER in caller.roles,
        may_reopen=found.state in AFTER_CLOSING,
        may_adjust=found.state in UNTIL_RELEASE,
    )
