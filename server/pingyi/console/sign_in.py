"""Signing in and out, the first account, one's own password."""

from __future__ import annotations

from flask import redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from pingyi.channels import Text
from pingyi.console.pages import attempt, blueprint, field, page, secret
from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.extensions import home_parts, registered_roles
from pingyi.navigation import TOOLS
from pingyi.roles import OFFICE_READERS, Role, title_of
from pingyi.services.people.accounts import (
    AccountDraft,
    change_password,
    create_first_account,
    needs_first_account,
)
from pingyi.services.people.sign_in import sign_in as verify
from pingyi.web.callers import current_account, require_caller
from pingyi.web.links import links
from pingyi.web.policy import PUBLIC, SIGNED_IN, policy
from pingyi.web.sessions import current_session

FORM = "console/sign_in.html"
FIRST = "console/first.html"


@blueprint.get("/sign-in")
@policy(PUBLIC)
def sign_in() -> AnyResponse:
    """The sign-in form; the form of the first account where there is none yet."""
    with transaction() as connection:
        if needs_first_account(connection):
            return redirect(url_for("console.first_sign_in"), 303)
    return page(FORM, next=_next(request.args.get("next", "")), problem=None, login="")


@blueprint.post("/sign-in")
@policy(PUBLIC)
def do_sign_in() -> AnyResponse:
    """Check login and password, and go on under a new session."""
    onward = _next(field("next"))
    try:
        account_id = verify(field("login"), secret("password"))
    except Problem as problem:
        return page(FORM, problem.status, next=onward, problem=problem, login=field("login"))
    current_session().sign_in(account_id)
    return redirect(onward or url_for("console.landing"), 303)


@blueprint.post("/sign-out")
@policy(PUBLIC)
def sign_out() -> AnyResponse:
    """End the session."""
    current_session().sign_out()
    return redirect(url_for("site.home"), 303)


@blueprint.get("/landing")
@policy(SIGNED_IN)
def landing() -> AnyResponse:
    """Where an account begins: at what waits for it where an extension has such a part, else by its roles."""
    roles = require_caller().roles
    if home_parts(roles):
        return redirect(url_for("console.home"), 303)
    if roles & set(OFFICE_READERS):
        return redirect(url_for("console.office"), 303)
    if Role.SECURITY_ADMINISTRATOR in roles:
        return redirect(url_for("console.accounts"), 303)
    if Role.OPERATOR in roles:
        return redirect(url_for("console.deliveries"), 303)
    first = next(iter(links(TOOLS)), None)
    return redirect(url_for(first.endpoint if first else "console.own_account"), 303)


@blueprint.get("/first-sign-in")
@policy(PUBLIC)
def first_sign_in() -> AnyResponse:
    """The form that makes the first account by the one-time code."""
    return page(FIRST, problem=None, login="", name="")


@blueprint.post("/first-sign-in")
@policy(PUBLIC)
def do_first_sign_in() -> AnyResponse:
    """Make the security administrator and sign it in."""
    draft = AccountDraft(
        login=field("login").lower(), name=field("name"), password=secret("password"), roles=()
    )
    made: list[int] = []
    problem = attempt(lambda connection: made.append(create_first_account(connection, field("code"), draft)))
    if problem:
        return page(FIRST, problem.status, problem=problem, login=draft.login, name=draft.name)
    current_session().sign_in(made[0])
    return redirect(url_for("console.accounts"), 303)


@blueprint.get("/account")
@policy(SIGNED_IN)
def own_account() -> AnyResponse:
    """One's own roles and password."""
    return _own(200, None, None)


@blueprint.post("/account")
@policy(SIGNED_IN)
def change_own_password() -> AnyResponse:
    """Change one's own password; the other sessions end, this one goes on under a new id."""
    caller = require_caller()
    if caller.account_id is None:
        raise Problem("no_account", 409, _KEYS_HAVE_NONE)
    problem = attempt(lambda connection: change_password(connection, caller, secret("old"), secret("new")))
    if problem is None:
        current_session().sign_in(caller.account_id)
        return _own(200, None, Text(zh="口令已更改。", en="The password has been changed."))
    return _own(problem.status, problem, None)


def _own(status: int, problem: Problem | None, done: Text | None) -> AnyResponse:
    account = current_account()
    roles = [title_of(role, registered_roles()) for role in sorted(account.roles)] if account else []
    return page("console/account.html", status, roles=roles, problem=problem, done=done)


def _next(given: str) -> str:
    """A local path to go on to; anything that a browser could read as another host is dropped."""
    safe = given.startswith("/") and not given.startswith("//") and "\\" not in given and given.isprintable()
    return given if safe else ""


_KEYS_HAVE_NONE = Text(zh="密钥没有口令。", en="A key has no password.")
