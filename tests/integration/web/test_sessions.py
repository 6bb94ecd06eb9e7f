"""Sessions: a new id at every sign-in, idle and absolute ends, and no form without its token."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from tests.integration.web.conftest import PASSWORD, csrf, make_account

from pingyi.app import create_app
from pingyi.db import db, transaction
from pingyi.services.core.callers import SHELL
from pingyi.services.people.accounts import disable_account, set_roles
from pingyi.settings import Settings
from pingyi.web.policy import SIGNED_IN, policy
from pingyi.web.sessions import COOKIE


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie(COOKIE)
    return found.value if found else ""


def stored(client: FlaskClient) -> bool:
    digest = hashlib.sha256(cookie(client).encode()).digest()
    with transaction() as connection:
        row = connection.execute(text("SELECT 1 FROM session WHERE id_hash = :id"), {"id": digest}).first()
    return row is not None


def age(column: str, interval: str) -> None:
    with transaction() as connection:
        connection.execute(text(f"UPDATE session SET {column} = now() - interval '{interval}'"))


def test_public_pages_set_no_session(client: FlaskClient) -> None:
    client.get("/")
    client.get("/periods")
    assert cookie(client) == ""


def test_sign_in_changes_the_id_and_ends_the_old_session(app: Flask) -> None:
    make_account("admin", "administrator")
    client = app.test_client()
    token = csrf(client)
    before = cookie(client)
    answer = client.post("/sign-in", data={"login": "admin", "password": PASSWORD, "csrf_token": token})
    assert (answer.status_code, before != cookie(client), stored(client)) == (303, True, True)
    thief = app.test_client()
    thief.set_cookie(COOKIE, before)
    assert thief.get("/office").status_code == 303
    flags = answer.headers["Set-Cookie"]
    assert "HttpOnly" in flags and "SameSite=Lax" in flags and "Secure" not in flags


def test_sign_in_over_https_marks_the_cookie_secure(app: Flask) -> None:
    client = app.test_client()
    make_account("admin", "administrator")
    answer = client.get("/sign-in", base_url="https://localhost")
    assert (
        "__Host-pingyi_session=" in answer.headers["Set-Cookie"] and "Secure" in answer.headers["Set-Cookie"]
    )
    assert "max-age" in answer.headers["Strict-Transport-Security"]


@pytest.mark.parametrize(
    ("column", "interval", "status"),
    [
        ("used_at", "14 minutes", 200),
        ("used_at", "16 minutes", 303),
        ("created_at", "7 hours 59 minutes", 200),
        ("created_at", "8 hours 1 minute", 303),
    ],
)
def test_session_ends_when_idle_or_old(
    signed_in: Callable[..., FlaskClient], column: str, interval: str, status: int
) -> None:
    client = signed_in("administrator")
    age(column, interval)
    assert client.get("/office").status_code == status


def test_session_ends_with_sign_out_disabling_and_changed_roles(
    app: Flask, signed_in: Callable[..., FlaskClient]
) -> None:
    left = signed_in("administrator")
    left_id = cookie(left)
    left.post("/sign-out", data={"csrf_token": csrf(left, "/office")})
    left.set_cookie(COOKIE, left_id)
    shut, changed = signed_in("auditor"), signed_in("approver")
    with transaction() as connection:
        rows = connection.execute(text("SELECT roles[1] AS role, id FROM account"))
        ids = {row.role: row.id for row in rows}
        disable_account(connection, SHELL, ids["auditor"])
        set_roles(connection, SHELL, ids["approver"], ["administrator"])
    assert [client.get("/office").status_code for client in (left, shut, changed)] == [303, 303, 303]


def test_form_without_token_or_from_elsewhere_changes_nothing(signed_in: Callable[..., FlaskClient]) -> None:
    client = signed_in("security_administrator")
    form = {"login": "new.one", "name": "新人", "password": PASSWORD, "roles": "auditor"}
    missing = client.post("/accounts", data=form)
    token = csrf(client, "/accounts")
    foreign = client.post(
        "/accounts", data={**form, "csrf_token": token}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    with transaction() as connection:
        accounts = connection.execute(text("SELECT count(*) FROM account")).scalar_one()
    assert (missing.status_code, foreign.status_code, accounts) == (400, 403, 1)
    assert client.post("/accounts", data={**form, "csrf_token": token}).status_code == 200


@pytest.fixture
def with_operation(app: Flask, settings: Settings) -> Iterator[Flask]:
    made = create_app(settings)
    made.add_url_rule("/api/act", "act", policy(SIGNED_IN)(lambda: "done"), methods=["POST"])
    yield made
    with made.app_context():
        db.engine.dispose()


def test_api_never_acts_on_a_cookie_without_the_token(with_operation: Flask, office: dict[str, str]) -> None:
    make_account("admin", "administrator")
    client = with_operation.test_client()
    client.post("/sign-in", data={"login": "admin", "password": PASSWORD, "csrf_token": csrf(client)})
    token = csrf(client, "/office")
    assert client.post("/api/act").get_json()["code"] == "form_expired"
    assert client.post("/api/act", headers={"X-CSRFToken": token}).text == "done"
    assert with_operation.test_client().post("/api/act").status_code == 401
    assert with_operation.test_client().post("/api/act", headers=office).text == "done"
    wrong = {"Authorization": "Bearer pingyi_000000000000_wrong"}
    assert client.post("/api/act", headers=wrong).get_json()["code"] == "invalid_key"
