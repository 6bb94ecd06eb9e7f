"""Headers, languages, problems and logs of every kind of answer."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from tests.integration.web.conftest import PASSWORD, csrf, make_account, make_published

from pingyi.app import create_app
from pingyi.channels import Text
from pingyi.db import db
from pingyi.domain.errors import FieldError, Problem
from pingyi.settings import Settings
from pingyi.web.policy import PUBLIC, policy

KINDS = {
    "page": ("GET", "/", 200),
    "missing page": ("GET", "/nowhere", 404),
    "wrong method": ("DELETE", "/", 405),
    "sign-in": ("GET", "/sign-in", 303),
    "not signed in": ("GET", "/office", 303),
    "no form token": ("POST", "/sign-in", 400),
    "style": ("GET", "/static/pingyi.css", 200),
    "API missing": ("GET", "/api/v1/nowhere", 404),
    "API wrong method": ("DELETE", "/api/openapi.json", 405),
    "API refused": ("GET", "/api/refused", 409),
    "API failed": ("GET", "/api/failed", 500),
    "failed": ("GET", "/failed", 500),
    "NUL": ("GET", "/periods/%00", 400),
}


@pytest.fixture
def failing(app: Flask, settings: Settings) -> Iterator[FlaskClient]:
    """An application with views that refuse and fail."""
    made = create_app(settings)

    def fail() -> str:
        raise RuntimeError("the secret of the failure")

    def refuse() -> str:
        error = FieldError(code="low", message=Text(zh="太低", en="Too low"), pointer="/score", row=3)
        message = Text(zh="请稍后", en="Later")
        raise Problem("busy", 409, message, [error], retry_after_seconds=7)

    made.add_url_rule("/failed", "failed", policy(PUBLIC)(fail))
    made.add_url_rule("/api/failed", "api_failed", policy(PUBLIC)(fail))
    made.add_url_rule("/api/refused", "api_refused", policy(PUBLIC)(refuse))
    yield made.test_client()
    with made.app_context():
        db.engine.dispose()


@pytest.mark.parametrize("kind", KINDS)
def test_every_answer_has_the_headers(failing: FlaskClient, kind: str) -> None:
    method, path, status = KINDS[kind]
    answer = failing.open(path, method=method)
    assert answer.status_code == status
    directives = answer.headers["Content-Security-Policy"].split("; ")
    assert "default-src 'none'" in directives and "frame-ancestors 'none'" in directives
    assert not re.search(r"unsafe|https?:|\*", answer.headers["Content-Security-Policy"])
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Permissions-Policy" in answer.headers
    assert answer.headers["Cache-Control"]
    assert "secret of the failure" not in answer.text and "Traceback" not in answer.text
    answer.close()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.startswith("API")])
def test_problems_below_api_follow_rfc_9457(failing: FlaskClient, kind: str) -> None:
    method, path, status = KINDS[kind]
    for language, other in (("zh-CN,en;q=0.5", "en"), ("en-GB", "zh")):
        answer = failing.open(path, method=method, headers={"Accept-Language": language})
        body = answer.get_json()
        assert answer.content_type == "application/problem+json"
        assert (body["status"], body["type"]) == (status, f"/problems/{body['code']}")
        assert bool(re.search("[\u4e00-\u9fff]", body["detail"])) is (other == "en")


def test_problem_names_fields_and_when_to_come_back(failing: FlaskClient) -> None:
    answer = failing.get("/api/refused")
    assert answer.headers["Retry-After"] == "7"
    assert answer.get_json()["errors"] == [{"pointer": "/score", "code": "low", "detail": "太低", "row": 3}]
    assert failing.delete("/api/openapi.json").headers["Allow"]


def test_too_large_a_form_is_refused(failing: FlaskClient) -> None:
    answer = failing.post("/sign-in", data={"login": "x" * 300_000})
    assert (answer.status_code, "body_too_large" in answer.text) == (413, True)


def test_language_is_asked_remembered_or_wished(client: FlaskClient) -> None:
    wished = {"Accept-Language": "en-GB,zh;q=0.5"}
    assert 'lang="zh-Hans"' in client.get("/").text
    assert 'lang="en"' in client.get("/", headers=wished).text
    assert 'lang="zh-Hans"' in client.get("/?lang=zh", headers=wished).text
    assert 'lang="zh-Hans"' in client.get("/", headers=wished).text, "the choice was remembered"
    assert 'lang="zh-Hans"' in client.get("/?lang=xx").text


def test_static_files_are_kept_by_their_content_and_personal_pages_never(
    signed_in: Callable[..., FlaskClient],
) -> None:
    client = signed_in("administrator")
    page = client.get("/office")
    style = re.search(r'href="(/static/pingyi\.css\?v=\w+)"', page.text)
    assert style
    with client.get(style[1]) as kept:
        assert "immutable" in kept.headers["Cache-Control"]
    assert (page.headers["Cache-Control"], client.get("/").headers["Cache-Control"]) == (
        "no-store",
        "no-store",
    )


def test_public_page_is_asked_for_again_and_answered_briefly(client: FlaskClient) -> None:
    make_published(["市一局", "市二局"])
    first = client.get("/")
    again = client.get("/", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.headers["Cache-Control"], again.status_code, again.data) == ("no-cache", 304, b"")


def test_logs_hold_no_token_address_or_anything_typed(
    app: Flask, office: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    loggers = [logging.getLogger(name) for name in ("pingyi.access", "pingyi.web")]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        make_account("wang", "administrator")
        client = app.test_client()
        elsewhere = {"REMOTE_ADDR": "203.0.113.77"}
        client.get("/?phone=13900000000", environ_base=elsewhere)
        client.get("/periods/13911111111", environ_base=elsewhere)
        client.get("/api/v1/periods", headers=office, environ_base=elsewhere)
        token = csrf(client)
        form = {"login": "wang", "password": PASSWORD, "csrf_token": token}
        client.post("/sign-in", data=form, environ_base=elsewhere)
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
    written = lines.getvalue() + caplog.text
    assert [json.loads(line)["status"] for line in lines.getvalue().splitlines()][:2] == [200, 404]
    for secret in (office["Authorization"].split()[1], token, PASSWORD, "203.0.113.77", "139", "wang"):
        assert secret not in written


@contextmanager
def client_with(settings: Settings, **changed: Any) -> Iterator[FlaskClient]:
    """A client of an application of its own, whose connections are closed afterwards."""
    app = create_app(replace(settings, **changed))
    yield app.test_client()
    with app.app_context():
        db.engine.dispose()


def test_untrusted_host_is_refused(settings: Settings) -> None:
    with client_with(settings, trusted_hosts="pingyi.example, www.pingyi.example") as client:
        assert client.get("/sign-in", base_url="http://elsewhere.example").status_code == 400
        assert client.get("/sign-in", base_url="http://www.pingyi.example").status_code != 400


@pytest.mark.parametrize(("hops", "believed"), [(0, False), (1, True)])
def test_forwarding_headers_are_believed_only_from_declared_proxies(
    settings: Settings, hops: int, believed: bool
) -> None:
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
    with client_with(settings, proxy_hops=hops) as client:
        response = client.get("/sign-in", headers=headers)
    assert ("Strict-Transport-Security" in response.headers) is believed
