"""The preview of a file: what stands beside what would stand, reasons, filters, pages, and its cost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from tests.integration.web.conftest import csrf
from tests.integration.web.operator_desk import OWNER, VISITS, browser_of, make_desk, make_person

from pingyi.db import db
from pingyi.services.core.bound_channels import ChannelRef
from pingyi.services.core.callers import SHELL
from pingyi.services.intake.deliveries import Repeatable, deliver
from pingyi.services.intake.withdraw import withdraw
from pingyi.services.uploads.preview import preview

FILES = "/deliveries/d4/inspections/visits/uploads"
CHANGED, MISTAKEN = f"{FILES}/1", f"{FILES}/2"


@pytest.fixture
def desk(app: Flask) -> Iterator[FlaskClient]:
    """A browser of an operator with a file that changes things and one with mistakes."""
    make_desk()
    make_person("desk", OWNER)
    yield browser_of(app, "desk")


@contextmanager
def counted() -> Iterator[list[str]]:
    """The SQL statements that are sent meanwhile."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def words(html: str) -> str:
    """What a page says, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def confirm(client: FlaskClient, path: str) -> str:
    return client.post(
        f"{path}/confirmation", data={"csrf_token": csrf(client, path)}, follow_redirects=True
    ).text


def test_correction_shows_what_stands_beside_what_would_stand(desk: FlaskClient) -> None:
    before = desk.get(CHANGED).text
    assert "<del>已告知</del>" in before and "<ins>已认定</ins>" in before
    assert before.count("<del>") == 1, "only what changes is struck out"
    assert "更正理由：局方已认可" in before and "与现有内容一致" in before
    assert "确认后 3 行一次保存" in before and "市政府信访局与政务公开办公室" in before
    after = confirm(desk, CHANGED)
    assert "已保存为第" in after and "正在汇总" in after
    assert "<del>已告知</del>" in after and "<ins>已认定</ins>" in after
    assert "更正理由：局方已认可" in after


def test_cleared_and_added_columns_are_shown_as_empty(desk: FlaskClient) -> None:
    preview(SHELL, VISITS, "单位,编号,状态,日期\nA03,F3,recorded,2017-03-05\n".encode())
    page = desk.get(f"{FILES}/3").text
    assert "<del>noon_alcohol</del>" in page and "<ins>空</ins>" in page
    assert "<del>空</del>" in page and "<ins>2017-03-05</ins>" in page


def test_withdrawn_entry_delivered_again_says_that_it_counts_again(desk: FlaskClient) -> None:
    once = Repeatable(key="withdrawal", fingerprint=b"withdrawal")
    withdraw(SHELL, ChannelRef(period="d4", channel="visits", plugin="inspections"), (3, 1), "录错", once)
    preview(SHELL, VISITS, "单位,编号,状态\nA02,F2,confirmed\n".encode())
    page = desk.get(f"{FILES}/3").text
    assert "<del>不计入</del>" in page and "<ins>计入</ins>" in page


def test_wrong_row_names_column_reason_and_what_the_file_says(desk: FlaskClient) -> None:
    page = desk.get(MISTAKEN).text
    assert "<strong>指标</strong> <q>喝酒</q>" in page and "代号只能用字母" in page
    assert "/confirmation" not in page and "重新上传" in page
    english = desk.get(f"{MISTAKEN}?lang=en").text
    assert "Must be one of" in english and "Upload again" in english


def test_rows_are_filtered_by_verdict_with_the_counts_on_top(desk: FlaskClient) -> None:
    page = desk.get(f"{MISTAKEN}?verdict=wrong").text
    assert page.count('class="flag bottom"') == 2 and 'class="flag good"' not in page
    counts = dict(re.findall(r"<span>([^<]+)</span> <b[^>]*>([0-9,]+)</b>", page))
    assert counts == {"全部行": "3", "新增": "1", "更正": "0", "未变": "0", "有误": "2"}
    assert "没有这样的行" in desk.get(f"{MISTAKEN}?verdict=corrected").text
    assert desk.get(f"{MISTAKEN}?verdict=nonsense&after=x").text.count('scope="row"') == 3


@pytest.mark.parametrize("stored", [False, True])
def test_page_of_a_hundred_rows_asks_no_more_than_one_of_a_row(desk: FlaskClient, stored: bool) -> None:
    names = [f"P{n}" for n in range(151)]
    deliver(
        SHELL,
        ChannelRef(period="d4", channel="visits"),
        [{"unit": "A03", "finding": name, "state": "recorded"} for name in names],
    )
    sent, page = [], ""
    for chosen in (names[:1], names[1:]):
        lines = "".join(f"A03,{name},confirmed\n" for name in chosen)
        number = preview(SHELL, VISITS, f"单位,编号,状态\n{lines}".encode())
        path = f"{FILES}/{number}"
        if stored:
            confirm(desk, path)
        desk.get(path)
        with counted() as statements:
            page = desk.get(path).text
        sent.append(len(statements))
    assert sent[0] == sent[1] <= 10
    assert page.count("<del>已记录</del>") == 100
    following = re.search(r'href="([^"]+after=101[^"]*)"', page)
    assert following
    assert desk.get(following[1].replace("&amp;", "&")).text.count("<del>已记录</del>") == 50


def test_preview_of_a_unit_that_reads_no_more_asks_for_the_file_again(desk: FlaskClient) -> None:
    deliver(
        SHELL,
        ChannelRef(period="d4", channel="visits"),
        [{"unit": "A01", "finding": "F4", "state": "recorded"}],
    )
    assert "A03" in words(desk.get(CHANGED).text)
    assert "未保存任何内容；请重新上传" in confirm(desk, CHANGED)
