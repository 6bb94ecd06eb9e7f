"""Sessions: a new id at every sign-in, idle and absolute ends, and no form without its token."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

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
from pingyi.web.sessions import COOKIE, FORM_COOKIE


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie(COOKIE)
    return found.value if found else ""


def stored(client: FlaskClient) -> bool:
    digest = hashlib.sha256(cookie(client).encode()).digest()
    with transaction() as connection:
        row = connection.execute(text("SELECT 1 FROM session WHERE id_hash = :id"), {"id": digest}).first()
    return row is not None


def count(table: str) -> int:
    with transaction() as connection:
        rows: int = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
    return rows


def age(column: str, interval: str) -> None:
    with transaction() as connection:
        connection.execute(text(f"UPDATE session SET {column} = now() - interval '{interval}'"))


def test_public_pages_set_no_session(client: FlaskClient) -> None:
    client.get("/")
    client.get("/periods")
    assert cookie(client) == ""


def test_sign_in_page_stores_nothing_and_keeps_the_secret_of_its_form_in_a_cookie(app: Flask) -> None:
    make_account("admin", "administrator")
    client, other = app.test_client(), app.test_client()
    pages = [client.get("/sign-in") for _ in range(3)]
    names = [[one.partition("=")[0] for one in page.headers.getlist("Set-Cookie")] for page in pages]
    assert names == [[FORM_COOKIE], [], []] and "HttpOnly" in pages[0].headers["Set-Cookie"]
    assert count("session") == 0
    form = {"login": "admin", "password": PASSWORD, "csrf_token": csrf(client)}
    assert other.post("/sign-in", data=form).status_code == 400  # the token of another browser
    other.set_cookie(FORM_COOKIE, "x" * 40)
    assert other.post("/sign-in", data=form).status_code == 400
    wrong = client.post("/sign-in", data={**form, "password": "something else"})
    assert (wrong.status_code, count("session")) == (401, 0)
    assert (client.post("/sign-in", data=form).status_code, count("session")) == (303, 1)


def test_page_of_the_first_account_stores_nothing_either(app: Flask) -> None:
    assert csrf(app.test_client(), "/first-sign-in") and count("session") == 0


def test_sign_in_starts_a_session_and_takes_no_id_from_the_browser(app: Flask) -> None:
    make_account("admin", "administrator")
    client = app.test_client()
    client.set_cookie(COOKIE, "planted")
    token = csrf(client)
    answer = client.post("/sign-in", data={"login": "admin", "password": PASSWORD, "csrf_token": token})
    assert (answer.status_code, stored(client)) == (303, True)
    assert cookie(client) not in {"", "planted"} and client.get_cookie(FORM_COOKIE) is None
    [flags] = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith(f"{COOKIE}=")]
    assert "HttpOnly" in flags and "SameSite=Lax" in flags and "Secure" not in flags


def test_signing_in_again_ends_the_old_session(signed_in: Callable[..., FlaskClient]) -> None:
    client = signed_in("administrator")
    before, token = cookie(client), csrf(client, "/office")
    form = {"login": "who.administrator", "password": PASSWORD, "csrf_token": token}
    assert client.post("/sign-in", data=form).status_code == 303
    assert (before != cookie(client), count("session")) == (True, 1)
    thief = client.application.test_client()
    thief.set_cookie(COOKIE, before)
    assert thief.get("/office").status_code == 303


def test_cookies_over_https_are_secure(app: Flask) -> None:
    client = app.test_client()
    make_account("admin", "administrator")
    answer = client.get("/sign-in", base_url="https://localhost")
    assert "__Host-pingyi_form=" in answer.headers["Set-Cookie"] and "Secure" in answer.headers["Set-Cookie"]
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    [token] = re.findall(r'name="csrf_token" value="([^"]+)"', answer.text)
    form = {"login": "admin", "password": PASSWORD, "csrf_token": token}
    answer = client.post("/sign-in", data=form, base_url="https://localhost")
    told = answer.headers.getlist("Set-Cookie")
    assert answer.status_code == 303
    assert any(one.startswith("__Host-pingyi_session=") and "Secure" in one for one in told)


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


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:81"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Origin": "http://[localhost"}, 403),
        ({"Origin": "http://localhost"}, 200),
        ({"Origin": "https://localhost"}, 200),  # TLS ends at a proxy
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 200),
        ({}, 200),
    ],
)
def test_origin_says_who_sent_a_form_where_nothing_else_does(
    signed_in: Callable[..., FlaskClient], headers: dict[str, str], status: int
) -> None:
    client = signed_in("security_administrator")
    form = {"login": "new.one", "name": "新人", "password": PASSWORD, "roles": "auditor"}
    form["csrf_token"] = csrf(client, "/accounts")
    answer = client.post("/accounts", data=form, headers=headers)
    assert (answer.status_code, count("account")) == (status, 2 if status == 200 else 1)


def test_public_address_is_an_origin_of_ours_behind_a_proxy_that_names_another_host(
    app: Flask, settings: Settings
) -> None:
    made = create_app(replace(settings, public_address="https://pingyi.example.cn"))
    make_account("admin", "administrator")
    client = made.test_client()
    form = {"login": "admin", "password": PASSWORD, "csrf_token": csrf(client)}
    answer = client.post("/sign-in", data=form, headers={"Origin": "https://pingyi.example.cn"})
    assert answer.status_code == 303
    with made.app_context():
        db.engine.dispose()


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
