"""Right bundles: encodings, names, columns and waves are read as they are meant."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from pingyi.domain.errors import Problem
from pingyi.services.bundles.bundles import Bundle, read_bundle
from pingyi_demonstration.data.bundle import write_bundle

CASES = """
[[channels]]
key = "cases"
plugin = "hotline"
operator = "热线办"
max_points = "60"
title = { zh = "热线", en = "Hotline" }
settings = { events = { late_sign = "2", returned = "5" }, n_min = 1, sub_score_decimals = 2 }
"""
X = "entries/x.csv"
HEAD = "unit,score,evidence\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_every_encoding_of_spreadsheets_reads_the_same(
    read: Callable[..., Bundle], draft: type, encoding: str
) -> None:
    text = "unit,score,evidence\r\n单位a,5,依据镕\r\n\r\nb,6,\r\n"
    scheme = draft(channels={"x": "100"}, units=[], scores={}).scheme()
    found = read({X: text.encode(encoding), "scheme.toml": scheme.encode(encoding)})
    assert found.entries[0].waves == [
        [{"unit": "a", "score": "5", "evidence": "依据镕"}, {"unit": "b", "score": "6"}]
    ]
    assert found.entries[0].rows == [[2, 4]]
    assert found.scheme.title.zh == "草案"


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("单位;得分;依据\na;92.5;x,y,z\n", "92.5"),
        ("单位\t得分（满分100）\n单位a\t９２．５\n", "92.5"),
        ("unit,score\na,92.50\n", "92.50"),
        ('unit,score\na,="92.5"\n', "92.5"),
    ],
)
def test_table_of_a_bundle_is_read_as_an_upload_is(
    read: Callable[..., Bundle], text: str, score: str
) -> None:
    (wave,) = read({X: text}).entries[0].waves
    assert (wave[0]["unit"], wave[0]["score"]) == ("a", score)


def with_cases(draft: type, rows: str, period: str = "") -> dict[str, str]:
    scheme = draft(channels={"x": "40"}, units=[], scores={}).scheme() + CASES
    files = {
        "scheme.toml": scheme,
        X: "unit,score\n",
        "entries/cases.csv": f"unit,source,case,accepted_at,due_at\n{rows}",
    }
    return {**files, "period.toml": f"starts_on = 2026-01-01\nends_on = 2026-12-31\n{period}"}


@pytest.mark.parametrize(("period", "waves"), [("", 2), ('names = "folded"\n', 2), ('names = "exact"\n', 1)])
def test_spellings_of_one_case_correct_each_other_where_names_are_folded(
    read: Callable[..., Bundle], draft: type, period: str, waves: int
) -> None:
    rows = "a,12345,ZW-1,2026-02-01,\nb,12345,ｚｗ－1,2026-02-01,\n"
    (_, cases) = read(with_cases(draft, rows, period)).entries
    assert len(cases.waves) == waves


def test_day_and_lost_digits_of_a_bundle_are_those_of_an_upload(
    read: Callable[..., Bundle], draft: type
) -> None:
    rows = "".join(
        f"a,12345,M{n},2026-01-05,{day}\n" for n, day in enumerate(("20260108", "2026-01-08 00:00:00"))
    )
    (wave,) = read(with_cases(draft, rows)).entries[1].waves
    assert {row["due_at"] for row in wave} == {"2026-01-08"}
    with pytest.raises(Problem) as refused:
        read(with_cases(draft, "a,12345,2.02601E+16,2026-01-05,\n"))
    assert [(one.code, one.row, one.column) for one in refused.value.errors] == [
        ("number_lost_digits", 2, "case")
    ]


def test_names_match_across_scripts_and_widths(read: Callable[..., Bundle]) -> None:
    units = "code,name,category\na,马鞍山市财政局（本级）,all\nb,乙,all\n"
    found = read({"units.csv": units, X: HEAD + "馬鞍山市財政局(本級),5,\n"})
    assert found.entries[0].waves == [[{"unit": "a", "score": "5"}]]


def test_later_rows_of_one_unit_stand_in_later_waves(read: Callable[..., Bundle]) -> None:
    text = "unit,score,reason\na,1,\nb,2,\na,3,r\na,4,s\nb,5,t\n"
    entries = read({X: text}).entries[0]
    assert entries.rows == [[2, 3], [4, 6], [5]]


def test_demonstration_bundle_says_that_it_is_generated(registry: Flask, tmp_path: Path) -> None:
    write_bundle("county-quarterly", tmp_path / "bundle")
    assert read_bundle(tmp_path / "bundle").draft.demonstration


def test_list_of_units_is_read_as_any_table_is(read: Callable[..., Bundle]) -> None:
    units = 'code;name;category\n="003";单位三;all\nb;单位乙;all\n'
    found = read({"units.csv": units.encode("utf-16"), X: "unit,score\n003,5\nb,6\n"})
    assert list(found.units.rows) == ["003", "b"]
    with pytest.raises(Problem) as refused:
        read({"units.csv": "code,name,category\n2.02601E+16,单位三,all\nb,单位乙,all\n"})
    assert "number_lost_digits" in [one.code for one in refused.value.errors]
