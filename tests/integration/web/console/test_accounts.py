"""Accounts: the first by a code, roles that exclude one another, lock-outs that tell nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from tests.integration.web.conftest import PASSWORD, csrf, make_account

from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.extensions import registered_roles
from pingyi.roles import Role, incompatible_pairs
from pingyi.services.core.callers import SHELL, Caller
from pingyi.services.people.accounts import AccountDraft, create_account, new_first_code, set_roles
from pingyi.services.people.sign_in import sign_in


def try_sign_in(login: str, password: str) -> str:
    try:
        sign_in(login, password)
    except Problem as problem:
        return f"{problem.code} {problem.status} {problem.message}"
    return "in"


def records() -> list[str]:
    with transaction() as connection:
        rows = connection.execute(text("SELECT kind, convert_from(body, 'UTF8') FROM leaf ORDER BY id"))
        return [f"{kind} {body}" for kind, body in rows]


def test_first_account_comes_by_its_code_once(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/sign-in").headers["Location"] == "/first-sign-in"
    with transaction() as connection:
        stale = new_first_code(connection)
        code = new_first_code(connection)
    form = {
        "login": "first",
        "name": "赵安",
        "password": PASSWORD,
        "csrf_token": csrf(client, "/first-sign-in"),
    }
    assert client.post("/first-sign-in", data={**form, "code": stale}).status_code == 403
    answer = client.post("/first-sign-in", data={**form, "code": f" {code.upper()} "})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/accounts")
    assert client.get("/accounts").status_code == 200 and client.get("/office").status_code == 403
    again = app.test_client()
    token = csrf(again, "/first-sign-in")
    repeated = again.post(
        "/first-sign-in", data={**form, "login": "second", "code": code, "csrf_token": token}
    )
    assert repeated.status_code == 403
    with pytest.raises(Problem, match="accounts_exist"), transaction() as connection:
        new_first_code(connection)


def test_first_account_with_a_weak_password_leaves_the_code_usable(app: Flask) -> None:
    client = app.test_client()
    with transaction() as connection:
        code = new_first_code(connection)
    form = {"login": "first", "name": "赵安", "code": code, "csrf_token": csrf(client, "/first-sign-in")}
    assert client.post("/first-sign-in", data={**form, "password": "short"}).status_code == 422
    assert client.post("/first-sign-in", data={**form, "password": PASSWORD}).status_code == 303


def test_account_locks_after_five_wrong_tries_and_opens_later(app: Flask) -> None:
    make_account("admin", "administrator")
    answers = {try_sign_in("admin", "wrong password") for _ in range(5)}
    assert try_sign_in("admin", PASSWORD) in answers, (
        "locked: even the right password is refused in the same words"
    )
    with transaction() as connection:
        connection.execute(text("UPDATE account SET locked_until = now() - interval '1 second'"))
    assert try_sign_in("admin", "wrong password") in answers
    with transaction() as connection:
        longer = connection.execute(
            text("SELECT locked_until > now() + interval '90 seconds' FROM account")
        ).scalar_one()
        connection.execute(text("UPDATE account SET locked_until = now() - interval '1 second'"))
    assert longer, "the second lock is longer than the first"
    assert try_sign_in(" Admin ", PASSWORD) == "in"
    with transaction() as connection:
        assert connection.execute(text("SELECT failures FROM account")).scalar_one() == 0


def test_sign_in_tells_nobody_which_logins_exist(app: Flask) -> None:
    make_account("admin", "administrator")
    shut = make_account("gone", "auditor")
    with transaction() as connection:
        connection.execute(text("UPDATE account SET disabled_at = now() WHERE id = :id"), {"id": shut})
    answers = {
        try_sign_in("admin", "wrong password"),
        try_sign_in("nobody", "wrong password"),
        try_sign_in("gone", PASSWORD),
    }
    assert len(answers) == 1 and "in" not in answers


@pytest.mark.parametrize(
    ("roles", "refused"),
    [
        (["security_administrator", "administrator"], True),
        (["security_administrator", "reviewer"], True),
        (["auditor", "approver"], True),
        (["auditor", "operator"], True),
        (["card_issuer", "administrator"], True),
        (["administrator", "approver"], False),
        (["reviewer", "card_issuer"], False),
        (["reviewer", "card_issuer", "approver"], True),
        (["administrator", "reviewer"], True),
    ],
)
def test_incompatible_roles_are_refused(app: Flask, roles: list[str], refused: bool) -> None:
    assert bool(incompatible_pairs(roles, registered_roles())) is refused
    if refused:
        with pytest.raises(Problem, match="roles_incompatible"):
            make_account("someone", *roles)
        account_id = make_account("someone", "approver")
        with pytest.raises(Problem, match="roles_incompatible"), transaction() as connection:
            set_roles(connection, SHELL, account_id, roles)
    else:
        make_account("someone", *roles)


def test_role_that_nobody_brings_is_kept_or_lost_and_gets_no_other_beside_it(
    app: Flask, signed_in: Callable[..., FlaskClient]
) -> None:
    client, account_id = signed_in("security_administrator"), make_account("someone", "approver")
    with transaction() as connection:
        held = text("UPDATE account SET roles = '{inspector,approver}' WHERE id = :id")
        connection.execute(held, {"id": account_id})
    page = client.get("/accounts").text
    assert page.count('value="inspector"') == page.count('value="inspector" checked') == 1
    token = csrf(client, "/accounts")

    def change(*roles: str) -> int:
        form = {"roles": list(roles), "csrf_token": token}
        return client.post(f"/accounts/{account_id}/roles", data=form).status_code

    assert change("inspector", "approver", "administrator") == change("unit_liaison") == 422
    assert change("inspector") == change("approver") == 200
    assert change("approver", "inspector") == 422


def test_only_a_security_administrator_makes_accounts(app: Flask) -> None:
    draft = AccountDraft(login="someone", name="某人", password=PASSWORD, roles=("auditor",))
    for role in set(registered_roles()) - {Role.SECURITY_ADMINISTRATOR}:
        with pytest.raises(Problem, match="forbidden"), transaction() as connection:
            create_account(connection, Caller(name="x", roles=frozenset({role})), draft)


def test_own_roles_and_own_being_are_another_persons_to_change(
    app: Flask, signed_in: Callable[..., FlaskClient]
) -> None:
    client = signed_in("security_administrator")
    token = csrf(client, "/accounts")
    roles = client.post("/accounts/1/roles", data={"roles": "administrator", "csrf_token": token})
    disable = client.post("/accounts/1/disable", data={"csrf_token": token})
    assert (roles.status_code, disable.status_code) == (409, 409)


def test_changes_are_on_record_without_secrets(app: Flask, signed_in: Callable[..., FlaskClient]) -> None:
    client = signed_in("security_administrator")
    token = csrf(client, "/accounts")
    form = {"login": "new.one", "name": "钱新", "password": "another good one", "roles": "approver"}
    client.post("/accounts", data={**form, "csrf_token": token})
    client.post("/accounts/2/roles", data={"roles": ["approver", "administrator"], "csrf_token": token})
    client.post("/accounts/2/password", data={"password": "yet another one", "csrf_token": token})
    client.post("/accounts/2/disable", data={"csrf_token": token})
    try_sign_in("who.security-administrator", "wrong password")
    found = records()
    kinds = [line.split()[0] for line in found if line.startswith("admin.")]
    assert kinds[-5:] == [
        "admin.account_created",
        "admin.roles_changed",
        "admin.password_reset",
        "admin.account_disabled",
        "admin.sign_in_failed",
    ]
    text_of_all = " ".join(found)
    for secret in (
        "another good one",
        "yet another one",
        "wrong password",
        "钱新",
        "new.one",
        "who.",
        "argon2",
        "127.0.0.1",
    ):
        assert secret not in text_of_all


def test_own_password_changes_and_other_sessions_end(
    app: Flask, signed_in: Callable[..., FlaskClient]
) -> None:
    client = signed_in("administrator")
    other = app.test_client()
    other.post(
        "/sign-in", data={"login": "who.administrator", "password": PASSWORD, "csrf_token": csrf(other)}
    )
    token = csrf(client, "/account")
    wrong = client.post("/account", data={"old": "nonsense", "new": "a new long one", "csrf_token": token})
    done = client.post("/account", data={"old": PASSWORD, "new": "a new long one", "csrf_token": token})
    assert (wrong.status_code, done.status_code) == (422, 200)
    assert client.get("/office").status_code == 200 and other.get("/office").status_code == 303
    assert try_sign_in("who.administrator", "a new long one") == "in"
