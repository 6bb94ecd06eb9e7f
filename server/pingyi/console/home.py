"""What waits for whoever is signed in: requests to answer, and what extensions tell."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from flask import url_for
from werkzeug.wrappers import Response as AnyResponse

from pingyi.channels import Text
from pingyi.console.pages import blueprint, page
from pingyi.db import transaction
from pingyi.extensions import RegisteredExtension, home_parts
from pingyi.navigation import HomePart, Waiting
from pingyi.registry import named
from pingyi.roles import Role
from pingyi.services.approvals.approvals import waiting_requests
from pingyi.services.approvals.kinds import ApprovalRequest
from pingyi.services.approvals.registered_kinds import words_of
from pingyi.services.core.callers import Caller
from pingyi.web.callers import require_caller
from pingyi.web.policy import SIGNED_IN, policy
from pingyi.web.templating import moment

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ShownPart:
    """One part of the home; `failure` says why nothing of it is shown."""

    title: Text
    waiting: Sequence[Waiting]
    failure: Text | None


@blueprint.get("/home")
@policy(SIGNED_IN)
def home() -> AnyResponse:
    """What waits for this person, what is due first standing first."""
    caller = require_caller()
    parts = [_shown(one, part, caller) for one, part in home_parts(caller.roles)]
    return page("console/home.html", parts=[*_approvals(caller), *parts])


def _approvals(caller: Caller) -> Iterator[ShownPart]:
    """What was asked for and needs this approver, as the second person."""
    if Role.APPROVER in caller.roles:
        with transaction() as connection:
            requests = waiting_requests(connection, caller)
        waiting = [Waiting(what=words_of(one, moment), address=_answered_at(one)) for one in requests]
        yield ShownPart(_TO_APPROVE, waiting, None)


def _answered_at(request: ApprovalRequest) -> str:
    if request.period:
        return url_for("console.office_period", period=request.period, _anchor="pending")
    return url_for("console.installation_approvals", _anchor="pending")


_TO_APPROVE = Text(zh="待审批的申请", en="Requests to answer")


def _shown(one: RegisteredExtension, part: HomePart, caller: Caller) -> ShownPart:
    try:
        with transaction() as connection:
            waiting = sorted(part.waiting(connection, caller), key=lambda each: each.due or date.max)
    except Exception as error:  # noqa: BLE001 - an extension may raise anything; the rest of the home stands
        _log.exception("the part of the home that %s brings failed", one.extension.key)
        return ShownPart(part.title, (), _FAILED.format(**named(one.broken(error))))
    return ShownPart(part.title, waiting, None)


_FAILED = Text(
    zh="扩展“{name}”（{distribution} {version}）出错（{error}），无法列出其中的待办事项；请联系系统管理员。",
    en="The extension {name} ({distribution} {version}) failed ({error}), so what waits here is not "
    "listed; tell whoever runs the system.",
)
