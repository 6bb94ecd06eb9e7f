"""What the public sees of a published period, and nothing of any other."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from tests.integration.web.conftest import make_assessed, make_draft, make_published

from pingyi.db import db

NAMES = ["市第一局", "市第二局", "市第三局"]
BOARD = "/periods/p/categories/departments"
LABEL = "演示数据（随机生成），不代表任何单位的真实得分"
PAGES = ["/", BOARD, "/periods/p/units/u1", "/periods"]


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@contextmanager
def counted_queries(app: Flask) -> Iterator[list[str]]:
    found: list[str] = []

    def note(*given: Any) -> None:
        found.append(given[2])

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def test_nothing_is_published_yet(client: FlaskClient) -> None:
    assert "还没有公布的评议结果" in client.get("/").text
    assert "No result has been published yet" in client.get("/periods?lang=en").text


def test_board_shows_ranks_totals_parts_and_last_year(client: FlaskClient) -> None:
    make_published(NAMES)
    page = client.get("/")
    text = words(page.text)
    # u1: 0.8*50 + 0.9*10 + 0.8*40 - 1; u2: 0.6*50 made up to 36 of 60, and 24; u3: 24 and 16
    assert re.search(r"1 市第一局 80\.00 .*良好 .*−1\.00 2 ▲ 1", text)
    assert re.search(r"2 市第二局 60\.00 .*合格", text)
    assert re.search(r"3 市第三局 末位 40\.00 .*不合格", text)
    assert 'aria-label="工作测评 49.00/60；窗口 32.00/40"' in page.text
    assert words(page.text) == words(client.get(BOARD).text)
    assert "/periods/p/units/u1" in page.text


def test_unit_page_tells_what_counted_and_what_did_not(client: FlaskClient) -> None:
    make_published(NAMES)
    first, second = (
        words(client.get("/periods/p/units/u1").text),
        words(client.get("/periods/p/units/u2").text),
    )
    assert "总分 80.00 /100" in first and "名次 1 /3" in first
    assert re.search(r"依法行政 法制办 50 40\.00 均值 30\.00 中位数 30\.00", first)
    assert "倒扣 −1 违规通报 纪〔2017〕3号" in first
    assert "渠道单位未报送" in second and "折算" in second
    assert "not submitted by the operator" in client.get("/periods/p/units/u2?lang=en").text


@pytest.mark.parametrize("path", PAGES)
def test_demonstration_is_labelled_on_every_page_and_real_data_on_none(
    client: FlaskClient, path: str
) -> None:
    make_published(NAMES, demonstration=True)
    make_published(NAMES, demonstration=False, key="real")
    real = path.replace("/p/", "/real/")
    assert LABEL in client.get(path if path != "/" else BOARD).text
    if path != "/periods":
        assert LABEL not in client.get(real).text


@pytest.mark.mission("000-16")
def test_files_agree_with_the_page(client: FlaskClient) -> None:
    make_published(NAMES)
    rows = list(csv.DictReader(io.StringIO(client.get("/periods/p/results.csv?form=machine").text)))
    document = json.loads(client.get("/periods/p/results.json").data)
    assert [(row["unit"], row["total"], row["rank"]) for row in rows][:2] == [
        ("u1", "80.00", "1"),
        ("u2", "60.00", "2"),
    ]
    assert [unit["total"] for unit in document["units"]] == ["80.00", "60.00", "40.00"]
    record = client.get("/periods/p/record.json").get_json()
    assert client.get("/").text.count(record["results_sha256"][:4]) >= 1
    assert "demonstration" in client.get("/periods/p/results.csv").headers["Content-Disposition"]


@pytest.mark.mission("000-16")
def test_workbook_has_live_formulas_where_sums_hold(client: FlaskClient) -> None:
    make_published(NAMES)
    book = openpyxl.load_workbook(io.BytesIO(client.get("/periods/p/results.xlsx").data))
    sheet = book["政府部门"]
    assert LABEL in sheet["A2"].value
    assert [sheet.cell(5, column).value for column in range(1, 10)] == [
        "=RANK(I5,$I$5:$I$7)", "u1", "市第一局", 40, 9, "=SUM(D5:E5)", 32, -1,
        "=MAX(0,MIN(100,SUM(F5,G5,H5)))",
    ]  # fmt: skip
    assert sheet["F6"].value == 36, "the group of a unit with a missing channel is made up for: no plain sum"


def test_names_are_text_in_pages_and_sheets(client: FlaskClient) -> None:
    make_published(["<script>alert(1)</script>", "=cmd()", "市第三局"])
    page = client.get("/").text
    assert "<script" not in page and "&lt;script&gt;" in page
    book = openpyxl.load_workbook(io.BytesIO(client.get("/periods/p/results.xlsx").data))
    cell = book["政府部门"]["C6"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=cmd()", "s", True)


@pytest.mark.parametrize("path", [BOARD, "/periods/p/units/u1", "/periods/p/results.json", "/periods/p"])
def test_only_the_published_is_public_and_the_office_may_preview(
    client: FlaskClient, signed_in: Callable[..., FlaskClient], path: str
) -> None:
    make_assessed(NAMES)
    assert client.get(path).status_code == 404
    assert signed_in("security_administrator").get(path).status_code == 404
    seen = signed_in("auditor").get(path, follow_redirects=True)
    assert seen.status_code == 200 and seen.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "/periods/none",
        "/periods/d",
        "/periods/p/categories/none",
        "/periods/p/units/none",
        "/periods/p/results.txt",
        "/periods/p?revision=9",
        "/periods/none/results.csv",
    ],
)
def test_what_is_not_there_is_a_page_that_helps(client: FlaskClient, path: str) -> None:
    make_published(NAMES)
    make_draft(NAMES, key="d")
    answer = client.get(path)
    assert answer.status_code == 404 and "回到首页" in answer.text


@pytest.mark.parametrize("path", ["/", BOARD, "/periods/p/units/u1", "/periods"])
def test_queries_do_not_grow_with_the_units(app: Flask, path: str) -> None:
    counts = []
    for names in (NAMES[:1], NAMES):
        key = "p" if len(names) == 1 else "q"
        make_published(names, key=key)
        client = app.test_client()
        address = path.replace("/p/", f"/{key}/")
        client.get(address)
        with counted_queries(app) as found:
            assert client.get(address).status_code == 200
        counts.append(len(found))
    assert counts[0] == counts[1] <= 8
