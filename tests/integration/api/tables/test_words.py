"""The words that operators use: titles, options, measures and flags, as they stand in their exports."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook
from tests.integration.api.tables.conftest import Desk
from tests.integration.api.tables.test_cells import case, csv

HEAD = "单位,来源,编号,受理时间,已回访,联系上,已解决,意见"


def test_opinions_and_flags_are_known_by_their_words(desk: Desk) -> None:
    stored = {one["case"]: one for one in desk.stored("cases", case("19-opinion.csv"))}
    assert {number: one.get("opinion") for number, one in stored.items()} == {
        "OP1": "satisfied",
        "OP5": "basic",
        "OP7": None,
    }
    assert [stored["OP5"][name] for name in ("followed_up", "reached", "resolved")] == [True] * 3
    assert stored["OP7"]["resolved"] is False


def test_options_and_measures_are_known_by_their_words(desk: Desk) -> None:
    (poll,) = desk.stored("poll", case("19-poll.csv"))
    (total,) = desk.stored("totals", case("19-totals.csv"))
    assert (poll["option"], total["measure"]) == ("satisfied", "resolved")


@pytest.mark.parametrize(
    ("word", "key"),
    [
        ("满意", "satisfied"),
        ("基本满意", "basic"),
        ("Fairly satisfied", "basic"),
        ("很满意", "very_satisfied"),
        ("very satisfied", "very_satisfied"),
        ("VERY_SATISFIED", "very_satisfied"),
        ("　不满意 ", "dissatisfied"),
        ("不了解", "no_opinion"),
        ("弃权", "no_answer"),
        ("无效", "invalid"),
    ],
)
def test_option_in_any_of_its_words_is_its_key(desk: Desk, word: str, key: str) -> None:
    assert [one["option"] for one in desk.stored("poll", csv("单位,批次,选项,票数", f"010,b1,{word},3"))] == [
        key
    ]


@pytest.mark.parametrize(
    ("word", "key"),
    [("满意率", "satisfied"), ("解决", "resolved"), ("已解决", "resolved"), ("satisfied", "satisfied")],
)
def test_measure_in_any_of_its_words_is_its_key(desk: Desk, word: str, key: str) -> None:
    stored = desk.stored("totals", csv("单位,月份,指标,件数,总数", f"010,2026-03,{word},9,10"))
    assert [one["measure"] for one in stored] == [key]


@pytest.mark.parametrize(
    ("word", "value"),
    [("√", True), ("✓", True), ("是", True), ("Y", True), ("×", False), ("✗", False), ("无", False)],
)
def test_flag_in_any_of_its_signs_is_yes_or_no(desk: Desk, word: str, value: bool) -> None:
    stored = desk.stored("cases", csv("单位,来源,编号,受理时间,已回访", f"010,1,A,2026-02-02,{word}"))
    assert [one["followed_up"] for one in stored] == [value]


def test_message_names_what_is_allowed_in_the_readers_language(desk: Desk) -> None:
    (row,) = desk.rows("cases", csv(HEAD, "010,1,A,2026-02-02,是,是,是,还行"))
    (error,) = row["errors"]
    assert error["detail"]["zh"] == "没有“还行”，只能是：满意、基本满意、不满意。"
    assert (
        error["detail"]["en"] == "There is no 还行; it is one of: satisfied, fairly satisfied, dissatisfied."
    )


def test_headings_of_an_export_are_known(desk: Desk) -> None:
    (row,) = desk.rows("cases", case("20-export.csv"))
    (error,) = row["errors"]
    # Every column is understood; an opinion without a call is what the row itself gets wrong.
    assert (row["unit"], error["field"], error["code"]) == ("市公安局", "reached", "invalid")
    head, line = case("20-export.csv").decode().strip().splitlines()
    (one,) = desk.stored("cases", csv(f"{head},是否回访,是否联系上", f"{line},是,是"))
    assert (one["unit"], one["case"], one["opinion"], one["resolved"]) == (
        "010",
        "20260105001",
        "satisfied",
        True,
    )
    assert one["closed_at"] == "2026-01-06T23:59:59+08:00"


TOTALS = "单位,月份,指标,件数,总数,率（%）,更正理由"


def test_months_beside_a_years_total_are_said_at_once(desk: Desk) -> None:
    both = csv(TOTALS, "010,2026-03,解决,9,10,,", "010,,解决,90,100,,", "011,,解决,90,100,,")
    assert desk.codes("totals", both) == {2: [], 3: ["contradiction"], 4: []}
    desk.stored("totals", csv(TOTALS, "010,2026-03,解决,9,10,,"))
    assert desk.codes("totals", csv(TOTALS, "010,,解决,90,100,,")) == {2: ["contradiction"]}
    assert desk.codes("totals", csv(TOTALS, "010,2026-04,解决,9,10,,", "010,,满意,9,10,,")) == {2: [], 3: []}


def test_rate_alone_beside_totals_is_said_at_once(desk: Desk) -> None:
    both = csv(TOTALS, "010,2026-03,解决,9,10,,", "010,2026-04,解决,,,90,")
    assert desk.codes("totals", both) == {2: [], 3: ["contradiction"]}


def test_correction_of_what_it_would_contradict_is_taken(desk: Desk) -> None:
    desk.stored("totals", csv(TOTALS, "010,2026-03,解决,9,10,,"))
    desk.stored("totals", csv(TOTALS, "010,2026-03,解决,,,95,核对"))
    assert [one["rate"] for one in desk.entries("totals")] == ["95"]


def test_row_of_the_api_that_contradicts_is_refused(desk: Desk) -> None:
    desk.stored("totals", csv(TOTALS, "010,2026-03,解决,9,10,,"))
    entry = {"unit": "010", "measure": "resolved", "count": 90, "of": 100}
    refused = desk.client.post(
        f"{desk.base('totals')}/entries",
        json={"entries": [entry]},
        headers={**desk.headers, "Idempotency-Key": "contradiction-0000001"},
    )
    assert (refused.status_code, refused.json["code"]) == (422, "entries_invalid")
    assert [error["code"] for error in refused.json["errors"]] == ["contradiction"]


def test_more_satisfied_than_asked_are_said_at_once(desk: Desk) -> None:
    rows = ("010,2026-03,满意,9,10,,", "010,2026-03,基本满意,2,,,", "010,2026-04,基本满意,2,,,")
    assert desk.codes("totals", csv(TOTALS, *rows)) == {2: [], 3: ["contradiction"], 4: []}


def test_template_keeps_text_as_text_and_lists_the_words(desk: Desk) -> None:
    given = desk.client.get(f"{desk.base('poll')}/entries/template.xlsx", headers=desk.headers)
    sheet = load_workbook(io.BytesIO(given.data)).worksheets[0]
    at = {str(cell.value).partition(" / ")[0]: cell for cell in sheet[1]}
    formats = {
        column: each.number_format
        for each in sheet.column_dimensions.values()
        for column in range(each.min, each.max + 1)
    }
    # Excel would make a number of a code, a batch or a month that is typed into a column of another format.
    assert {formats[at[name].column] for name in ("单位", "批次", "选项")} == {"@"}
    assert sheet["A2"].number_format == "@"
    rules = {str(rule.sqref).rstrip("0123456789"): rule for rule in sheet.data_validations.dataValidation}
    option, count = (
        next(rule for area, rule in rules.items() if area.startswith(at[name].column_letter))
        for name in ("选项", "票数")
    )
    assert option.type == "list" and "基本满意" in option.formula1
    assert (count.type, count.formula1) == ("whole", "0")
