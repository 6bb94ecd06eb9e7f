"""Reads ODS: values by their types with the text that is shown, repeated cells, what is hidden or merged."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from pingyi.services.spreadsheets.archives import Archive, Attributes, StopReading, parse_xml
from pingyi.services.spreadsheets.number_formats import spelled
from pingyi.services.spreadsheets.sheet_cells import Cell, Kind, TypedCell
from pingyi.services.spreadsheets.sheet_rows import MAX_COLUMNS, MAX_LINES, SheetRows

_SPACE = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _OFFICE, _TEXT, _STYLE = (f"{_SPACE}{name}:1.0}}" for name in ("table", "office", "text", "style"))
_EXTENDED = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type"
_DIGITS = re.compile(r"-?[0-9][0-9,]*(?:\.[0-9]+)?")
MOST_REPEATED = 1000
CONTENT = "content.xml"


def ods_sheets(archive: Archive) -> list[tuple[str, bool]]:
    """The (name, hidden) of every sheet."""
    sheets: list[tuple[str, bool]] = []
    hidden: set[str] = set()
    style = [""]

    def table_style(given: Attributes) -> None:
        style[0] = given.get(f"{_STYLE}name", "")

    def properties(given: Attributes) -> None:
        if given.get(f"{_TABLE}display") == "false":
            hidden.add(style[0])

    def table(given: Attributes) -> None:
        sheets.append((given.get(f"{_TABLE}name", ""), given.get(f"{_TABLE}style-name", "") in hidden))

    starts = {
        f"{_STYLE}style": table_style,
        f"{_STYLE}table-properties": properties,
        f"{_TABLE}table": table,
    }
    with archive.open(CONTENT) as stream:
        parse_xml(stream, starts, {})
    return sheets


@dataclass
class _SheetReader:
    """One pass over the sheet of this number: the place of the next row and cell."""

    wanted: int
    out: SheetRows
    table: int = -1
    row: int = 0
    column: int = 0
    columns: int = 0
    cells: list[Cell] = field(default_factory=list)
    given: Attributes = field(default_factory=dict)
    row_given: Attributes = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)
    paragraphs: int = 0
    inside: int = 0
    aside: int = 0

    def start_table(self, _given: Attributes) -> None:
        self.table += 1

    def end_table(self) -> None:
        if self.table == self.wanted:
            raise StopReading

    def column_style(self, given: Attributes) -> None:
        times = _times(given, "columns")
        if self._mine() and given.get(f"{_TABLE}visibility", "visible") != "visible":
            self.out.hide_columns(self.columns, self.columns + times - 1)
        self.columns += times

    def start_row(self, given: Attributes) -> None:
        self.row_given, self.cells, self.column = given, [], 0

    def end_row(self) -> None:
        times = _times(self.row_given, "rows")
        if self._mine():
            hidden = self.row_given.get(f"{_TABLE}visibility", "visible") != "visible"
            for number in range(self.row, self.row + (min(times, MOST_REPEATED) if self.cells else 1)):
                if hidden:
                    self.out.hide_row(number)
                if not self.out.add(number, list(self.cells)):
                    raise StopReading
        self.row += times

    def start_cell(self, given: Attributes) -> None:
        self.given, self.paragraphs = given, 0
        self.parts.clear()
        down, across = (int(given.get(f"{_TABLE}number-{way}-spanned", "1")) for way in ("rows", "columns"))
        if self._mine() and (down > 1 or across > 1):
            self.out.merge((self.row, self.column, self.row + down - 1, self.column + across - 1))

    def end_cell(self) -> None:
        times = _times(self.given, "columns")
        if self._mine():
            cell = _cell(self.given, "".join(self.parts).strip())
            if cell != "":
                self.cells.extend([""] * (self.column - len(self.cells)))
                self.cells.extend([cell] * min(times, MAX_COLUMNS + 1))
        self.column += times

    def start_paragraph(self, _given: Attributes) -> None:
        if self.paragraphs and not self.aside:
            self.parts.append("\n")
        self.paragraphs += 1
        self.inside += 1

    def end_paragraph(self) -> None:
        self.inside -= 1

    def space(self, given: Attributes) -> None:
        self.take(" " * min(int(given.get(f"{_TEXT}c", "1")), 100))

    def tab(self, _given: Attributes) -> None:
        self.take("\t")

    def line_break(self, _given: Attributes) -> None:
        self.take("\n")

    def start_note(self, _given: Attributes) -> None:
        self.aside += 1

    def end_note(self) -> None:
        self.aside -= 1
        self.paragraphs = 0

    def take(self, text: str) -> None:
        if self.inside and not self.aside:
            self.parts.append(text)

    def _mine(self) -> bool:
        return self.table == self.wanted


def _times(given: Attributes, what: str) -> int:
    return min(max(int(given.get(f"{_TABLE}number-{what}-repeated", "1")), 1), MAX_LINES * 100)


def _cell(given: Attributes, shown: str) -> Cell:
    kind, formula = given.get(f"{_OFFICE}value-type", ""), f"{_TABLE}formula" in given
    if given.get(_EXTENDED) == "error" or (formula and shown.startswith(("#", "Err:"))):
        return TypedCell("error", shown)
    if formula and not kind:
        return TypedCell("formula", "")
    if kind in {"float", "currency", "percentage"}:
        return _number(given.get(f"{_OFFICE}value", ""), kind, shown)
    if kind in _OTHER:
        name, attribute = _OTHER[kind]
        return TypedCell(name, given.get(f"{_OFFICE}{attribute}", ""))
    return shown


_OTHER: dict[str, tuple[Kind, str]] = {
    "date": ("date", "date-value"),
    "time": ("time", "time-value"),
    "boolean": ("flag", "boolean-value"),
}


def _number(value: str, kind: str, shown: str) -> TypedCell:
    """A number beside the text that is shown of it, which says how far it is rounded."""
    number = spelled(value)
    if kind == "percentage":
        return TypedCell("percent", spelled(value, times=100), shown)
    digits = _DIGITS.search(shown)
    if digits is None:
        return TypedCell("number" if not shown else "unknown_format", number)
    try:
        same = Decimal(digits[0].replace(",", "")) == Decimal(number)
    except InvalidOperation:
        same = False
    return TypedCell("number" if same else "rounded", number, "" if shown == number else shown)


def read_ods(archive: Archive, wanted: int, out: SheetRows) -> SheetRows:
    """The rows of the sheet of this number."""
    reader = _SheetReader(wanted, out)
    cells, rows = (f"{_TABLE}{name}" for name in ("table-cell", "table-row"))
    starts: dict[str, Any] = {
        f"{_TABLE}table": reader.start_table,
        f"{_TABLE}table-column": reader.column_style,
        rows: reader.start_row,
        cells: reader.start_cell,
        f"{_TABLE}covered-table-cell": reader.start_cell,
        f"{_TEXT}p": reader.start_paragraph,
        f"{_TEXT}s": reader.space,
        f"{_TEXT}tab": reader.tab,
        f"{_TEXT}line-break": reader.line_break,
        f"{_OFFICE}annotation": reader.start_note,
    }
    ends: dict[str, Any] = {
        f"{_TABLE}table": reader.end_table,
        rows: reader.end_row,
        cells: reader.end_cell,
        f"{_TABLE}covered-table-cell": reader.end_cell,
        f"{_TEXT}p": reader.end_paragraph,
        f"{_OFFICE}annotation": reader.end_note,
    }
    with archive.open(CONTENT) as stream:
        parse_xml(stream, starts, ends, reader.take)
    return out
