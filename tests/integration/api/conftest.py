"""The application with its API, and small helpers that speak HTTP only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextvars import Context
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from pingyi.api.examples import PERIOD, SCHEME, SCHEME_TOML, UNITS
from pingyi.app import create_app
from pingyi.db import db, transaction
from pingyi.settings import Settings

BASE = "/api/v1"


class OutsideClient(FlaskClient):
    """Sends each request as from outside: it never shares the application context of the running test."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        return Context().run(super().open, *args, **kwargs)


LAW = f"{BASE}/periods/example-2017/partner_score/work_law"


@pytest.fixture(scope="session")
def application(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    app.test_client_class = OutsideClient
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def key_of(client: FlaskClient, security: dict[str, str]) -> Callable[..., dict[str, str]]:
    """Headers of a fresh key: of an operator by its name, or of the office by roles."""

    def issue(operator: str = "", **given: Any) -> dict[str, str]:
        holder = {"operator": operator} if operator else {}
        made = client.post(f"{BASE}/keys", json={**holder, **given}, headers=security)
        assert made.status_code == 201, made.text
        return {"Authorization": f"Bearer {made.json['token']}"}

    return issue


@pytest.fixture
def draft(client: FlaskClient, office: dict[str, str]) -> None:
    """The example's scheme, units and period, not yet open."""
    for method, path, body in (
        ("POST", "/schemes", SCHEME),
        ("POST", "/periods", PERIOD),
        ("PUT", "/periods/example-2017/units", UNITS),
    ):
        made = client.open(BASE + path, method=method, json=body, headers=office)
        assert made.status_code in {200, 201}, made.text


@pytest.fixture
def opened(client: FlaskClient, draft: None, office: dict[str, str]) -> None:
    """The example's period, open."""
    answer = client.post(f"{BASE}/periods/example-2017/opening", headers=office)
    assert answer.status_code == 200, answer.text


@pytest.fixture
def operator(opened: None, key_of: Callable[..., dict[str, str]]) -> dict[str, str]:
    """Headers of the operator of the channel work_law."""
    return key_of("市政府法制办")


@pytest.fixture
def post(client: FlaskClient, operator: dict[str, str]) -> Callable[..., Any]:
    """Post entries to work_law, under a fresh key where none is given."""

    def send(*entries: Any, key: str | None = None, path: str = f"{LAW}/entries", **headers: str) -> Any:
        names = {"Idempotency-Key": key or uuid4().hex, **operator, **headers}
        return client.post(path, json={"entries": list(entries)}, headers=names)

    return send


@pytest.fixture
def stored(app: Flask) -> Callable[[], dict[str, int]]:
    """How many rows each table of intake holds."""

    def count() -> dict[str, int]:
        names = ("delivery", "entry", "entry_head", "receipt", "unfolded", "outbox", "counter")
        # Every act asks for sealing, that of making the test's own keys too.
        rows = {"outbox": "outbox WHERE topic <> 'seal'"}
        with transaction() as connection:
            return {
                name: connection.execute(text(f"SELECT count(*) FROM {rows.get(name, name)}")).scalar_one()
                for name in names
            }

    return count


@pytest.fixture
def upload(client: FlaskClient, operator: dict[str, str]) -> Callable[..., Any]:
    """Send a file to the channel work_law."""

    def send(content: bytes, path: str = LAW, **headers: str) -> Any:
        return client.post(f"{path}/uploads", data=content, headers={**operator, **headers})

    return send


@pytest.fixture
def confirm(client: FlaskClient, operator: dict[str, str]) -> Callable[..., Any]:
    """Confirm an upload by its answer."""

    def send(answer: Any) -> Any:
        number = answer.json["upload"]
        return client.post(f"{LAW}/uploads/{number}/confirmation", headers=operator)

    return send


BALLOT = """
options = { very_satisfied = "100", satisfied = "80", basic = "60", dissatisfied = "0" }
unscored = ["no_opinion"]
n_min = 30
shown_as = "rate"
"""
CASES = """
weights = { on_time = "0.3", closed = "0.3", satisfied = "0.4" }
n_min = 5
sub_score_decimals = 2
"""
ITEMS = 'items = [{ key = "late", deduct = "1", cap = "5" }]'
SETTINGS = {
    "partner": 'scale = "5"',
    "panel": 'scale = "5"\ntrim = 1\nn_min = 3',
    "ballots": BALLOT,
    "cases": CASES,
    "case_totals": CASES,
    "checklist": ITEMS,
    "findings": ITEMS,
    "show": 'preset = ["100/80/50", "40/20/20/20"]\nn_min = 1',
    "monitoring_points": f'preset = "50/50"\ndimensions = {{ overall = "1" }}\n{BALLOT}',
}


@pytest.fixture
def world(app: Flask, client: FlaskClient, office: dict[str, str]) -> dict[str, str]:
    """An open period "example-2017" with a channel `c_<plugin>` for each plugin there is."""
    plugins = {key: each.channel for key, each in app.extensions["pingyi.registry"].channels.items()}
    head = SCHEME_TOML.split("[[channels]]")[0].replace('"100"', f'"{len(plugins)}"')
    channels = [
        f'[[channels]]\nkey = "c_{key}"\nplugin = "{key}"\noperator = "市政府法制办"\nmax_points = "1"\n'
        f'title = {{ zh = "{key}", en = "{key}" }}\n[channels.settings]\n{SETTINGS[channel.family]}\n'
        for key, channel in plugins.items()
    ]
    units = {"units": [*UNITS["units"], {"code": "A03", "name": "市交通局", "category": "departments"}]}
    rolls = {"rolls": [{"channel": "c_monitoring_points", "name": "registered", "count": 250}]}
    for method, path, body in (
        ("POST", "/schemes", {"document": "\n".join([head, *channels])}),
        ("POST", "/periods", PERIOD),
        ("PUT", "/periods/example-2017/units", units),
        ("PUT", "/periods/example-2017/rolls", rolls),
        ("POST", "/periods/example-2017/opening", None),
    ):
        made = client.open(BASE + path, method=method, json=body, headers=office)
        assert made.status_code in {200, 201}, made.text
    return {key: f"c_{key}" for key in plugins}
