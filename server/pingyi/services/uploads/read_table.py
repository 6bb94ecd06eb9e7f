"""Finds the heading of an operator's sheet and makes its rows entries, digits and dates made plain."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pingyi.channels import Text
from pingyi.domain.errors import FieldError, Problem
from pingyi.domain.names import fold_name
from pingyi.services.core.bound_channels import BoundChannel
from pingyi.services.intake.entry_columns import Column, columns_of
from pingyi.services.uploads.spreadsheet_child import MAX_ROWS

FIRST_LINES = 10
DEEPEST_HEADING = 3
UNIT_NAME = Text(zh="单位名称", en="Unit name")
_NUMBER_TITLES = ("序号", "No.", "编号顺序")
_NARROW = frozenset({"unit", "decimal", "whole", "month", "moment", "flag"})
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
_DATE = re.compile(
    r"([0-9]{4})[-/.年]([0-9]{1,2})(?:[-/.月]([0-9]{1,2})日?|月)?"
    r"(?:[ T]+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?)?"
)

Lines = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row of a file: its number as a spreadsheet counts, and the entry that it gives."""

    number: int
    given: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SheetTable:
    """What a file gives: its rows, the titles of its columns by label, the rows nobody filled in."""

    rows: Sequence[SheetRow]
    titles: Mapping[str, str]
    empty: int


@dataclass(frozen=True, slots=True)
class _Heading:
    """The lines from `top` up to `bottom`: where each known column stands, and each title as written."""

    bottom: int
    found: Mapping[int, Column]
    titles: Sequence[str]
    repeated: Sequence[int]


def read_table(working: BoundChannel, lines: Lines) -> SheetTable:
    """The entries of a file; Problem columns_invalid, file_empty or too_many_rows."""
    columns = columns_of(working)
    heading = _heading(columns, lines)
    _check(columns, heading, lines)
    rows, empty = [], 0
    for number, line in enumerate(lines[heading.bottom :], heading.bottom + 1):
        given = dict(_given(line, heading.found))
        if set(given) <= {"unit", UNIT_NAME.en}:
            empty += bool(given)
            continue
        name = given.pop(UNIT_NAME.en, "")
        if name and "unit" not in given:
            given["unit"] = name
        rows.append(SheetRow(number, given))
    if not rows:
        raise Problem("file_empty", 422, _NO_ROWS)
    if len(rows) > MAX_ROWS:
        raise Problem("too_many_rows", 422, _ROWS.format(most=MAX_ROWS))
    titles = {column.label: heading.titles[at] for at, column in heading.found.items()}
    return SheetTable(rows, titles, empty)


def _given(line: Sequence[str], found: Mapping[int, Column]) -> Iterator[tuple[str, Any]]:
    mappings: dict[str, dict[str, str]] = {}
    for at, column in found.items():
        cell = _plain(column.kind, line[at]) if at < len(line) else ""
        if cell and column.key:
            mappings.setdefault(column.name, {})[column.key] = cell
        elif cell and column.kind != "ignored":
            yield column.name, cell
    yield from mappings.items()


def _plain(kind: str, cell: str) -> str:
    """A cell with full-width digits made plain in numbers, times, flags and units; text as it stands."""
    if kind not in _NARROW:
        return cell.strip()
    narrow = unicodedata.normalize("NFKC", cell).strip()
    if kind in {"decimal", "whole"} and _THOUSANDS.fullmatch(narrow):
        return narrow.replace(",", "")
    match = _DATE.fullmatch(narrow) if kind in {"month", "moment"} else None
    return _iso(kind, match, narrow) if match else narrow


def _iso(kind: str, match: re.Match[str], narrow: str) -> str:
    year, month, day, hour, minute, second = match.groups()
    if kind == "month":
        return f"{year}-{int(month):02}"
    if day is None:
        return narrow
    date = f"{year}-{int(month):02}-{int(day):02}"
    return date if hour is None else f"{date}T{int(hour):02}:{minute}:{second or '00'}"


def _heading(columns: Sequence[Column], lines: Lines) -> _Heading:
    """The lines near the top that name most columns; of equal ones the shallowest, then the first."""
    known = _known_titles(columns)
    candidates = [
        _read_heading(known, lines[top : top + depth], top + depth)
        for depth in range(1, DEEPEST_HEADING + 1)
        for top in range(min(FIRST_LINES, len(lines) - depth + 1))
    ]
    if not candidates:
        raise Problem("file_empty", 422, _NO_ROWS)
    return max(candidates, key=lambda each: len(each.found))


def _known_titles(columns: Sequence[Column]) -> dict[str, Column]:
    """Each folded title that means one column; what two columns share means neither."""
    known: dict[str, Column | None] = {}
    for column in columns:
        both = f"{column.title.zh}{column.title.en}"
        for title in {fold_name(one) for one in (column.label, column.title.zh, column.title.en, both)}:
            known[title] = None if title in known else column
    for column in columns:
        if column.key and fold_name(column.key) not in known:
            known[fold_name(column.key)] = column
    name = Column(UNIT_NAME.en, "", "text", UNIT_NAME, required=False)
    for title in (UNIT_NAME.zh, UNIT_NAME.en, UNIT_NAME.zh + UNIT_NAME.en):
        known.setdefault(fold_name(title), name)
    for title in _NUMBER_TITLES:
        known.setdefault(fold_name(title), Column(title, "", "ignored", UNIT_NAME, required=False))
    return {title: column for title, column in known.items() if column is not None and title}


def _read_heading(known: Mapping[str, Column], lines: Lines, bottom: int) -> _Heading:
    width = max(len(line) for line in lines)
    own = [[line[at].strip() if at < len(line) else "" for line in lines] for at in range(width)]
    found: dict[int, Column] = {}
    titles: list[str] = []
    repeated: list[int] = []
    above = [""] * len(lines)
    for at, cells in enumerate(own):
        # Merged cells give their text to the first column only; the others below it belong to it.
        above = [cell or left for cell, left in zip(cells, above, strict=True)]
        last = next((cell for cell in reversed(cells) if cell), "")
        joined = "".join([*above[:-1], cells[-1]]) if cells[-1] else last
        column = known.get(fold_name(joined)) or known.get(fold_name(last))
        if column is not None and column in found.values():
            repeated.append(at)
        elif column is not None:
            found[at] = column
        titles.append(last)
    return _Heading(bottom, found, titles, repeated)


def _check(columns: Sequence[Column], heading: _Heading, lines: Lines) -> None:
    row = heading.bottom
    errors = [_error("column_repeated", row, heading.titles[at]) for at in heading.repeated]
    for at, title in enumerate(heading.titles):
        if at in heading.found or at in heading.repeated:
            continue
        if title:
            errors.append(_error("column_unknown", row, title))
        elif any(at < len(line) and line[at] for line in lines[row:]):
            errors.append(_error("column_unnamed", row, str(at + 1)))
    names = {column.name for column in heading.found.values()}
    for column in columns:
        by_name = column.name == "unit" and UNIT_NAME.en in names
        if column.required and column.name not in names and not by_name:
            errors.append(_error("column_missing", row, column.title.zh))
    if errors:
        raise Problem("columns_invalid", 422, _COLUMNS.format(n=len(errors)), errors)


def _error(code: str, row: int, column: str) -> FieldError:
    return FieldError(code=code, row=row, column=column, message=_MESSAGES[code].format(column=column))


_MESSAGES = {
    "column_repeated": Text(zh="列“{column}”出现了不止一次。", en="Column {column} occurs more than once."),
    "column_unknown": Text(
        zh="本渠道没有列“{column}”，请对照模板修改或删除。",
        en="The channel has no column {column}; compare with the template, or delete it.",
    ),
    "column_unnamed": Text(
        zh="第{column}列有内容但没有标题。", en="Column {column} has content but no title."
    ),
    "column_missing": Text(zh="缺少列“{column}”。", en="Column {column} is missing."),
}
_COLUMNS = Text(
    zh="表头有{n}处不符合要求，请使用下载的模板。",
    en="{n} things are wrong with the columns; use the template.",
)
_NO_ROWS = Text(zh="文件中没有填写数据的行。", en="No row of the file is filled in.")
_ROWS = Text(zh="一个文件至多{most}行数据。", en="A file has at most {most} rows of data.")
