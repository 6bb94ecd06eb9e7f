"""A cell has a value, is empty, or makes its row wrong; its number format belongs to the value."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tests.integration.api.tables.conftest import Desk
from xlsxwriter import Workbook

CASES = Path(__file__).parent / "cases"
CASE_HEAD = ("单位", "来源", "编号", "受理时间", "办理时限")
END_OF_DAY = "2026-01-08T23:59:59+08:00"


def case(name: str) -> bytes:
    return (CASES / name).read_bytes()


def table(*rows: tuple[Any, ...], date_1904: bool = False) -> bytes:
    """A workbook; a cell of two is a value with its number format, a formula begins with =."""
    out = io.BytesIO()
    options = {"in_memory": True, "default_date_format": "yyyy-mm-dd"}
    with Workbook(out, options) as book:
        if date_1904:
            book.date_1904 = True
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                value, code = cell if isinstance(cell, tuple) else (cell, "")
                how = book.add_format({"num_format": code}) if code else None
                if isinstance(value, dt.date):
                    sheet.write_datetime(number, column, value, how)
                elif isinstance(value, str) and value.startswith("=#"):
                    sheet.write_formula(number, column, "=1/0", how, value[1:])
                elif isinstance(value, str):
                    sheet.write_string(number, column, value, how)
                elif value is not None:
                    sheet.write(number, column, value, how)
    return out.getvalue()


def csv(*lines: str) -> bytes:
    return "\n".join(lines).encode()


@pytest.mark.parametrize("name", ["01-long.xlsx", "01-sci.csv"])
def test_case_number_that_lost_its_digits_is_a_wrong_row(desk: Desk, name: str) -> None:
    (row,) = desk.rows("cases", case(name))
    (error,) = row["errors"]
    assert (row["verdict"], error["code"], error["field"]) == ("wrong", "number_lost_digits", "case")
    assert "末几位已丢失" in error["detail"]["zh"]


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        (123456789012345, "123456789012345"),
        ((12, "0000"), "0012"),
        ((12, '"ZW-"0000'), "ZW-0012"),
        ((2026001, "0_ "), "2026001"),
        ("20260105000000001234", "20260105000000001234"),
    ],
)
def test_number_that_lost_nothing_is_the_text_that_people_see(desk: Desk, cell: Any, kept: str) -> None:
    content = table(CASE_HEAD[:4], ("市公安局", "12345", cell, "2026-01-05 09:00"))
    assert [one["case"] for one in desk.stored("cases", content)] == [kept]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (1234567890123456, "number_lost_digits"),
        ((20260105123456789, "0"), "number_lost_digits"),
        ((5, "0.00E+00"), "number_in_text"),
        ((12345, "#,##0"), "number_in_text"),
        ((0.5, "# ?/?"), "number_in_text"),
        ((12.4, "0"), "number_in_text"),
        ((0.12, "0%"), "percent_misplaced"),
        (dt.date(2026, 1, 2), "date_misplaced"),
        ((0.25, "h:mm"), "date_misplaced"),
        ("=#N/A", "cell_error"),
    ],
)
def test_cell_that_is_no_word_makes_its_row_wrong(desk: Desk, cell: Any, code: str) -> None:
    content = table(
        CASE_HEAD[:4],
        ("市公安局", "12345", cell, "2026-01-05 09:00"),
        ("市公安局", "12345", "B-2", "2026-01-05 09:00"),
    )
    assert desk.codes("cases", content) == {2: [code], 3: []}


def test_percent_cells_are_percent_in_a_column_of_percent(desk: Desk) -> None:
    rates = {one["measure"]: one["rate"] for one in desk.stored("totals", case("02-percent.xlsx"))}
    assert rates == {"resolved": "98.06", "satisfied": "95"}


TOTALS = ("单位", "月份", "指标", "率（%）")


@pytest.mark.parametrize(
    ("cell", "rate"),
    [
        ((1, "0%"), "100"),
        ((0.005, "0.0%"), "0.5"),
        ((0.29, "0%"), "29"),
        (98.06, "98.06"),
        ((98.06, "0.00"), "98.06"),
        ("98.06%", "98.06"),
        ("９８．０６％", "98.06"),
    ],
)
def test_share_in_any_notation_is_one_percentage(desk: Desk, cell: Any, rate: str) -> None:
    assert [
        one["rate"] for one in desk.stored("totals", table(TOTALS, ("010", "2026-01", "resolved", cell)))
    ] == [rate]


@pytest.mark.parametrize(
    ("cell", "noted"), [(0.9806, True), ("0.98", True), ((0.005, "0.0%"), False), (98, False)]
)
def test_share_below_one_percent_without_a_sign_is_pointed_out(desk: Desk, cell: Any, noted: bool) -> None:
    (row,) = desk.rows("totals", table(TOTALS, ("010", "2026-01", "resolved", cell)))
    assert (row["verdict"], bool(row["notes"])) == ("new", noted)


def test_percentage_shown_with_fewer_digits_is_refused_with_both(desk: Desk) -> None:
    ((row,),) = (desk.rows("totals", table(TOTALS, ("010", "2026-01", "resolved", (0.980612, "0.00%")))),)
    (error,) = row["errors"]
    assert error["code"] == "number_rounded"
    assert "98.0612%" in error["detail"]["zh"] and "98.06%" in error["detail"]["zh"]


@pytest.mark.parametrize("cell", [(0.92, "0%"), (0.925, '0.0"％"%'), "92%"])
def test_percentage_is_no_mark(desk: Desk, cell: Any) -> None:
    assert desk.codes("scores", table(("单位", "得分"), ("010", cell))) == {2: ["percent_misplaced"]}


def test_month_as_number_is_a_wrong_row_and_text_beside_it_october(desk: Desk) -> None:
    rows = desk.rows("totals", case("03-month.xlsx"))
    assert [(row["verdict"], [error["code"] for error in row["errors"]]) for row in rows] == [
        ("wrong", ["month_as_number"]),
        ("new", []),
    ]


@pytest.mark.parametrize(
    ("cell", "month"),
    [
        ("2026.10", "2026-10"),
        ("2026.01", "2026-01"),
        ("2026.2", "2026-02"),
        ("202610", "2026-10"),
        ("2026年10月", "2026-10"),
        ("2026/1", "2026-01"),
        ("２０２６－１０", "2026-10"),
        ("2026-10-01 00:00:00", "2026-10"),
        ((dt.date(2026, 10, 1), 'yyyy"年"m"月"'), "2026-10"),
        ((dt.date(2026, 10, 31), "yyyy/m/d"), "2026-10"),
    ],
)
def test_month_in_any_notation_is_one_month(desk: Desk, cell: Any, month: str) -> None:
    stored = desk.stored("totals", table(TOTALS, ("010", cell, "resolved", 90)))
    assert [one["month"] for one in stored] == [month]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (2026.1, "month_as_number"),
        ((2026.1, "0.00"), "month_as_number"),
        (2026.11, "month_as_number"),
        (46030, "month_as_number"),
        (202610, "month_as_number"),
        ("2026.1", "month_lost_zero"),
    ],
)
def test_number_is_no_month(desk: Desk, cell: Any, code: str) -> None:
    assert desk.codes("totals", table(TOTALS, ("010", cell, "resolved", 90))) == {2: [code]}


def test_formula_without_a_result_is_a_wrong_row(desk: Desk) -> None:
    rows = desk.rows("scores", case("04-nocache.xlsx"))
    assert [row["verdict"] for row in rows] == ["wrong", "new"]
    (error,) = rows[0]["errors"]
    assert (error["code"], error["field"]) == ("formula_without_result", "score")
    assert error["detail"]["zh"].startswith("B2 是公式但文件里没有结果")


def test_formula_with_a_result_is_that_result(desk: Desk) -> None:
    out = io.BytesIO()
    with Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ("单位", "得分", "依据"))
        sheet.write_string(1, 0, "010")
        sheet.write_formula(1, 1, "=90+2.5", None, 92.5)
        sheet.write_formula(1, 2, '=IF(B2>95,"好","")', None, "好")
    # What Excel stores of a formula whose result is an empty text.
    content = rewritten(out.getvalue(), "<v>好</v>", "<v></v>")
    assert desk.stored("scores", content) == [{"unit": "010", "score": "92.5"}]


def rewritten(content: bytes, old: str, new: str) -> bytes:
    """A workbook with other words in its first sheet."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(out, "w") as made:
        for name in given.namelist():
            part = given.read(name)
            if name == "xl/worksheets/sheet1.xml":
                assert old.encode() in part
                part = part.replace(old.encode(), new.encode())
            made.writestr(name, part)
    return out.getvalue()


@pytest.mark.parametrize("name", ["06-days.csv", "06-day-cell.xlsx"])
def test_bare_day_of_a_deadline_is_its_end(desk: Desk, name: str) -> None:
    assert {one["due_at"] for one in desk.stored("cases", case(name))} == {END_OF_DAY}


DAYS = [
    "2026-01-08",
    "2026/1/8",
    "2026.1.8",
    "2026.01.08",
    "2026年1月8日",
    "２０２６年１月８日",
    "20260108",
    "2026-01-08 00:00:00",
    "2026-01-08 00:00",
    "2026-01-08T00:00:00",
    "2026-01-08 00:00:00.0",
    "2026/1/8 0:00",
    "2026/1/8 0:00:00",
    "20260108000000",
    '="2026-01-08"',
    "'2026-01-08",
]


@pytest.mark.parametrize("day", DAYS)
def test_day_in_any_notation_is_one_moment_in_text(desk: Desk, day: str) -> None:
    quoted = '"' + day.replace('"', '""') + '"'
    content = csv(",".join(CASE_HEAD), f"市税务局,12345,M1,2026-01-05,{quoted}")
    assert [one["due_at"] for one in desk.stored("cases", content)] == [END_OF_DAY]


@pytest.mark.parametrize(
    "cell",
    [
        (dt.date(2026, 1, 8), "yyyy-mm-dd"),
        (dt.date(2026, 1, 8), 'yyyy"年"m"月"d"日"'),
        (dt.datetime.combine(dt.date(2026, 1, 8), dt.time()), "yyyy/m/d h:mm"),
        (dt.date(2026, 1, 8), 'm"月"d"日"'),
        (dt.date(2026, 1, 8), "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy"),
        20260108,
        46030,
        (46030, "0"),
    ],
)
def test_day_in_any_notation_is_one_moment_in_a_workbook(desk: Desk, cell: Any) -> None:
    content = table(CASE_HEAD, ("市税务局", "12345", "M1", "2026-01-05", cell))
    assert [one["due_at"] for one in desk.stored("cases", content)] == [END_OF_DAY]


def test_days_counted_from_1904_are_the_days_that_people_see(desk: Desk) -> None:
    content = table(
        CASE_HEAD,
        ("市税务局", "12345", "M1", "2026-01-05", (dt.date(2026, 1, 8), "yyyy-mm-dd")),
        ("市税务局", "12345", "M2", "2026-01-05", 46030 - 1462),
        date_1904=True,
    )
    assert {one["due_at"] for one in desk.stored("cases", content)} == {END_OF_DAY}


@pytest.mark.parametrize(
    "cell", [(0.5, "h:mm"), (dt.date(2026, 1, 1), "yyyy-mm"), 8, 2026.1, (0.5, "0%"), 20261308]
)
def test_cell_whose_day_cannot_be_known_is_a_wrong_row(desk: Desk, cell: Any) -> None:
    content = table(CASE_HEAD, ("市税务局", "12345", "M1", "2026-01-05", cell))
    assert desk.codes("cases", content)[2] in (["not_a_day"], ["invalid"])


def test_time_of_a_day_stays_a_time(desk: Desk) -> None:
    content = table(
        CASE_HEAD,
        (
            "010",
            "1",
            "A",
            "2026-01-05",
            (dt.datetime.combine(dt.date(2026, 1, 8), dt.time(17, 30)), "yyyy/m/d h:mm"),
        ),
        ("010", "1", "B", "2026-01-05", "2026年1月8日 17时30分"),
        ("010", "1", "C", "2026-01-05", "20260108173000"),
        ("010", "1", "D", "2026-01-05", "2026/1/8 17:30"),
    )
    assert {one["due_at"] for one in desk.stored("cases", content)} == {"2026-01-08T17:30:00+08:00"}


def test_mark_that_shows_fewer_digits_is_refused_with_both_figures(desk: Desk) -> None:
    (row,) = desk.rows("scores", case("21-mean.xlsx"))
    (error,) = row["errors"]
    assert error["code"] == "number_rounded"
    assert "92.5478" in error["detail"]["zh"] and "92.55" in error["detail"]["zh"]


@pytest.mark.parametrize(
    ("cell", "score"),
    [
        ((92.55, "0.00"), "92.55"),
        ((92.5, "0.00_ "), "92.5"),
        ((92.5, '0.0"分"'), "92.5"),
        ((92, "#,##0.00"), "92"),
        ((0.1 + 0.2, "General"), "0.3"),
        ((90, "[Red]0.0;[Blue]-0.0"), "90"),
        ("92.50", "92.5"),
        ("９２．５", "92.5"),
        ('="92.5"', "92.5"),
    ],
)
def test_mark_that_shows_what_it_is_is_taken(desk: Desk, cell: Any, score: str) -> None:
    assert [one["score"] for one in desk.stored("scores", table(("单位", "得分"), ("010", cell)))] == [score]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ((92.5478, "0.00"), "number_rounded"),
        ((92.5478, "0"), "number_rounded"),
        ((99.6, "0"), "number_rounded"),
        ((925, "0.0,"), "number_rounded"),
        ("=#DIV/0!", "cell_error"),
        (dt.date(2026, 1, 5), "date_misplaced"),
    ],
)
def test_mark_that_shows_something_else_is_refused(desk: Desk, cell: Any, code: str) -> None:
    assert desk.codes("scores", table(("单位", "得分"), ("010", cell))) == {2: [code]}
