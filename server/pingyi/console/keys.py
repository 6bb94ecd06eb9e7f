"""The keys page: bearer keys of operators and of the office's programs."""

from __future__ import annotations

from flask import request
from sqlalchemy import Connection
from werkzeug.wrappers import Response as AnyResponse

from pingyi.channels import Text
from pingyi.console.pages import attempt, blueprint, field, page
from pingyi.db import transaction
from pingyi.domain.errors import FieldError, Problem
from pingyi.roles import Role
from pingyi.services.core.errors import not_found
from pingyi.services.people.account_roles import checked_roles
from pingyi.services.people.api_keys import (
    LONGEST_DAYS,
    NewKey,
    days_from_now,
    find_operator,
    new_office_key,
    new_operator_key,
    revoke_key,
)
from pingyi.services.periods.office_queries import list_keys, list_operators
from pingyi.web.callers import require_caller
from pingyi.web.policy import policy

OFFICE_ROLES = (Role.ADMINISTRATOR, Role.APPROVER, Role.AUDITOR)


@blueprint.get("/keys")
@policy(Role.SECURITY_ADMINISTRATOR, Role.AUDITOR)
def keys() -> AnyResponse:
    """All keys; never their secrets."""
    return _keys(200, None, None, None)


@blueprint.post("/keys")
@policy(Role.SECURITY_ADMINISTRATOR)
def new_key() -> AnyResponse:
    """Issue a key; its token stands on this one answer and nowhere else."""
    made: list[NewKey] = []
    problem = attempt(lambda connection: made.append(_issue(connection)))
    return _keys(problem.status if problem else 200, problem, None, made[0] if made else None)


@blueprint.get("/keys/<keyid:key_id>/revoke")
@policy(Role.SECURITY_ADMINISTRATOR)
def ask_to_shut_key(key_id: str) -> AnyResponse:
    """What revoking a key does, and the button that does it; Problem not_found where it is not in force."""
    with transaction() as connection:
        rows = [row for row in list_keys(connection) if row.key_id == key_id and row.revoked_at is None]
    if not rows:
        raise not_found(zh=f"密钥“{key_id}”", en=f"Key {key_id}")
    return page("console/revoke_key.html", row=rows[0])


@blueprint.post("/keys/<keyid:key_id>/revoke")
@policy(Role.SECURITY_ADMINISTRATOR)
def shut_key(key_id: str) -> AnyResponse:
    """Revoke a key at once."""
    problem = attempt(lambda connection: revoke_key(connection, require_caller(), key_id))
    done = None if problem else Text(zh="密钥已撤销。", en="The key has been revoked.")
    return _keys(problem.status if problem else 200, problem, done, None)


def _issue(connection: Connection) -> NewKey:
    caller, label, expires_at = require_caller(), field("label")[:60], days_from_now(_days())
    if field("operator"):
        operator_id = find_operator(connection, field("operator"))
        return new_operator_key(connection, caller, operator_id, label=label, expires_at=expires_at)
    roles = checked_roles(request.form.getlist("roles"))
    if not roles <= set(OFFICE_ROLES):
        raise Problem("roles_incompatible", 422, _OFFICE_ONLY)
    return new_office_key(connection, caller, sorted(roles), label=label, expires_at=expires_at)


def _days() -> int:
    given = field("days") or "400"
    if given.isascii() and given.isdigit() and len(given) <= 4 and 1 <= int(given) <= LONGEST_DAYS:
        return int(given)
    error = FieldError(code="days_invalid", message=_DAYS, pointer="/days")
    raise Problem("days_invalid", 422, _DAYS, [error])


def _keys(status: int, problem: Problem | None, done: Text | None, made: NewKey | None) -> AnyResponse:
    with transaction() as connection:
        rows, operators = list_keys(connection), list_operators(connection)
    return page(
        "console/keys.html",
        status,
        rows=rows,
        operators=operators,
        office_roles=OFFICE_ROLES,
        may_write=Role.SECURITY_ADMINISTRATOR in require_caller().roles,
        problem=problem,
        done=done,
        made=made,
    )


_OFFICE_ONLY = Text(
    zh="程序密钥只能用于评议办管理员、审批人或审计员。",
    en="An office key is for an administrator, an approver or an auditor.",
)
_DAYS = Text(zh="有效期为1至1100天。", en="A key is valid for 1 to 1100 days.")
