"""Entries written across read back as those written down, whatever the file, or the file is refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.spreadsheets.test_round_trip import MARKS, XLS, told_of
from tests.unit.spreadsheets.writing import Table, Value, html, ods, text_in, xlsx
from tests.unit.spreadsheets.writing_xls import xls

from pingyi.channels import Channel, Period, Text
from pingyi.channels.families import ballots, case_totals
from pingyi.registry import load_context
from pingyi.services.core.bound_channels import BoundChannel
from pingyi.services.intake.entry_columns import columns_of
from pingyi.services.spreadsheets.file_kinds import markup_kind
from pingyi.services.spreadsheets.sheet_cells import Sheet
from pingyi.services.spreadsheets.text_files import decode
from pingyi.services.uploads.column_headings import heading_errors
from pingyi.services.uploads.read_table import fit_of, meanings_of, read_heading, read_table

YEAR = Period(starts_on=dt.date(2026, 1, 1), ends_on=dt.date(2026, 12, 31), folds_names=True)
UNITS = ("A01", "003", "市公安局")
OPTIONS = ("满意", "基本满意", "不满意", "不了解")
MONTHS = ("3月", "4月", "2026年12月")
Write = Callable[[Table, Sequence[str]], bytes]
WRITERS: dict[str, Write] = {
    "xlsx": xlsx,
    "xls": xls,
    "ods": ods,
    "html": html,
    "csv": text_in("utf-8", ","),
    "gb18030": text_in("gb18030", ";"),
    "utf-16": lambda table, kinds: MARKS["utf-16-le"] + text_in("utf-16-le", "\t")(table, kinds),
}


def bound(plugin: Channel, loaded: Mapping[str, Any]) -> BoundChannel:
    """A channel as the services know it, of no database."""
    context = load_context(plugin, loaded, YEAR)
    return BoundChannel(1, "c", 1, "p", "open", 1, cast("Any", None), plugin, context)


POLL = bound(
    ballots.channel("poll", Text(zh="测评", en="Poll")),
    {
        "options": {"satisfied": "100", "basic": "60", "dissatisfied": "0"},
        "unscored": ["no_opinion"],
        "n_min": 1,
        "shown_as": "rate",
    },
)
TOTALS = bound(
    case_totals.channel("totals", Text(zh="汇总", en="Totals")),
    {"weights": {"resolved": "0.5", "satisfied": "0.5"}, "n_min": 1, "sub_score_decimals": 2},
)


def sheet_of(working: BoundChannel, content: bytes) -> Sheet:
    """The sheet of a file that fits best, as the services choose it."""
    kind = "zip" if content.startswith(b"PK") else "xls" if content.startswith(XLS) else markup_kind(content)
    if not kind:
        kind, (text, _) = "text", decode(content)
        assert text is not None
        content = text.encode()
    meanings = meanings_of(working, None)
    told = told_of(kind, "", content)
    best = max(told.sheets, key=lambda each: fit_of(meanings, each.rows))
    return best if best.whole and len(told.sheets) == 1 else told_of(kind, best.name, content).sheets[0]


def entries_of(working: BoundChannel, content: bytes) -> list[dict[str, Any]]:
    """The entries of a file, loaded; in the order of their spelling."""
    sheet = sheet_of(working, content)
    heading = read_heading(meanings_of(working, None), sheet)
    assert list(heading_errors(columns_of(working), heading, sheet.rows)) == []
    table = read_table(working, sheet, heading)
    assert [error for row in table.rows for error in row.errors] == []
    schema = working.plugin.entry_schema(working.context)
    return sorted((schema.load(row.given) for row in table.rows), key=repr)


def check(working: BoundChannel, write: Write, down: Table, across: Table) -> None:
    """Both tables give the same entries, one for each row of the one written down."""
    long, wide = (entries_of(working, write(table, ["text"] * len(table[0]))) for table in (down, across))
    assert wide == long
    assert len(wide) == len(down) - 1


def cell(count: int | None) -> Value:
    return "" if count is None else Decimal(count)


COUNTS = st.lists(st.one_of(st.none(), st.integers(0, 10**9)), min_size=4, max_size=4)
FILLED = COUNTS.filter(lambda counts: any(count is not None for count in counts))


@settings(max_examples=25, deadline=None)
@given(table=st.lists(FILLED, min_size=1, max_size=3))
@pytest.mark.parametrize("kind", WRITERS)
def test_options_across_are_the_entries_of_options_down(kind: str, table: list[list[int | None]]) -> None:
    rows = list(zip(UNITS, table, strict=False))
    down: Table = [
        ("单位", "选项", "票数"),
        *(
            (unit, option, Decimal(count))
            for unit, counts in rows
            for option, count in zip(OPTIONS, counts, strict=True)
            if count is not None
        ),
    ]
    across: Table = [("单位", *OPTIONS), *((unit, *map(cell, counts)) for unit, counts in rows)]
    check(POLL, WRITERS[kind], down, across)


RATES = st.lists(
    st.one_of(st.none(), st.decimals(0, 100, places=2)), min_size=len(MONTHS), max_size=len(MONTHS)
).filter(lambda rates: any(rate is not None for rate in rates))


@settings(max_examples=25, deadline=None)
@given(table=st.lists(RATES, min_size=1, max_size=3))
@pytest.mark.long
@pytest.mark.parametrize("kind", WRITERS)
def test_months_across_are_the_entries_of_months_down(kind: str, table: list[list[Decimal | None]]) -> None:
    rows = list(zip(UNITS, table, strict=False))
    down: Table = [
        ("单位", "指标", "月份", "率（%）"),
        *(
            (unit, "解决率", f"2026年{month.removeprefix('2026年')}", rate)
            for unit, rates in rows
            for month, rate in zip(MONTHS, rates, strict=True)
            if rate is not None
        ),
    ]
    across: Table = [
        ("单位", "指标", *(f"{month}率（%）" for month in MONTHS)),
        *((unit, "解决率", *("" if rate is None else rate for rate in rates)) for unit, rates in rows),
    ]
    check(TOTALS, WRITERS[kind], down, across)


PAIRS = st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)).map(sorted)
MEASURED = st.lists(st.one_of(st.none(), PAIRS), min_size=2, max_size=2).filter(any)


@settings(max_examples=25, deadline=None)
@given(table=st.lists(MEASURED, min_size=1, max_size=3))
@pytest.mark.long
@pytest.mark.parametrize("kind", WRITERS)
def test_measures_across_are_the_entries_of_measures_down(
    kind: str, table: list[list[list[int] | None]]
) -> None:
    measures, rows = ("解决", "满意"), list(zip(UNITS, table, strict=False))
    down: Table = [
        ("单位", "月份", "指标", "件数", "总数"),
        *(
            (unit, "2026-03", measure, *map(Decimal, pair))
            for unit, pairs in rows
            for measure, pair in zip(measures, pairs, strict=True)
            if pair is not None
        ),
    ]
    across: Table = [
        ("单位", "月份", *(f"{measure}{title}" for measure in measures for title in ("件数", "总数"))),
        *(
            (unit, "2026-03", *(cell(count) for pair in pairs for count in pair or (None, None)))
            for unit, pairs in rows
        ),
    ]
    check(TOTALS, WRITERS[kind], down, across)


def test_xls_is_read_and_not_refused() -> None:
    table: Table = [("单位", *OPTIONS), ("A01", Decimal(1), "", Decimal(0), Decimal(10**9))]
    found = {entry["option"]: entry["count"] for entry in entries_of(POLL, xls(table, ["text"] * 5))}
    assert found == {"satisfied": 1, "dissatisfied": 0, "no_opinion": 10**9}
