"""An operator's person delivers a file on the pages: preview, confirmation, own channels only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from tests.integration.web.conftest import PASSWORD, csrf, make_open

from pingyi.db import transaction
from pingyi.services.core.callers import SHELL
from pingyi.services.people.accounts import AccountDraft, create_account

NAMES = ["市第一局", "市第二局"]
WINDOW, LAW = "/deliveries/p/partner_score/window", "/deliveries/p/partner_score/law"


@pytest.fixture
def desk(app: Flask) -> Iterator[FlaskClient]:
    """A browser of the operator of the channel window, in an open period."""
    make_open(NAMES)
    with transaction() as connection:
        draft = AccountDraft(
            login="window.desk", name="某人", password=PASSWORD, roles=("operator",), operator="服务中心"
        )
        create_account(connection, SHELL, draft)
    client = app.test_client()
    form = {"login": "window.desk", "password": PASSWORD, "csrf_token": csrf(client)}
    assert client.post("/sign-in", data=form).status_code == 303
    yield client


def send(client: FlaskClient, content: str, name: str = "六月.csv") -> str:
    """The page that answers a file."""
    form = {"csrf_token": csrf(client, WINDOW), "file": (BytesIO(content.encode()), name)}
    answer = client.post(WINDOW, data=form, follow_redirects=True)
    return answer.text


def entries() -> int:
    with transaction() as connection:
        return int(connection.execute(text("SELECT count(*) FROM entry")).scalar_one())


@pytest.mark.mission("002-39")
def test_operator_sees_its_own_channels_only(desk: FlaskClient) -> None:
    landed = desk.get("/landing", follow_redirects=True).text
    assert "窗口" in landed and "依法行政" not in landed
    assert desk.get(LAW).status_code == 403
    assert desk.post(LAW, data={"csrf_token": csrf(desk, WINDOW)}).status_code == 403


def test_file_is_previewed_then_confirmed(desk: FlaskClient) -> None:
    before = entries()
    page = send(desk, "单位,得分,更正理由\nu1,99,核对\nu2,60,\n")
    assert "六月.csv" in page and "尚未保存" in page and "更正" in page
    assert entries() == before
    action = re.search(r'action="(/deliveries/[^"]+/confirmation)"', page)
    token = re.search(r'action="/deliveries[^>]+>\s*<input[^>]+name="csrf_token" value="([^"]+)"', page)
    assert action and token, page
    for _ in range(2):
        done = desk.post(action[1], data={"csrf_token": token[1]}, follow_redirects=True)
        assert "已保存为第" in done.text
    assert entries() == before + 1
    assert "已保存" in desk.get(WINDOW).text
    assert "Stored as delivery" in desk.get(action[1].removesuffix("/confirmation") + "?lang=en").text


def test_wrong_row_is_shown_with_column_and_reason_and_has_no_button(desk: FlaskClient) -> None:
    before = entries()
    page = send(desk, "单位,得分\nu1,九十\nu9,60\n")
    assert "<strong>得分</strong>" in page and "本周期没有单位“u9”" in page
    assert "/confirmation" not in page
    assert entries() == before


def test_file_above_the_ordinary_limit_is_taken_and_a_bad_one_refused(desk: FlaskClient) -> None:
    lines = "".join(f"u2,60,{'依据' * 900}{n}\n" for n in range(70))
    assert "同一项" in send(desk, f"单位,得分,依据\n{lines}")
    assert "本渠道没有列“颜色”" in send(desk, "单位,颜色\nu1,1\n")
