"""The office runs a period with its buttons; the security administrator issues keys."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from tests.integration.web.conftest import PASSWORD, csrf, make_draft, make_open

from pingyi.db import db, transaction
from pingyi.services.core.bound_channels import ChannelRef
from pingyi.services.core.callers import SHELL
from pingyi.services.core.progress import report_progress
from pingyi.services.intake.deliveries import deliver
from pingyi.services.people.api_keys import authenticate
from pingyi.services.periods.periods import find_period
from pingyi.services.results.assess import assess_period

NAMES = ["市第一局", "市第二局"]
PERIOD = "/office/periods/p"


def press(client: FlaskClient, act: str, **fields: str) -> str:
    form = {"csrf_token": csrf(client, PERIOD), **fields}
    answer = client.post(f"{PERIOD}/{act}", data=form, follow_redirects=True)
    return f"{answer.status_code} {answer.text}"


def buttons(client: FlaskClient) -> list[str]:
    return re.findall(rf'action="{PERIOD}/(\w+)"', client.get(PERIOD).text)


def asked_for(client: FlaskClient) -> list[str]:
    """The numbers of the acts that this browser may approve."""
    return re.findall(rf'action="{PERIOD}/acts/(\d+)/approve"', client.get(PERIOD).text)


def test_office_runs_a_period_with_its_buttons(
    signed_in: Callable[..., FlaskClient], client: FlaskClient
) -> None:
    make_draft(NAMES)
    office = signed_in("administrator")
    assert buttons(office) == ["open", "adjust"]
    assert press(office, "open").startswith("200")
    deliver(
        SHELL, ChannelRef(period="p", channel="law"), [{"unit": f"u{n}", "score": str(n)} for n in (1, 2)]
    )
    deliver(
        SHELL, ChannelRef(period="p", channel="window"), [{"unit": f"u{n}", "score": "50"} for n in (1, 2)]
    )
    assert buttons(office) == ["close", "adjust"]
    press(office, "close")
    assert buttons(office) == ["assess", "adjust", "reopen"]
    waiting = press(office, "assess")
    assert 'http-equiv="refresh"' in waiting and "assess" not in buttons(office)
    with transaction() as connection:
        period_id = find_period(connection, "p").id
    assess_period(period_id)
    assert buttons(office) == ["assess", "publish", "adjust", "reopen"]
    press(office, "publish", reason="会议审定")
    assert client.get("/periods/p").status_code == 404
    approver = signed_in("approver")
    assert asked_for(office) == [] and asked_for(approver) == ["1"]
    assert "公布第 1 版结果" in approver.get(PERIOD).text
    press(approver, "acts/1/approve")
    assert "市第二局" in client.get("/").text
    assert buttons(office) == ["assess", "reopen"]


def test_own_request_is_for_another_approver(signed_in: Callable[..., FlaskClient]) -> None:
    make_open(NAMES)
    both = signed_in("administrator", "approver")
    form = {"unit": "u2", "kind": "deduction", "points": "0.5", "document": "纪3号"}
    assert press(both, "adjust", **form, reason="通报批评").startswith("200")
    assert asked_for(both) == []
    assert "这项申请是您本人提出的" in both.get(PERIOD).text
    refused = press(both, "acts/1/approve")
    assert refused.startswith("403") and 'role="alert"' in refused
    second = signed_in("approver")
    assert press(second, "acts/1/refuse").startswith("422")
    assert "驳回" in press(second, "acts/1/refuse", reason="文号有误")
    assert press(second, "acts/1/approve").startswith("409")
    press(both, "adjust", **form, reason="通报批评")
    page = press(second, "acts/2/approve")
    assert re.search(r"市第二局<span .*倒扣.*0\.5.*有效", page, re.DOTALL)
    press(both, "adjustments/1/withdraw", reason="通报已撤销")
    assert "已撤销：通报已撤销" in press(second, "acts/3/approve")


def test_form_sent_twice_asks_once_and_two_forms_ask_twice(signed_in: Callable[..., FlaskClient]) -> None:
    make_open(NAMES)
    office, approver = signed_in("administrator"), signed_in("approver")
    form = {"unit": "u2", "kind": "warning", "points": "0.5", "reason": "警示"}
    first, second = (re.findall(ONCE, office.get(PERIOD).text)[0] for _ in range(2))
    for once in (first, first, second):
        press(office, "adjust", **form, once=once)
    assert asked_for(approver) == ["1", "2"]
    for number in asked_for(approver):
        press(approver, f"acts/{number}/approve")
    assert db.session.execute(text("SELECT sum(points) FROM adjustment")).scalar_one() == 1


def test_times_are_shown_and_read_on_the_clock_of_the_period(
    signed_in: Callable[..., FlaskClient], client: FlaskClient
) -> None:
    make_open(NAMES)
    with transaction() as connection:
        connection.execute(text("UPDATE period SET time_zone = 'America/New_York'"))
    office = signed_in("administrator")
    press(office, "close")
    page = press(office, "reopen", deadline="2099-01-01T10:00", reason="漏报")
    assert "重新开放报送，至 2099-01-01 10:00" in page
    content = db.session.execute(text("SELECT content ->> 'deadline' FROM act")).scalar_one()
    assert content.startswith("2099-01-01T15:00")


ONCE = r'name="once" value="([^"]+)"'


@pytest.mark.parametrize(
    "form",
    [
        {"unit": "u2", "kind": "fine", "points": "1", "reason": "x"},
        {"unit": "u2", "kind": "bonus", "points": "", "reason": "x"},
        {"unit": "u2", "kind": "bonus", "points": "-1", "reason": "x"},
        {"unit": "u2", "kind": "bonus", "points": "1e3", "reason": "x"},
        {"unit": "u2", "kind": "veto", "points": "1", "reason": "x"},
        {"unit": "u9", "kind": "veto", "points": "", "reason": "x"},
        {"unit": "", "kind": "veto", "points": "", "reason": "x"},
        {"unit": "u2", "kind": "veto", "points": "", "reason": " "},
    ],
)
def test_wrong_adjustment_is_told_and_not_asked_for(
    signed_in: Callable[..., FlaskClient], form: dict[str, str]
) -> None:
    make_open(NAMES)
    answer = press(signed_in("administrator"), "adjust", **form)
    assert answer.startswith("422") and 'role="alert"' in answer
    assert asked_for(signed_in("approver")) == []


def test_period_is_opened_again_until_the_time_on_the_form(signed_in: Callable[..., FlaskClient]) -> None:
    make_open(NAMES)
    office, approver = signed_in("administrator"), signed_in("approver")
    press(office, "close")
    for deadline in ("", "tomorrow", "2017-01-01T18:00"):
        assert press(office, "reopen", deadline=deadline, reason="漏报").startswith("422")
    press(office, "reopen", deadline="2099-01-20T18:00", reason="漏报")
    assert "重新开放报送，至 2099-01-20 18:00" in approver.get(PERIOD).text
    assert "至 01-20 18:00" in press(approver, "acts/1/approve")
    deliver(SHELL, ChannelRef(period="p", channel="law"), [{"unit": "u2", "score": "5", "reason": "漏报"}])
    assert buttons(office) == ["close", "adjust"]


def test_act_is_answered_on_its_own_period_only(signed_in: Callable[..., FlaskClient]) -> None:
    make_draft(NAMES)
    make_draft(NAMES, key="q")
    press(signed_in("administrator"), "adjust", unit="u1", kind="veto", reason="x")
    approver = signed_in("approver")
    token = csrf(approver, PERIOD)
    for path in ("q/acts/1/approve", "p/acts/2/approve", "none/acts/1/approve"):
        answer = approver.post(f"/office/periods/{path}", data={"csrf_token": token})
        assert answer.status_code == 404
    assert asked_for(approver) == ["1"]


def test_period_page_shows_what_was_delivered(signed_in: Callable[..., FlaskClient]) -> None:
    make_open([*NAMES, "市第三局"])
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", signed_in("auditor").get(PERIOD).text))
    assert re.search(r"依法行政 law · partner_score 法制办 3 0/3 [-\d]+ [:\d]+ 3", page)
    assert "演示数据" in page


def test_progress_is_shown_while_assessing(signed_in: Callable[..., FlaskClient]) -> None:
    make_open(NAMES)
    office = signed_in("administrator")
    press(office, "close")
    press(office, "assess")
    with transaction() as connection:
        report_progress(connection, "assess", find_period(connection, "p").id, 2, 6)
    assert re.search(r'<progress id="progress" max="6" value="2">', office.get(PERIOD).text)


def test_wrong_act_says_what_is_needed_and_changes_nothing(signed_in: Callable[..., FlaskClient]) -> None:
    make_draft(NAMES)
    office = signed_in("administrator")
    answer = press(office, "publish", reason="评议结束")
    assert answer.startswith("409") and 'role="alert"' in answer
    assert buttons(office) == ["open", "adjust"]
    assert office.get("/office/periods/none").status_code == 404


@pytest.mark.mission("002-39")
def test_auditor_sees_everything_and_presses_nothing(signed_in: Callable[..., FlaskClient]) -> None:
    make_draft(NAMES)
    auditor = signed_in("auditor")
    assert buttons(auditor) == []
    for act in ("open", "close", "assess", "publish", "reopen", "adjust", "acts/1/approve"):
        token = csrf(auditor, PERIOD)
        assert auditor.post(f"{PERIOD}/{act}", data={"csrf_token": token}).status_code == 403
    assert "<form" not in re.sub(r"(?s)<header.*?</header>", "", auditor.get("/accounts").text)


def test_key_is_shown_once_works_and_is_revoked(signed_in: Callable[..., FlaskClient]) -> None:
    make_draft(NAMES)
    security = signed_in("security_administrator")
    token = csrf(security, "/keys")
    page = security.post("/keys", data={"operator": "法制办", "days": "30", "csrf_token": token}).text
    found = re.search(r"pingyi_(\w{12})_[\w-]{43}", page)
    assert found and found[0] not in security.get("/keys").text
    with transaction() as connection:
        caller = authenticate(connection, found[0])
        assert caller and caller.operator_id
    address = f"/keys/{found[1]}/revoke"
    assert f'href="{address}"' in page and f'action="{address}"' not in page
    asked = security.get(f"{address}?lang=en").text
    assert f'action="{address}"' in asked and "法制办" in asked and "cannot be undone" in asked
    with transaction() as connection:
        assert authenticate(connection, found[0]) is not None
    done = security.post(address, data={"csrf_token": token}).text
    with transaction() as connection:
        assert authenticate(connection, found[0]) is None
    assert found[1] in done and "The key has been revoked." in done and found[1] in security.get("/keys").text
    assert [security.get(one).status_code for one in (address, "/keys/000000000000/revoke")] == [404, 404]


def test_key_without_holder_or_with_a_scoring_mix_is_refused(signed_in: Callable[..., FlaskClient]) -> None:
    security = signed_in("security_administrator")
    token = csrf(security, "/keys")
    for form in (
        {},
        {"roles": ["administrator", "auditor"]},
        {"operator": "无此单位"},
        {"roles": ["reviewer"]},
    ):
        answer = security.post("/keys", data={**form, "days": "30", "csrf_token": token})
        assert answer.status_code in {404, 422} and "pingyi_" not in answer.text.replace("pingyi_session", "")
    answer = security.post("/keys", data={"roles": "auditor", "days": "0", "csrf_token": token})
    assert answer.status_code == 422


def test_sign_in_leads_on_but_never_to_another_host(signed_in: Callable[..., FlaskClient]) -> None:
    client = signed_in("administrator")
    for onward, target in (
        ("/office/periods/p", "/office/periods/p"),
        ("//evil.example", "/landing"),
        ("https://evil.example", "/landing"),
        ("/\\evil.example", "/landing"),
    ):
        form = {"login": "who.administrator", "password": PASSWORD, "next": onward}
        answer = client.post("/sign-in", data={**form, "csrf_token": csrf(client)})
        assert answer.headers["Location"] == target


def test_refusal_is_a_problem_not_a_trace(signed_in: Callable[..., FlaskClient]) -> None:
    make_draft([])
    office = signed_in("administrator")
    assert "请先导入单位" in press(office, "open")
    with transaction() as connection:
        assert find_period(connection, "p").state == "draft"
