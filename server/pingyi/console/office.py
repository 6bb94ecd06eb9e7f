"""The office's periods: what was delivered, and the acts that move a period on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import redirect, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as AnyResponse

from pingyi.console.base import attempt, blueprint, page
from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.services.callers import Caller
from pingyi.services.overview import list_periods, period_overview
from pingyi.services.periods import close_period, open_period, publish_period, request_assessment
from pingyi.services.roles import Role
from pingyi.web.callers import require_caller
from pingyi.web.policy import policy

READERS = (Role.ADMINISTRATOR, Role.APPROVER, Role.AUDITOR)
Act = Callable[[Connection, Caller, str], Any]


@blueprint.get("/office")
@policy(*READERS)
def office() -> AnyResponse:
    """All periods."""
    with transaction() as connection:
        periods = list_periods(connection)
    return page("console/office.html", periods=periods)


@blueprint.get("/office/periods/<period>")
@policy(*READERS)
def office_period(period: str) -> AnyResponse:
    """One period: deliveries, backlog, progress, and what may be done next."""
    return _period(period, 200, None)


@blueprint.post("/office/periods/<period>/open")
@policy(Role.ADMINISTRATOR)
def open_(period: str) -> AnyResponse:
    """Open intake."""
    return _act(open_period, period)


@blueprint.post("/office/periods/<period>/close")
@policy(Role.ADMINISTRATOR)
def close(period: str) -> AnyResponse:
    """Stop intake for good."""
    return _act(close_period, period)


@blueprint.post("/office/periods/<period>/assess")
@policy(Role.ADMINISTRATOR)
def assess(period: str) -> AnyResponse:
    """Ask the workers for a new revision."""
    return _act(request_assessment, period)


@blueprint.post("/office/periods/<period>/publish")
@policy(Role.ADMINISTRATOR, Role.APPROVER)
def publish(period: str) -> AnyResponse:
    """Publish the newest revision."""
    return _act(publish_period, period)


def _act(act: Act, period: str) -> AnyResponse:
    caller = require_caller()
    problem = attempt(lambda connection: act(connection, caller, period))
    if problem:
        return _period(period, problem.status, problem)
    return redirect(url_for("console.office_period", period=period), 303)


def _period(key: str, status: int, problem: Problem | None) -> AnyResponse:
    with transaction() as connection:
        overview = period_overview(connection, key)
    roles = require_caller().roles
    return page(
        "console/period.html",
        status,
        overview=overview,
        problem=problem,
        may_run=Role.ADMINISTRATOR in roles,
        may_publish=bool({Role.ADMINISTRATOR, Role.APPROVER} & roles),
    )
