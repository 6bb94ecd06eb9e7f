"""The reviewers' pages: what waits, what is shown of it and what is not, and what the public reads after."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from tests.ballot_period import OPEN, ROSTER, ballot_period
from tests.integration.web.conftest import PASSWORD, SignIn, csrf, make_account
from tests.integration.web.site.test_boards import counted_queries, words
from tests.opened_box import opened_box

from pingyi.db import db, transaction
from pingyi.embedded.engines import Endpoints
from pingyi.services.approvals.requests import BUNDLE, approve_all, request_release
from pingyi.services.core.callers import SHELL
from pingyi.services.periods.periods import request_assessment
from pingyi_workers.work import drain

REVIEW = "/office/periods/p/review"
CELL = f"{REVIEW}/{OPEN}/u1/R4"
ANOMALIES = f"/office/periods/p/ballots/{OPEN}/anomalies"
PUBLIC = f"/periods/p/ballots/{OPEN}"


@pytest.fixture
def opened(app: Flask) -> Flask:
    opened_box()
    return app


def say(client: FlaskClient, verdict: str, grounds: str = "逐日核对过", path: str = CELL) -> int:
    given = {"verdict": verdict, "grounds": grounds, "csrf_token": csrf(client, path)}
    return client.post(path, data=given).status_code


@pytest.fixture
def signed_in(app: Flask) -> SignIn:
    """A browser of somebody with these roles."""
    return lambda *roles: another(app, f"who.{roles[0]}", *roles)


def another(app: Flask, login: str, *roles: str) -> FlaskClient:
    make_account(login, *(roles or ("reviewer",)))
    client = app.test_client()
    client.post("/sign-in", data={"login": login, "password": PASSWORD, "csrf_token": csrf(client)})
    return client


def publish(endpoints: Endpoints, app: Flask) -> None:
    with transaction() as connection:
        request_assessment(connection, SHELL, "p")
    db.session.remove()
    with Redis.from_url(endpoints.redis_url) as redis:
        drain(app, redis)
    with transaction() as connection:
        approve_all(connection, [request_release(connection, BUNDLE, "p", "评议结束")])


def test_a_reviewer_finds_the_way_from_signing_in_to_a_decision(opened: Flask, signed_in: SignIn) -> None:
    first = signed_in("reviewer")
    assert first.get("/landing").location == "/office/review"
    assert f'href="{REVIEW}"' in first.get("/office/review").text
    listed = words(first.get(REVIEW).text)
    assert "还有 3 组没有结论，共 294 张票。" in listed
    assert "R4 一日突增且一边倒" in listed
    assert say(first, "release") == 303
    assert "已有 1 人复核 您已复核" in words(first.get(REVIEW).text)
    assert say(another(opened, "second"), "release") == 303
    assert "放行，计入" in words(first.get(REVIEW).text)
    assert "结论：放行，205 张计入。" in words(first.get(CELL).text)


def test_the_cell_says_why_without_a_direction_and_hides_what_others_said(
    opened: Flask, signed_in: SignIn
) -> None:
    first = signed_in("reviewer")
    page = first.get(f"{CELL}?lang=en").text
    told = words(page)
    assert "leaned to one side; the 205 on that side are held" in told
    assert page.count("<svg") == 4
    assert page.count("<title ") == page.count("<desc ") == 4
    assert "style=" not in page
    assert not re.search(r"better|worse|satisfied|high rating|usually", told)
    say(first, "reject", "夜间集中")
    second = another(opened, "second")
    waiting = second.get(f"{CELL}?lang=zh").text
    assert "夜间集中" not in waiting
    assert "已有 1 位复核人表态，内容在您表态之后显示" in waiting
    assert "夜间集中" in first.get(f"{CELL}?lang=zh").text


def test_what_was_typed_stays_where_something_is_missing(opened: Flask, signed_in: SignIn) -> None:
    client = signed_in("reviewer")
    token = csrf(client, CELL)
    answer = client.post(CELL, data={"grounds": "查过了", "csrf_token": token})
    assert answer.status_code == 422
    assert "请选择“放行”或“不计”" in answer.text
    assert "查过了</textarea>" in answer.text
    answer = client.post(CELL, data={"verdict": "reject", "grounds": " ", "csrf_token": token})
    assert answer.status_code == 422
    assert 'value="reject" required checked' in answer.text


def test_an_administrator_reads_along_and_cannot_speak(opened: Flask, signed_in: SignIn) -> None:
    client = signed_in("administrator")
    assert f'href="{REVIEW}"' in client.get("/office/periods/p").text
    page = client.get(CELL)
    assert "您的意见" not in page.text
    token = csrf(client, "/account")
    data = {"verdict": "reject", "grounds": "x", "csrf_token": token}
    assert client.post(CELL, data=data).status_code == 403


@pytest.mark.parametrize("path", [REVIEW, CELL, ANOMALIES])
def test_operators_and_the_public_see_nothing(opened: Flask, signed_in: SignIn, path: str) -> None:
    assert opened.test_client().get(path).status_code in {302, 303, 401}
    assert signed_in("operator").get(path).status_code == 403


def test_before_the_opening_the_list_says_so_and_there_is_no_report(app: Flask, signed_in: SignIn) -> None:
    ballot_period()
    client = signed_in("reviewer")
    assert "票箱尚未开启" in client.get(REVIEW).text
    assert client.get(ANOMALIES).status_code == 404
    assert "还没有开过票箱" in client.get("/office/review").text


def test_the_report_lists_units_and_draws_the_one_that_is_asked_for(opened: Flask, signed_in: SignIn) -> None:
    client = signed_in("reviewer")
    listed = client.get(ANOMALIES).text
    assert "<svg" not in listed.partition("<main")[2]
    assert words(listed).index("市教育局") < words(listed).index("市供电公司")
    drawn = client.get(f"{ANOMALIES}?unit=u1").text
    assert drawn.count("<svg") == 4
    assert "bar-over" in drawn
    assert "得分最多会移动" in drawn
    assert "抬高" not in drawn, "how far up and how far down tells the rating"
    empty = client.get(f"/office/periods/p/ballots/{ROSTER}/anomalies")
    assert "这个票箱没有收到票" in empty.text
    assert client.get(f"{ANOMALIES}?unit=u9").status_code == 200


def test_the_report_costs_few_queries(opened: Flask, signed_in: SignIn) -> None:
    client = signed_in("reviewer")
    client.get(ANOMALIES)
    with counted_queries(opened) as listed:
        client.get(ANOMALIES)
    with counted_queries(opened) as drawn:
        client.get(f"{ANOMALIES}?unit=u1")
    assert len(drawn) == len(listed) <= 8


def test_the_public_reads_numbers_that_add_up_after_publication(
    opened: Flask, client: FlaskClient, signed_in: SignIn, endpoints: Endpoints
) -> None:
    assert client.get(PUBLIC).status_code == 404
    first, second = signed_in("reviewer"), another(opened, "second")
    for one in (first, second):
        say(one, "release")
        say(one, "reject", path=f"{REVIEW}/{OPEN}/u2/R1")
    publish(endpoints, opened)
    assert f'href="{PUBLIC}"' in client.get("/periods/p/ballots").text
    told = words(client.get(PUBLIC).text)
    assert "封存 1,010 计入 921 待核查 60 不计 29" in told
    assert "一日突增且一边倒 205（计入）" in told
    assert "同一设备重复评价 29（不计）" in told
    assert "抬高" in told
    assert "没有结论，保持不计入" in words(first.get(REVIEW).text)
    unit = client.get("/periods/p/units/u1").text
    assert 'href="/periods/p/ballots"' in unit
    english = words(client.get(f"{PUBLIC}?lang=en").text)
    assert "One thing no rule can see" in english
