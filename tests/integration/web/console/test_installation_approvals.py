"""The page of the approvals that belong to no period: what waits, who answers, and what was answered."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from tests.integration.web.conftest import SignIn, csrf, make_draft
from tests.notices import REASON, ask_notice, bring_notices, notices_issued

from pingyi.db import transaction
from pingyi.services.core.callers import Caller

PAGE = "/office/approvals"
ASKER = Caller(name="account-99")


@pytest.fixture(autouse=True)
def notices(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    bring_notices(app, monkeypatch)


def press(client: FlaskClient, path: str, **fields: str) -> str:
    form = {"csrf_token": csrf(client, PAGE), **fields}
    answer = client.post(path, data=form, follow_redirects=True)
    return f"{answer.status_code} {answer.text}"


def to_answer(client: FlaskClient) -> list[str]:
    """The numbers of the acts that this browser may approve."""
    return re.findall(rf'action="{PAGE}/(\d+)/approve"', client.get(PAGE).text)


def account_of(role: str) -> Caller:
    """The account that `signed_in` made for a role."""
    with transaction() as connection:
        statement = text("SELECT id FROM account WHERE login = :login")
        number = connection.execute(statement, {"login": f"who.{role}"}).scalar_one()
    return Caller(name=f"account-{number}")


def test_approver_finds_what_waits_at_home_and_approves_it(signed_in: SignIn) -> None:
    approver = signed_in("approver")
    assert "没有待审批的申请" in approver.get(PAGE).text
    act = str(ask_notice(ASKER).id)
    home = approver.get("/home").text
    assert "印发第 7 号通知" in home and f'href="{PAGE}#pending"' in home
    page = approver.get(PAGE).text
    assert 'id="pending"' in page and REASON in page and "没有待审批的申请" not in page
    assert '<a href="/check?notice=7">印发第 7 号通知' in page
    assert to_answer(approver) == [act]
    after = press(approver, f"{PAGE}/{act}/approve")
    assert after.startswith("200") and to_answer(approver) == [] and notices_issued() == 1
    assert re.search(r'id="answered".*印发第 7 号通知.*批准</span> 某人 who\.approver', after, re.DOTALL)
    assert "没有待办事项" in approver.get("/home").text
    assert press(approver, f"{PAGE}/{act}/approve").startswith("409") and notices_issued() == 1
    assert "Issue notice 7" in approver.get(f"{PAGE}?lang=en").text


def test_own_request_is_for_another_approver(signed_in: SignIn) -> None:
    both = signed_in("administrator", "approver")
    act = ask_notice(account_of("administrator")).id
    assert to_answer(both) == [] and "这项申请是您本人提出的" in both.get(PAGE).text
    assert "没有待办事项" in both.get("/home").text
    refused = press(both, f"{PAGE}/{act}/approve")
    assert refused.startswith("403") and 'role="alert"' in refused and notices_issued() == 0
    assert press(signed_in("approver"), f"{PAGE}/{act}/approve").startswith("200")
    assert notices_issued() == 1


def test_refusal_needs_a_reason_and_what_was_typed_stands_at_its_field(signed_in: SignIn) -> None:
    approver = signed_in("approver")
    act = ask_notice(ASKER).id
    without = press(approver, f"{PAGE}/{act}/refuse", reason=" ")
    assert without.startswith("422") and f'aria-describedby="refusal-{act}-wrong"' in without
    assert to_answer(approver) == [str(act)]
    after = press(approver, f"{PAGE}/{act}/refuse", reason="文号有误")
    assert after.startswith("200") and "驳回</span>" in after and "文号有误" in after
    assert notices_issued() == 0 and to_answer(approver) == []


def test_readers_of_the_office_see_the_page_and_only_approvers_answer(
    signed_in: SignIn, client: FlaskClient
) -> None:
    act = ask_notice(ASKER).id
    for role in ("administrator", "auditor"):
        reader = signed_in(role)
        assert f'href="{PAGE}"' in reader.get("/office").text
        assert "由审批人批准或驳回" in reader.get(PAGE).text and to_answer(reader) == []
        form = {"csrf_token": csrf(reader, "/account")}
        assert reader.post(f"{PAGE}/{act}/approve", data=form).status_code == 403
    assert signed_in("operator").get(PAGE).status_code == 403
    assert client.get(PAGE).status_code != 200
    assert notices_issued() == 0


def test_act_is_answered_where_it_stands(signed_in: SignIn) -> None:
    make_draft(["市第一局", "市第二局"])
    office, approver = signed_in("administrator"), signed_in("approver")
    form = {"csrf_token": csrf(office, "/office/periods/p"), "unit": "u1", "kind": "deduction", "points": "1"}
    office.post("/office/periods/p/adjust", data={**form, "reason": "通报批评"})
    act = ask_notice(ASKER).id
    assert to_answer(approver) == [str(act)]
    of_period = re.findall(r"/office/periods/p/acts/(\d+)/approve", approver.get("/office/periods/p").text)
    assert len(of_period) == 1 and of_period != [str(act)]
    assert press(approver, f"{PAGE}/{of_period[0]}/approve").startswith("404")
    assert press(approver, f"/office/periods/p/acts/{act}/approve").startswith("404")
    assert notices_issued() == 0
    home = approver.get("/home").text
    assert 'href="/office/periods/p#pending"' in home and f'href="{PAGE}#pending"' in home
