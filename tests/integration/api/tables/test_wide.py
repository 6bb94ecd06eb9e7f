"""Wide sheets: units down, options, measures or months across; the same entries as one a row."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from tests.integration.api.tables.conftest import Desk


def csv(*lines: str) -> bytes:
    return "\n".join(lines).encode()


def book_of(*rows: Sequence[Any], merged: Sequence[str] = ()) -> bytes:
    book = Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    for area in merged:
        sheet.merge_cells(area)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def sorted_values(entries: Sequence[dict[str, Any]]) -> list[list[tuple[str, Any]]]:
    return sorted(sorted(entry.items()) for entry in entries)


def test_options_across_are_the_same_entries_as_options_down(desk: Desk) -> None:
    down = csv(
        "单位,批次,选项,票数",
        "010,一,满意,10",
        "010,一,不满意,0",
        "011,一,满意,7",
        "011,一,基本满意,3",
        "011,一,发出票数,20",
    )
    across = csv(
        "单位,批次,满意,基本满意,不满意,发出票数", "010,一,10,,0,", "市财政局,一,7,3,,20", "012,一,,,,"
    )
    stored = desk.stored("poll", down)
    rows = desk.rows("poll", across)
    assert [(row["row"], row["part"], row["verdict"]) for row in rows] == [
        (2, "满意", "unchanged"),
        (2, "不满意", "unchanged"),
        (3, "满意", "unchanged"),
        (3, "基本满意", "unchanged"),
        (3, "发出票数", "unchanged"),
    ]
    counts = desk.send("poll", across).json["counts"]
    assert (counts["rows"], counts["unchanged"], counts["empty"]) == (5, 5, 1)
    assert len(stored) == 5


def test_measures_across_with_counts_totals_and_rates(desk: Desk) -> None:
    across = csv(
        "单位,月份,解决件数,解决总数,满意率,基本满意",
        "010,2026-03,9,10,98.06%,",
        "011,2026-03,,,,2",
        "012,2026-03,5,,,",
    )
    rows = desk.rows("totals", across)
    assert [(row["row"], row["part"], row["verdict"]) for row in rows] == [
        (2, "解决件数", "new"),
        (2, "满意率", "new"),
        (3, "基本满意", "new"),
        (4, "解决件数", "wrong"),
    ]
    (error,) = rows[3]["errors"]
    assert (error["field"], error["column"]) == ("count", "解决件数")
    right = across[: across.index(b"012")]
    assert sorted_values(desk.stored("totals", right)) == sorted_values(
        [
            {"unit": "010", "month": "2026-03", "measure": "resolved", "count": 9, "of": 10},
            {"unit": "010", "month": "2026-03", "measure": "satisfied", "rate": "98.06"},
            {"unit": "011", "month": "2026-03", "measure": "basic", "count": 2},
        ]
    )


@pytest.mark.parametrize("months", [("3月", "4月"), ("2026年3月", "2026年04月"), ("2026-03", "2026-04")])
def test_months_across_below_what_they_count(desk: Desk, months: tuple[str, str]) -> None:
    content = book_of(
        ("热线月报", None, None, None),
        ("单位", "指标", "率（%）", None),
        (None, None, *months),
        ("010", "解决率", "98.06", None),
        ("011", "解决率", "97", "96.5"),
        merged=("A1:D1", "A2:A3", "B2:B3", "C2:D2"),
    )
    assert sorted_values(desk.stored("totals", content)) == sorted_values(
        [
            {"unit": "010", "month": "2026-03", "measure": "resolved", "rate": "98.06"},
            {"unit": "011", "month": "2026-03", "measure": "resolved", "rate": "97"},
            {"unit": "011", "month": "2026-04", "measure": "resolved", "rate": "96.5"},
        ]
    )


def test_measures_of_several_months_across_two_lines(desk: Desk) -> None:
    content = book_of(
        ("单位", "3月", None, "4月", None),
        (None, "解决率", "满意率", "解决率", "满意率"),
        ("010", "90", "91", "92", None),
        merged=("B1:C1", "D1:E1"),
    )
    assert sorted_values(desk.stored("totals", content)) == sorted_values(
        [
            {"unit": "010", "month": month, "measure": measure, "rate": rate}
            for month, measure, rate in (
                ("2026-03", "resolved", "90"),
                ("2026-03", "satisfied", "91"),
                ("2026-04", "resolved", "92"),
            )
        ]
    )


def test_numbers_below_bare_months_are_not_guessed(desk: Desk) -> None:
    rows = desk.rows("totals", csv("单位,指标,3月,4月", "010,解决率,98.06%,97"))
    assert [row["verdict"] for row in rows] == ["wrong", "wrong"]


def test_repeated_row_names_the_row_of_the_first(desk: Desk) -> None:
    rows = desk.rows("poll", csv("单位,满意,不满意", "010,1,2", "010,,3"))
    assert [(row["row"], row["part"], row["verdict"]) for row in rows] == [
        (2, "满意", "new"),
        (2, "不满意", "new"),
        (3, "不满意", "wrong"),
    ]
    assert "第2行" in rows[2]["errors"][0]["detail"]["zh"]


def test_unit_and_name_that_disagree_are_said_of_every_entry_of_the_row(desk: Desk) -> None:
    rows = desk.rows("poll", csv("单位,单位名称,满意,不满意", "010,市财政局,1,2", "011,市财政局,3,4"))
    assert [row["verdict"] for row in rows] == ["wrong", "wrong", "new", "new"]


def test_two_ways_to_say_one_thing_are_refused(desk: Desk) -> None:
    refused = desk.send("poll", csv("单位,选项,票数,满意,不满意", "010,满意,1,2,3"))
    assert refused.json["code"] == "columns_invalid"
    assert {error["code"] for error in refused.json["errors"]} == {"column_twice"}


def test_one_stray_word_is_no_wide_sheet(desk: Desk) -> None:
    refused = desk.send("poll", csv("单位,选项,票数,满意", "010,满意,1,2"))
    assert [error["code"] for error in refused.json["errors"]] == ["column_unknown"]


def test_pages_of_verdicts_do_not_part_a_row(desk: Desk) -> None:
    units = ("010", "011", "012")
    sent = desk.send("poll", csv("单位,满意,基本满意,不满意", *(f"{unit},1,2,3" for unit in units)))
    address, seen = f"{desk.base('poll')}/uploads/{sent.json['upload']}", []
    after: int | None = 0
    while after is not None:
        page = desk.client.get(f"{address}?limit=2&after={after}", headers=desk.headers).json
        seen += [(row["row"], row["part"]) for row in page["verdicts"]]
        after = page["after"]
    assert len(seen) == len(set(seen)) == 9


@pytest.mark.parametrize("channel", ["poll", "totals"])
def test_wide_template_is_taken_back_filled_in_and_its_sample_passed_over(desk: Desk, channel: str) -> None:
    address = f"{desk.base(channel)}/entries/template.xlsx?form=wide"
    template = desk.client.get(address, headers=desk.headers).data
    assert desk.send(channel, template).json["code"] == "file_empty"
    book = load_workbook(io.BytesIO(template))
    sheet = book.worksheets[0]
    at = {str(cell.value).split(" / ")[0]: cell.column for cell in sheet[1]}
    assert sheet["A2"].value == "示例 / Sample" and sheet["A3"].value == "003"
    filled = {"poll": {"满意": 5, "不满意": 0}, "totals": {"解决：件数": 4, "解决：总数": 5}}[channel]
    for title, number in filled.items():
        sheet.cell(3, at[title]).value = number
    out = io.BytesIO()
    book.save(out)
    rows = desk.rows(channel, out.getvalue())
    assert [row["verdict"] for row in rows] == ["new"] * {"poll": 2, "totals": 1}[channel]
    assert {row["unit"] for row in rows} == {"003"}


def test_wide_template_is_offered_where_words_may_stand_across(desk: Desk) -> None:
    address = f"{desk.base('scores')}/entries/template.xlsx?form=wide"
    assert desk.client.get(address, headers=desk.headers).status_code == 404


@pytest.mark.parametrize("channel", ["scores", "cases", "totals", "poll", "panel"])
def test_sample_row_is_a_right_row_and_refused_once_it_is_changed(desk: Desk, channel: str) -> None:
    template = desk.client.get(f"{desk.base(channel)}/entries/template.xlsx", headers=desk.headers).data
    book = load_workbook(io.BytesIO(template))
    sheet = book.worksheets[0]
    sheet["A2"], sheet["B2"] = "010", "市公安局"
    out = io.BytesIO()
    book.save(out)
    (row,) = desk.rows(channel, out.getvalue())
    assert row["verdict"] == "new", row
    sheet["A2"], sheet["B2"] = "示例 / Sample", "改过"
    out = io.BytesIO()
    book.save(out)
    (row,) = desk.rows(channel, out.getvalue())
    assert (row["verdict"], row["row"]) == ("wrong", 2)
