"""Wrong bundles: each fault is named with its file, row and column, in both languages, all at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from pingyi.domain.errors import FieldError, Problem
from pingyi.services.bundles.bundles import Bundle, read_bundle

CASES = """
[[channels]]
key = "cases"
plugin = "hotline"
operator = "热线办"
max_points = "60"
title = { zh = "热线", en = "Hotline" }
settings = { events = { late_sign = "2", returned = "5" }, n_min = 1, sub_score_decimals = 2 }
"""
ROSTER = """
[[channels]]
key = "roster"
plugin = "deputies"
operator = "人大"
max_points = "60"
title = { zh = "代表", en = "Deputies" }
[channels.settings]
preset = ["100/80/30", "half"]
unscored = []
n_min = 1
shown_as = "score"
strata = { east = "1" }
"""


def faults(read: Callable[..., Bundle], files: dict[str, Any], **changed: Any) -> list[FieldError]:
    with pytest.raises(Problem) as caught:
        read(files, **changed)
    assert caught.value.code == "bundle_invalid"
    assert all(error.message.zh and error.message.en for error in caught.value.errors)
    return list(caught.value.errors)


def places(errors: list[FieldError]) -> list[tuple[str, str, int | None, str]]:
    return [(error.code, error.file, error.row, error.column or error.pointer) for error in errors]


X = "entries/x.csv"
HEAD = "unit,score,evidence\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD + "a,100.01,\n", [("invalid", 2, "score")]),
        (HEAD + "a,NaN,\n", [("invalid", 2, "score")]),
        (HEAD + "a,1e3,\n", [("invalid", 2, "score")]),
        (HEAD + "a,-1,\n", [("invalid", 2, "score")]),
        (HEAD + "a,,\n", [("invalid", 2, "score")]),
        (HEAD + ",5,\n", [("invalid", 2, "unit")]),
        (HEAD + "z,5,\nb,101,\n", [("unit_unknown", 2, "unit"), ("invalid", 3, "score")]),
        (HEAD + "a,5\n", [("row_short", 2, "")]),
        (HEAD + "a,5,,\n", [("row_long", 2, "")]),
        (HEAD + 'a,5,"x\n', [("not_csv", 2, "")]),
        (HEAD + "a,5,x\0\n", [("encoding", 2, "")]),
        ("unit,score,score\na,5,5\n", [("column_repeated", 1, "score")]),
        ("unit,score,\na,5,\n", [("column_unnamed", 1, "3")]),
        ("unit,score,note\na,5,\n", [("column_unknown", 1, "note")]),
        ("unit,evidence\na,x\n", [("column_missing", 1, "score")]),
        ("score\n5\n", [("column_missing", 1, "unit")]),
        ("", [("empty_file", 1, "")]),
        (HEAD.strip() + ",reason\na,5,,\n\n,,,\n单位a,6,,\n", [("reason_required", 5, "reason")]),
        (HEAD.strip() + ",standing\na,5,,late\n", [("choice", 2, "standing")]),
        (HEAD.strip() + ",standing\na,5,,held\n", [("standing_reason", 2, "reason")]),
    ],
)
def test_wrong_entries_are_named_by_row_and_column(
    read: Callable[..., Bundle], text: str, expected: list[tuple[str, int, str]]
) -> None:
    assert places(faults(read, {X: text})) == [(code, X, row, column) for code, row, column in expected]


def test_every_fault_of_every_file_is_named_at_once(read: Callable[..., Bundle]) -> None:
    found = faults(
        read,
        {
            X: HEAD + "a,101,\nz,NaN,\n",
            "rolls.csv": "channel,name,count\nx,seats,5\nq,eligible,-1\n",
            "adjustments.csv": "unit,kind,points,reason,document\na,veto,3,r,\na,bonus,,,\nq,fine,-1,r,\n",
            "period.toml": 'key = "2017 年"\nstarts_on = 2017-12-31\nends_on = "2017-01-01"\nyear = 1\n'
            "demonstration = 1\n",
            "notes.txt": "x",
            "entries/z.csv": HEAD,
        },
    )
    assert places(found) == [
        ("file_unknown", "notes.txt", None, ""),
        ("key_unknown", "period.toml", None, "year"),
        ("invalid", "period.toml", None, "key"),
        ("invalid", "period.toml", None, "demonstration"),
        ("dates_reversed", "period.toml", None, "ends_on"),
        ("invalid", "rolls.csv", 2, "name"),
        ("invalid", "rolls.csv", 3, "count"),
        ("channel_unknown", "rolls.csv", 3, "channel"),
        ("channel_file_unknown", "entries/z.csv", None, ""),
        ("invalid", X, 2, "score"),
        ("unit_unknown", X, 3, "unit"),
        ("invalid", X, 3, "score"),
        ("invalid", "adjustments.csv", 2, "points"),
        ("invalid", "adjustments.csv", 3, "reason"),
        ("invalid", "adjustments.csv", 3, "points"),
        ("invalid", "adjustments.csv", 4, "kind"),
        ("invalid", "adjustments.csv", 4, "points"),
        ("unit_unknown", "adjustments.csv", 4, "unit"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("code,name,category\na,甲,all\na,乙,all\n", [("repeated", 3, "code")]),
        (
            "code,name,category\na,甲,other\n,乙,all\n",
            [("invalid", 3, "code"), ("category_unknown", 2, "category")],
        ),
        ("code,name,category,parent\na,甲,all,z\n", [("parent_unknown", 2, "parent")]),
        (
            "code,name,category,parent\na,甲,all,b\nb,乙,all,a\n",
            [("parent_cycle", 2, "parent"), ("parent_cycle", 3, "parent")],
        ),
        ("code,name,category\na/b,甲,all\n", [("code_unfit", 2, "code")]),
        (
            "code,name,category\na,甲局,all\nb,甲\u200b局,all\nc,⽥局,all\nd,田局,all\n",
            [("unseen_letter", 3, "name"), ("name_alike", 3, "name"), ("name_alike", 5, "name")],
        ),
        ("code,name,category\n", [("no_units", None, "")]),
        (None, [("file_missing", None, "")]),
    ],
)
def test_wrong_units_are_named(
    read: Callable[..., Bundle], text: str | None, expected: list[tuple[str, int | None, str]]
) -> None:
    found = places(faults(read, {"units.csv": text}))
    assert found == [(code, "units.csv", row, column) for code, row, column in expected]


def test_letters_that_nobody_sees_are_named_in_the_scheme_and_pass_in_one_from_before(
    read: Callable[..., Bundle], draft: type
) -> None:
    odd = (
        draft(channels={"x": "100"}, units=["a", "b"], scores={})
        .scheme()
        .replace('zh = "', 'zh = "\u202e', 1)
    )
    units = "code,name,category\na,甲局,all\nb,甲\u200b局,all\n"
    named = places(faults(read, {"scheme.toml": odd}))
    assert [(code, file) for code, file, _row, _place in named] == [("unseen_letter", "scheme.toml")]
    read({"scheme.toml": odd, "units.csv": units, "period.toml": 'names = "exact"\n'})


def test_ambiguous_name_is_an_error_and_names_the_codes(read: Callable[..., Bundle]) -> None:
    units = "code,name,category,aliases\na,市公安局,all,公安;警方\nb,县公安局,all,公安\n"
    found = faults(read, {"units.csv": units, X: HEAD + "公安,5,\n警方,6,\n"})
    assert places(found) == [("unit_ambiguous", X, 2, "unit")]
    assert "a, b" in found[0].message.zh


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tie,a,x,,in,r\n", [("invalid", "channel")]),
        ("tie,,,,in,r\n", [("invalid", "unit")]),
        ("tie,a,,,yes,r\n", [("invalid", "choice")]),
        ("tie,a,,other,in,r\n", [("category_unknown", "category")]),
        ("switch_off,,x,all,yes,\n", [("invalid", "reason")]),
        ("switch_off,a,q,all,yes,r\n", [("invalid", "unit"), ("channel_unknown", "channel")]),
        ("switch_off,,x,,no,r\n", [("invalid", "category")]),
        (
            "other,,,,,r\n",
            [("invalid", "kind"), ("invalid", "choice")],
        ),
    ],
)
def test_wrong_decisions_are_named(
    read: Callable[..., Bundle], text: str, expected: list[tuple[str, str]]
) -> None:
    found = places(faults(read, {"decisions.csv": "kind,unit,channel,category,choice,reason\n" + text}))
    assert found == [(code, "decisions.csv", 2, column) for code, column in expected]


def test_wrong_previous_results_are_named(read: Callable[..., Bundle]) -> None:
    text = "period,unit,category,total,rank,of\n2016,a,all,90,3,2\n2016,单位a,all,x,0,2\n"
    assert places(faults(read, {"previous.csv": text})) == [
        ("invalid", "previous.csv", 2, "rank"),
        ("invalid", "previous.csv", 3, "total"),
        ("invalid", "previous.csv", 3, "rank"),
        ("repeated", "previous.csv", 3, "unit"),
    ]


def test_scheme_that_sums_to_99_is_refused_with_its_file(read: Callable[..., Bundle]) -> None:
    found = faults(read, {}, channels={"x": "99"})
    assert places(found) == [("points_sum", "scheme.toml", 16, "/channels")]


def test_scheme_that_is_no_toml_is_named_by_line(read: Callable[..., Bundle]) -> None:
    assert places(faults(read, {"scheme.toml": 'key = "x"\n= 3\n'})) == [("syntax", "scheme.toml", 2, "1")]


def test_missing_plugin_and_missing_scheme_are_named(read: Callable[..., Bundle], draft: type) -> None:
    scheme = draft(channels={"x": "100"}, units=[], scores={}).scheme()
    unknown = scheme.replace('"partner_score"', '"seances"')
    [missing] = places(faults(read, {"scheme.toml": unknown}))
    assert missing == ("plugin_missing", "scheme.toml", 18, "/channels/0/plugin")
    assert places(faults(read, {"scheme.toml": None})) == [("file_missing", "scheme.toml", None, "")]


def test_period_without_toml_is_named_by_line(read: Callable[..., Bundle]) -> None:
    assert places(faults(read, {"period.toml": 'key = "x"\n= 3\n'}))[0] == ("not_toml", "period.toml", 2, "1")


def test_what_a_channel_needs_is_named_when_it_is_missing(read: Callable[..., Bundle]) -> None:
    found = faults(read, {}, channels={"x": "40"}, scales={"x": "100"}, more=ROSTER)
    assert [(error.code, error.file) for error in found] == [("needs_roll", "rolls.csv")]
    rolls = "channel,name,count,stratum\nroster,eligible,30,west\n"
    found = faults(read, {"rolls.csv": rolls}, channels={"x": "40"}, scales={"x": "100"}, more=ROSTER)
    assert places(found) == [("stratum_unknown", "rolls.csv", 2, "stratum")]


def test_channel_without_dates_where_it_needs_them(read: Callable[..., Bundle]) -> None:
    found = faults(read, {}, channels={"x": "40"}, scales={"x": "100"}, more=CASES)
    assert [(error.code, error.file) for error in found] == [("needs_dates", "period.toml")]


def test_hundred_faults_of_a_file_are_listed_and_the_rest_counted(read: Callable[..., Bundle]) -> None:
    found = faults(read, {X: HEAD + "z,5,\n" * 250})
    assert [error.code for error in found].count("unit_unknown") == 100
    assert (found[-1].code, found[-1].file) == ("more", X)
    assert "150" in found[-1].message.en


@pytest.mark.parametrize(
    ("content", "row"),
    [
        ((HEAD + "a,5,依据\n").encode("utf-32"), 1),
        ((HEAD + "a,5,依据\n").encode("utf-16") + b"\n", 3),
        ((HEAD + "a,5,依据甚多\nb,6,").encode() + b"\xff\n", 3),
        ((HEAD + "a,5,依据甚多\nb,6,").encode("gb18030") + b"\xff\xff\n", 3),
    ],
)
def test_wrong_encoding_is_named_by_row(read: Callable[..., Bundle], content: bytes, row: int) -> None:
    assert places(faults(read, {X: content})) == [("encoding", X, row, "")]


def test_folder_that_is_none_is_refused(registry: Flask, tmp_path: Path) -> None:
    with pytest.raises(Problem) as caught:
        read_bundle(tmp_path / "nowhere")
    assert caught.value.errors[0].code == "not_a_folder"


def test_mapping_columns_come_from_the_settings(read: Callable[..., Bundle]) -> None:
    text = "unit,case,accepted_at,events.late_sign,events.returned\na,1,2017-03-01,1,\nb,2,2017-03-02,x,2\n"
    dates = "starts_on = 2017-01-01\nends_on = 2017-12-31\n"
    given = {"channels": {"x": "40"}, "scales": {"x": "100"}, "more": CASES}
    found = faults(read, {"entries/cases.csv": text, "period.toml": dates}, **given)
    assert places(found) == [("invalid", "entries/cases.csv", 3, "events.late_sign")]
    right = read({"entries/cases.csv": text.replace("x", ""), "period.toml": dates}, **given)
    wave = next(entries for entries in right.entries if entries.channel == "cases").waves[0]
    assert [row["events"] for row in wave] == [{"late_sign": "1"}, {"returned": "2"}]
    unknown = faults(read, {"entries/cases.csv": "unit,case,accepted_at,events.lost\n"}, **given)
    assert ("column_unknown", "entries/cases.csv", 1, "events.lost") in places(unknown)
