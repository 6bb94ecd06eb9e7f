"""Any table reads back to the same cells whatever it was written as, or is refused; never to others."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.spreadsheets.writing import Table, Value, html, ods, text_in, xlsx
from tests.unit.spreadsheets.writing_xls import xls

from pingyi.services.spreadsheets import cell_values, number_formats
from pingyi.services.spreadsheets.cell_values import UnreadableError, cell_text, place_of
from pingyi.services.spreadsheets.child import answer
from pingyi.services.spreadsheets.file_kinds import markup_kind
from pingyi.services.spreadsheets.sheet_cells import Answer
from pingyi.services.spreadsheets.text_files import decode
from pingyi.services.spreadsheets.writing.shields import unshielded

KINDS = ("unit", "text", "month", "moment", "decimal", "percent", "whole")
HEAD = tuple(f"列{kind}" for kind in KINDS)
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16-le", "utf-16-be")
XLS = b"\x09\x08"
MARKS = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}

WORDS = st.text(st.sampled_from("市公安局ABxyz0189-—（）·,;\t\" '&<>="), max_size=12).map(str.strip)
DAYS = st.dates(dt.date(2017, 1, 1), dt.date(2030, 12, 31))
ROW = st.tuples(
    st.sampled_from(("A01", "003", "市公安局")),
    WORDS,
    st.one_of(DAYS, DAYS.map(lambda day: f"{day:%Y-%m}"), DAYS.map(lambda day: f"{day:%Y年%m月}")),
    st.one_of(DAYS, DAYS.map(lambda day: f"{day:%Y%m%d}"), DAYS.map(lambda day: f"{day} 00:00:00")),
    st.decimals(0, 100, places=2),
    st.decimals(0, 100, places=2),
    st.integers(0, 99_999).map(Decimal),
)
TABLES = st.lists(ROW, min_size=1, max_size=6)


def wanted(value: Value, kind: str) -> str:
    """What a cell means in its column."""
    if kind in {"month", "moment"}:
        day = value.isoformat() if isinstance(value, dt.date) else value
        digits = "".join(letter for letter in day if letter.isdigit())
        return f"{digits[:4]}-{digits[4:6]}" + ("" if kind == "month" else f"-{digits[6:8]}")
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return unshielded(str(value)).strip()


def told_of(kind: str, sheet: str, content: bytes) -> Answer:
    """What the process answers, as it travels."""
    return msgspec.json.decode(msgspec.json.encode(answer(kind, sheet, content)), type=Answer)


def read(content: bytes) -> list[list[str]]:
    """The cells of a file by the columns' kinds, as the services read them; UnreadableError refuses one."""
    markup = markup_kind(content)
    kind = "zip" if content.startswith(b"PK") else "xls" if content.startswith(XLS) else markup or "text"
    if kind == "text":
        text, _ = decode(content)
        assert text is not None
        content = text.encode()
    told = told_of(kind, "", content)
    sheets = sorted(told.sheets, key=lambda each: -sum(cell in HEAD for cell in each.rows[0]))
    sheet = sheets[0]
    if len(sheets) > 1:
        sheet = told_of(kind, sheet.name, content).sheets[0]
    assert sheet.rows[0] == list(HEAD)
    return [
        [
            cell_text(kind, line[at] if at < len(line) else "", place_of(row, at))
            for at, kind in enumerate(KINDS)
        ]
        for row, line in enumerate(sheet.rows[1:], 1)
    ]


def check(table: Table, content: bytes) -> None:
    try:
        found = read(content)
    except UnreadableError:
        return
    for cells, line in zip(found, table, strict=True):
        plain = [
            f"{Decimal(cell).normalize():f}" if kind in {"decimal", "percent", "whole"} else cell
            for cell, kind in zip(cells, KINDS, strict=True)
        ]
        meant = [wanted(value, kind) for value, kind in zip(line, KINDS, strict=True)]
        assert plain == meant


@settings(max_examples=60, deadline=None)
@given(table=TABLES)
@pytest.mark.parametrize("write", [xlsx, xls, ods], ids=["xlsx", "xls", "ods"])
def test_workbook_reads_back_to_the_same_or_is_refused(write: object, table: Table) -> None:
    assert callable(write)
    check(table, write([HEAD, *table], KINDS))


@settings(max_examples=40, deadline=None)
@given(table=TABLES)
def test_page_reads_back_to_the_same_or_is_refused(table: Table) -> None:
    check(
        [[" ".join(cell.split()) if isinstance(cell, str) else cell for cell in row] for row in table],
        html([HEAD, *table], KINDS),
    )


@settings(max_examples=30, deadline=None)
@given(table=TABLES, separator=st.sampled_from((",", ";", "\t")))
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_text_reads_back_to_the_same_or_is_refused(encoding: str, table: Table, separator: str) -> None:
    content = text_in(encoding, separator)([HEAD, *table], KINDS)
    check(table, MARKS.get(encoding, b"") + content)


def test_property_fails_where_formats_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    table = [
        ("A01", "x", dt.date(2026, 10, 1), dt.date(2026, 1, 8), Decimal("92.5"), Decimal("98.06"), Decimal(3))
    ]
    content = xlsx([HEAD, *table], KINDS)
    check(table, content)
    monkeypatch.setattr(
        "pingyi.services.spreadsheets.read_xlsx.parse_format", lambda _code: number_formats.PLAIN
    )
    monkeypatch.setitem(cell_values._OF_TYPED, "month", lambda _cell, _place: "2026-10")
    with pytest.raises(AssertionError):
        check(table, content)
