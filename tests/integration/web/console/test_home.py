"""The home of an approver names what waits for a second person, of every period."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient
from tests.integration.web.conftest import csrf, make_draft

FINE = {"kind": "deduction", "points": "0.5", "reason": "通报批评"}


def ask(client: FlaskClient, period: str, unit: str) -> None:
    form = {"csrf_token": csrf(client, f"/office/periods/{period}"), "unit": unit, **FINE}
    assert client.post(f"/office/periods/{period}/adjust", data=form).status_code == 303


def test_approver_sees_requests_of_all_periods_but_not_own_ones(
    signed_in: Callable[..., FlaskClient],
) -> None:
    for period in ("p", "q"):
        make_draft(["市第一局", "市第二局"], key=period)
    approver = signed_in("approver", "administrator")
    assert "没有待办事项" in approver.get("/home").text
    ask(approver, "p", "u1")
    assert "没有待办事项" in approver.get("/home").text
    office = signed_in("administrator")
    ask(office, "p", "u1")
    ask(office, "q", "u2")
    page = approver.get("/home").text
    assert page.count("倒扣") == 2 and "市第二局" in page
    assert 'href="/office/periods/p#pending"' in page and 'href="/office/periods/q#pending"' in page
    assert 'href="/home"' in approver.get("/office").text and 'href="/home"' not in office.get("/office").text
    assert "Requests to answer" in approver.get("/home?lang=en").text
