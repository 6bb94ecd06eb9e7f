"""A small published period, accounts that can sign in, and browsers with cookies."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import pytest
from flask import Flask
from flask.testing import FlaskClient
from tests.small_scheme import LAST_ONE, WINDOW, channel, draft_period, open_draft, scheme_of

from pingyi.db import transaction
from pingyi.services.approvals.requests import BUNDLE, approve_all, request_adjustments, request_release
from pingyi.services.core.bound_channels import ChannelRef
from pingyi.services.core.callers import SHELL
from pingyi.services.intake.deliveries import deliver
from pingyi.services.people.accounts import AccountDraft, create_account
from pingyi.services.people.api_keys import ensure_operator
from pingyi.services.periods.adjustments import AdjustmentRow
from pingyi.services.periods.earlier_results import PreviousRow, put_previous
from pingyi.services.periods.periods import close_period, find_period, request_assessment
from pingyi.services.results.assess import assess_period

PASSWORD = "correct horse battery"
SCHEME = scheme_of(
    channel("law", "依法行政", "50", '{ scale = "5" }', operator="法制办", more='group = "work"\n'),
    channel("openness", "政务公开", "10", '{ scale = "5" }', operator="公开办", more='group = "work"\n'),
    WINDOW,
    more='[[groups]]\nkey = "work"\ntitle = { zh = "工作测评", en = "Work" }\n'
    '[grades]\nfrom = { excellent = "90", good = "80", pass = "60", fail = "0" }\n' + LAST_ONE,
)


def make_draft(names: Sequence[str], *, demonstration: bool = True, key: str = "p") -> None:
    draft_period(SCHEME, names, key, demonstration=demonstration)


def make_open(names: Sequence[str], *, demonstration: bool = True, key: str = "p") -> None:
    make_draft(names, demonstration=demonstration, key=key)
    open_draft(key)
    scored = [(f"u{n}", 5 - n) for n in range(1, len(names) + 1)]
    deliver(
        SHELL,
        ChannelRef(period=key, channel="law"),
        [{"unit": unit, "score": str(max(mark, 1))} for unit, mark in scored],
    )
    deliver(
        SHELL,
        ChannelRef(period=key, channel="window"),
        [{"unit": unit, "score": str(20 * max(mark, 1))} for unit, mark in scored],
    )
    deliver(SHELL, ChannelRef(period=key, channel="openness"), [{"unit": "u1", "score": "4.5"}])


def make_assessed(names: Sequence[str], *, demonstration: bool = True, key: str = "p") -> None:
    make_open(names, demonstration=demonstration, key=key)
    with transaction() as connection:
        period = find_period(connection, key)
        deduction = AdjustmentRow(
            unit="u1", kind="deduction", points=1, reason="违规通报", document="纪〔2017〕3号"
        )
        approve_all(connection, request_adjustments(connection, BUNDLE, period, [deduction]))
        earlier = PreviousRow(period="2016", unit="u1", category="departments", rank=2, of=len(names))
        put_previous(connection, SHELL, period, [earlier])
        close_period(connection, SHELL, key)
        request_assessment(connection, SHELL, key)
    assess_period(period.id)


def make_published(names: Sequence[str], *, demonstration: bool = True, key: str = "p") -> None:
    make_assessed(names, demonstration=demonstration, key=key)
    with transaction() as connection:
        approve_all(connection, [request_release(connection, BUNDLE, key, "评议结束")])


def make_account(login: str, *roles: str) -> int:
    operator = "市信访局" if "operator" in roles else ""
    with transaction() as connection:
        if operator:
            ensure_operator(connection, operator)
        draft = AccountDraft(login=login, name="某人", password=PASSWORD, roles=roles, operator=operator)
        return create_account(connection, SHELL, draft)


def csrf(client: FlaskClient, path: str = "/sign-in") -> str:
    """The token of the first form of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
    assert found, f"no form on {path}"
    return found[1]


SignIn = Callable[..., FlaskClient]


@pytest.fixture
def signed_in(app: Flask) -> SignIn:
    """A browser signed in to a fresh account with the roles given."""

    def start(*roles: str) -> FlaskClient:
        login = "who." + roles[0].replace("_", "-")
        make_account(login, *roles)
        client = app.test_client()
        answer = client.post(
            "/sign-in", data={"login": login, "password": PASSWORD, "csrf_token": csrf(client)}
        )
        assert answer.status_code == 303, answer.text
        return client

    return start
