"""Right bundles: encodings, names, columns and waves are read as they are meant."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

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


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
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
