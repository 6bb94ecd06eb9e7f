"""The accounts page of the security administrator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import request
from sqlalchemy import Connection
from werkzeug.wrappers import Response as AnyResponse

from pingyi.channels import Text
from pingyi.console.pages import attempt, blueprint, field, page, secret
from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.extensions import registered_roles
from pingyi.roles import Role
from pingyi.services.people.accounts import (
    AccountDraft,
    create_account,
    disable_account,
    list_accounts,
    reset_password,
    set_roles,
)
from pingyi.services.periods.office_queries import list_operators
from pingyi.web.callers import require_caller
from pingyi.web.policy import policy

SAVED = Text(zh="已保存并记入存证。", en="Saved and put on record.")


@blueprint.get("/accounts")
@policy(Role.SECURITY_ADMINISTRATOR, Role.AUDITOR)
def accounts() -> AnyResponse:
    """All accounts, with what may be done to them."""
    return _accounts(200, None, None)


@blueprint.post("/accounts")
@policy(Role.SECURITY_ADMINISTRATOR)
def new_account() -> AnyResponse:
    """Make an account."""
    draft = AccountDraft(
        login=field("login").lower(),
        name=field("name"),
        password=secret("password"),
        roles=tuple(request.form.getlist("roles")),
        operator=field("operator"),
    )
    return _act(lambda connection: create_account(connection, require_caller(), draft), draft)


@blueprint.post("/accounts/<int:account_id>/roles")
@policy(Role.SECURITY_ADMINISTRATOR)
def change_roles(account_id: int) -> AnyResponse:
    """Give an account other roles."""
    roles = request.form.getlist("roles")
    return _act(lambda connection: set_roles(connection, require_caller(), account_id, roles))


@blueprint.post("/accounts/<int:account_id>/password")
@policy(Role.SECURITY_ADMINISTRATOR)
def change_account_password(account_id: int) -> AnyResponse:
    """Give an account a new password and unlock it."""
    password = secret("password")
    return _act(lambda connection: reset_password(connection, require_caller(), account_id, password))


@blueprint.post("/accounts/<int:account_id>/disable")
@policy(Role.SECURITY_ADMINISTRATOR)
def shut_account(account_id: int) -> AnyResponse:
    """Disable an account."""
    return _act(lambda connection: disable_account(connection, require_caller(), account_id))


def _act(act: Callable[[Connection], Any], draft: AccountDraft | None = None) -> AnyResponse:
    problem = attempt(act)
    if problem:
        return _accounts(problem.status, problem, None, draft)
    return _accounts(200, None, SAVED)


def _accounts(
    status: int, problem: Problem | None, done: Text | None, draft: AccountDraft | None = None
) -> AnyResponse:
    with transaction() as connection:
        rows, operators = list_accounts(connection), list_operators(connection)
    return page(
        "console/accounts.html",
        status,
        rows=rows,
        operators=operators,
        offered=list(registered_roles().values()),
        may_write=Role.SECURITY_ADMINISTRATOR in require_caller().roles,
        problem=problem,
        done=done,
        draft=draft,
    )
