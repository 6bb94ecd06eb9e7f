"""Reads what web systems call XLS: tables of HTML pages and of web archives, Excel 2003's XML."""

from __future__ import annotations

import email
import email.policy
import io
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from pingyi.services.spreadsheets.archives import Attributes, StopReading, parse_xml
from pingyi.services.spreadsheets.number_formats import EPOCH_1900, built_in, parse_format, spelled, typed
from pingyi.services.spreadsheets.sheet_cells import Cell, RefusedError, TypedCell
from pingyi.services.spreadsheets.sheet_rows import MAX_COLUMNS, SheetRows

_SHEET = "urn:schemas-microsoft-com:office:spreadsheet}"
_MSO_FORMAT = re.compile(r"""mso-number-format\s*:\s*(?:"([^"]*)"|'([^']*)'|([^;]+))""", re.IGNORECASE)
_RULE = re.compile(r"\.([\w-]+)\s*\{([^}]*)\}")
_BREAKS = frozenset({"br", "p", "div"})
_UNREAD = frozenset({"script", "head", "title"})
# Excel's XML calls formats by names of its own.
_NAMED_FORMATS = {"Percent": "0.00%", "Fixed": "0.00", "Standard": "#,##0.00", "Short Date": "yyyy/m/d"}


def html_of(archive: bytes) -> str:
    """The first page of a web archive."""
    message = email.message_from_bytes(archive, policy=email.policy.default)
    for part in message.walk():
        if part.get_content_type() == "text/html" and "<table" in (page := str(part.get_content())).lower():
            return page
    raise RefusedError("is_mhtml")


@dataclass
class _Table:
    """One table of a page: its rows, where the next cell stands, which cells reach down into later rows."""

    rows: list[list[Cell]] = field(default_factory=list)
    reaching: dict[int, int] = field(default_factory=dict)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)


class _Page(HTMLParser):
    """Collects the cells of the tables of a page that stand in no other table."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[_Table] = []
        self.formats: dict[str, str] = {}
        self.depth = 0
        self.unread = 0
        self.style: list[str] | None = None
        self.cell: tuple[dict[str, str], list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "style":
            self.style = []
        elif tag in _UNREAD:
            self.unread += tag != "head"
        elif tag == "table":
            self.depth += 1
            if self.depth == 1:
                self.tables.append(_Table())
            elif self.depth > 1:
                raise RefusedError("is_html")
        elif tag == "tr" and self.depth:
            self._end_cell()
            table = self.tables[-1]
            table.reaching = {at: left - 1 for at, left in table.reaching.items() if left > 1}
            table.rows.append([])
        elif tag in {"td", "th"} and self.depth:
            self._end_cell()
            self.cell = (given, [])
        elif tag in _BREAKS and self.cell:
            self.cell[1].append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "style" and self.style is not None:
            for name, rules in _RULE.findall("".join(self.style)):
                self.formats[name] = _format_of(rules)
            self.style = None
        elif tag in _UNREAD:
            self.unread = max(0, self.unread - (tag != "head"))
        elif tag in {"td", "th", "tr"}:
            self._end_cell()
        elif tag == "table" and self.depth:
            self._end_cell()
            self.depth -= 1

    def handle_data(self, data: str) -> None:
        if self.style is not None:
            self.style.append(data)
        elif self.cell and not self.unread:
            self.cell[1].append(data)

    def _end_cell(self) -> None:
        if self.cell is None:
            return
        (given, words), self.cell = self.cell, None
        table = self.tables[-1]
        if not table.rows:
            table.rows.append([])
        row, number = table.rows[-1], len(table.rows) - 1
        while table.reaching.get(len(row)):
            row.append("")
        code = next(
            (self.formats[name] for name in given.get("class", "").split() if name in self.formats), ""
        )
        text = "\n".join(" ".join(line.split()) for line in "".join(words).split("\n")).strip()
        down, across = (_count(given.get(name, "")) for name in ("rowspan", "colspan"))
        at = len(row)
        row.append(_html_cell(text, given.get("x:num"), _format_of(given.get("style", "")) or code))
        row.extend([""] * (across - 1))
        if down > 1 or across > 1:
            table.merges.append((number, at, number + down - 1, at + across - 1))
        if down > 1:
            table.reaching.update(dict.fromkeys(range(at, at + across), down))


def _count(value: str) -> int:
    return min(int(value), MAX_COLUMNS) if value.isdigit() and int(value) > 0 else 1


def _format_of(style: str) -> str:
    """The number format that a style names, its escapes taken away."""
    match = _MSO_FORMAT.search(style)
    code = next((one for one in match.groups() if one is not None), "").strip() if match else ""
    code = re.sub(r"\\0022", '"', code)
    plain = _NAMED_FORMATS.get(code, code)
    return re.sub(r"\\([@#0.%/_\- ()])", r"\1", plain)


def _html_cell(text: str, number: str | None, code: str) -> Cell:
    """The text that a page shows, or the number that it says it stored beside it."""
    if number:
        return typed(number, parse_format(code), EPOCH_1900)
    if text.startswith(("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!")):
        return TypedCell("error", text)
    return text


def html_tables(text: str) -> list[_Table]:
    """The tables of a page that hold anything."""
    page = _Page()
    page.feed(text)
    page.close()
    return [table for table in page.tables if any(any(row) for row in table.rows)]


def read_html(table: _Table, out: SheetRows) -> SheetRows:
    """The rows of one table."""
    for merge in table.merges:
        out.merge(merge)
    for number, row in enumerate(table.rows):
        if not out.add(number, list(row)):
            break
    return out


def xml_sheets(content: bytes) -> list[tuple[str, bool]]:
    """The (name, hidden) of every sheet of a workbook in Excel 2003's XML."""
    sheets: list[tuple[str, bool]] = []
    words = [""]

    def sheet(given: Attributes) -> None:
        sheets.append((given.get(f"{_SHEET}Name", ""), False))

    def visible() -> None:
        if words[0].strip() not in {"", "SheetVisible"} and sheets:
            sheets[-1] = (sheets[-1][0], True)

    def start(_given: Attributes) -> None:
        words[0] = ""

    def take(text: str) -> None:
        words[0] += text

    name = "urn:schemas-microsoft-com:office:excel}Visible"
    parse_xml(io.BytesIO(content), {f"{_SHEET}Worksheet": sheet, name: start}, {name: visible}, take)
    return sheets


@dataclass
class _XmlSheet:
    """One pass over a workbook: the styles, then the cells of the sheet of this number."""

    wanted: int
    out: SheetRows
    sheet: int = -1
    row: int = -1
    column: int = -1
    cells: list[Cell] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)
    style: str = ""
    given: Attributes = field(default_factory=dict)
    kind: str = ""
    words: list[str] = field(default_factory=list)
    inside: bool = False

    def start_style(self, given: Attributes) -> None:
        self.style = given.get(f"{_SHEET}ID", "")

    def number_format(self, given: Attributes) -> None:
        code = given.get(f"{_SHEET}Format", "")
        self.codes[self.style] = _NAMED_FORMATS.get(code, code.replace("\\", ""))

    def start_sheet(self, _given: Attributes) -> None:
        self.sheet, self.row = self.sheet + 1, -1

    def end_sheet(self) -> None:
        if self.sheet == self.wanted:
            raise StopReading

    def start_row(self, given: Attributes) -> None:
        self.row = int(given.get(f"{_SHEET}Index", self.row + 2)) - 1
        self.column, self.cells = -1, []
        if self.sheet == self.wanted and given.get(f"{_SHEET}Hidden") == "1":
            self.out.hide_row(self.row)

    def end_row(self) -> None:
        if self.sheet == self.wanted and not self.out.add(self.row, self.cells):
            raise StopReading

    def start_cell(self, given: Attributes) -> None:
        self.given, self.kind = given, ""
        self.column = int(given.get(f"{_SHEET}Index", self.column + 2)) - 1
        self.words.clear()

    def start_data(self, given: Attributes) -> None:
        self.kind, self.inside = given.get(f"{_SHEET}Type", "String"), True

    def end_data(self) -> None:
        self.inside = False

    def end_cell(self) -> None:
        down, across = (int(self.given.get(f"{_SHEET}Merge{way}", "0")) for way in ("Down", "Across"))
        if self.sheet == self.wanted and self.column < MAX_COLUMNS:
            if down or across:
                self.out.merge((self.row, self.column, self.row + down, self.column + across))
            cell = self._cell("".join(self.words).strip())
            if cell != "":
                self.cells.extend([""] * (self.column - len(self.cells)))
                self.cells.append(cell)
        self.column += across

    def _cell(self, value: str) -> Cell:
        if not value:
            formula = f"{_SHEET}Formula" in self.given and self.kind != "String"
            return TypedCell("formula", "") if formula else ""
        if self.kind == "Number":
            code = self.codes.get(self.given.get(f"{_SHEET}StyleID", ""), built_in(0))
            return typed(spelled(value), parse_format(code), EPOCH_1900)
        if self.kind == "DateTime":
            return TypedCell("date", value.removesuffix(".000"))
        if self.kind == "Boolean":
            return TypedCell("flag", "true" if value == "1" else "false")
        return TypedCell("error", value) if self.kind == "Error" else value

    def take(self, text: str) -> None:
        if self.inside:
            self.words.append(text)


def read_xml(content: bytes, wanted: int, out: SheetRows) -> SheetRows:
    """The rows of the sheet of this number of a workbook in Excel 2003's XML."""
    reader = _XmlSheet(wanted, out)
    starts: dict[str, Any] = {
        "Style": reader.start_style,
        "NumberFormat": reader.number_format,
        "Worksheet": reader.start_sheet,
        "Row": reader.start_row,
        "Cell": reader.start_cell,
        "Data": reader.start_data,
    }
    ends: dict[str, Any] = {
        "Worksheet": reader.end_sheet,
        "Row": reader.end_row,
        "Cell": reader.end_cell,
        "Data": reader.end_data,
    }
    starts, ends = ({f"{_SHEET}{name}": one for name, one in part.items()} for part in (starts, ends))
    parse_xml(io.BytesIO(content), starts, ends, reader.take)
    return out
