"""Every endpoint declares who may call it; nobody else gets in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import wraps
from itertools import product
from typing import Any

import pytest
from flask import Flask
from flask.views import MethodView
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from pingyi.app import create_app
from pingyi.db import db, transaction
from pingyi.extensions import evidence_readers, registered_roles
from pingyi.roles import Role
from pingyi.services.core.callers import SHELL
from pingyi.services.people.api_keys import ensure_operator, new_office_key, new_operator_key
from pingyi.settings import Settings
from pingyi.web.policy import (
    EVIDENCE_READERS,
    OPERATOR,
    PUBLIC,
    SIGNED_IN,
    declare,
    declared,
    policy,
    undeclared,
    unknown_words,
)

NOBODY = "nobody"


@pytest.fixture
def own(app: Flask, settings: Settings) -> Iterator[Flask]:
    """A second application, to be given routes of its own."""
    made = create_app(settings)
    yield made
    with made.app_context():
        db.engine.dispose()


def test_undeclared_is_empty_for_the_application(app: Flask) -> None:
    assert undeclared(app) == []


def test_undeclared_names_a_route_without_policy_and_nobody_gets_in(own: Flask) -> None:
    own.add_url_rule("/forgotten", "forgotten", lambda: "secret", methods=["GET", "POST"])
    assert undeclared(own) == ["GET /forgotten (forgotten)", "POST /forgotten (forgotten)"]
    key = headers_of(Role.ADMINISTRATOR)
    assert [own.test_client().get("/forgotten", headers=h).status_code for h in ({}, key)] == [403, 403]


def test_policy_holds_per_method_and_through_decorators(own: Flask) -> None:
    def louder(view: Any) -> Any:
        return wraps(view)(lambda *given, **named: view(*given, **named) + "!")

    class Things(MethodView):
        @louder
        @policy(PUBLIC)
        def get(self) -> str:
            return "seen"

        @policy(Role.ADMINISTRATOR)
        @louder
        def post(self) -> str:
            return "made"

        def delete(self) -> str:
            return "gone"

    own.add_url_rule("/api/things", view_func=Things.as_view("things"))
    client, key = own.test_client(), headers_of(Role.ADMINISTRATOR)
    assert undeclared(own) == ["DELETE /api/things (things)"]
    assert client.get("/api/things").text == "seen!"
    assert client.post("/api/things").status_code == 401
    assert client.post("/api/things", headers=headers_of(Role.AUDITOR)).status_code == 403
    assert client.post("/api/things", headers=key).text == "made!"
    assert client.delete("/api/things", headers=key).status_code == 403


def test_declare_covers_a_foreign_view_by_method(own: Flask) -> None:
    own.add_url_rule("/foreign", "foreign", lambda: "x", methods=["GET", "POST"])
    declare(own, "foreign", PUBLIC, method="GET")
    assert undeclared(own) == ["POST /foreign (foreign)"]


def test_unknown_words_are_named_and_let_nobody_in(app: Flask, own: Flask) -> None:
    assert unknown_words(app) == []
    own.add_url_rule("/typo", "typo", policy("adminstrator")(lambda: "seen"))
    assert unknown_words(own) == ["typo: adminstrator"]
    assert own.test_client().get("/typo", headers=headers_of(Role.ADMINISTRATOR)).status_code == 403


def test_every_route_lets_in_exactly_whom_it_declares(app: Flask) -> None:
    everybody = (NOBODY, *registered_roles())
    keys = {who: headers_of(who) for who in everybody}
    cells = 0
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            path = _sample(app, rule, method)
            for who in everybody:
                answer = app.test_client().open(path, method=method, headers=keys[who])
                allowed = _allowed(app, rule.endpoint, method, who)
                assert _entered(answer) is allowed, (
                    f"{who} {method} {path}: {answer.status} {answer.text[:300]}"
                )
                cells += 1
    assert cells >= 200


def headers_of(who: str) -> dict[str, str]:
    if who == NOBODY:
        return {}
    with transaction() as connection:
        if who == Role.OPERATOR:
            token = new_operator_key(connection, SHELL, ensure_operator(connection, "某单位")).token
        else:
            token = new_office_key(connection, SHELL, [who]).token
    return {"Authorization": f"Bearer {token}"}


def _sample(app: Flask, rule: Rule, method: str) -> str:
    """An address that leads to the rule and names nothing that exists."""
    address = app.url_map.bind("localhost")
    for values in product(
        ("none", "1", "0123456789ab", "results.csv", "draw.json", "0" * 64, "png", "issue"),
        repeat=len(rule.arguments),
    ):
        filling = iter(values)
        path = re.sub(r"<[^>]+>", lambda _, filling=filling: next(filling), rule.rule)
        try:
            if address.match(path, method)[0] == rule.endpoint:
                return path
        except HTTPException:
            continue
    raise AssertionError(f"no address found for {rule.rule}")


def _allowed(app: Flask, endpoint: str, method: str, who: str) -> bool:
    stated = declared(app, endpoint, method)
    assert stated
    if PUBLIC in stated:
        own_token = endpoint in app.extensions["pingyi.csrf.own"]
        return who != NOBODY or method == "GET" or endpoint == "static" or own_token
    if who == NOBODY:
        return False
    if EVIDENCE_READERS in stated and who in evidence_readers():
        return True
    return (
        SIGNED_IN in stated or who in (stated - {OPERATOR}) or (who == Role.OPERATOR and OPERATOR in stated)
    )


def _entered(answer: Any) -> bool:
    """Whether the view answered: not the policy, nor (where nobody sends a form) the form token."""
    if answer.status_code == 303 and answer.headers["Location"].startswith("/sign-in"):
        return False
    return (
        not re.search(r"\b(not_signed_in|forbidden|form_expired)\b", answer.text) or answer.status_code < 400
    )
