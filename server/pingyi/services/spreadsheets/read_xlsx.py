"""Reads XLSX: values with their formats, formulas without results, what is hidden or merged."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pingyi.services.spreadsheets.archives import Archive, Attributes, StopReading, parse_xml
from pingyi.services.spreadsheets.number_formats import (
    EPOCH_1900,
    EPOCH_1904,
    PLAIN,
    NumberFormat,
    built_in,
    parse_format,
    typed,
)
from pingyi.services.spreadsheets.sheet_cells import Cell, Merge, RefusedError, TypedCell
from pingyi.services.spreadsheets.sheet_rows import SheetRows

_SPACES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main}",
    "http://purl.oclc.org/ooxml/spreadsheetml/main}",
)
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_IDS = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships}id",
    "http://purl.oclc.org/ooxml/officeDocument/relationships}id",
)
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_FALSE = ("0", "false", "off")


@dataclass
class SheetPlace:
    """Where a sheet stands in the archive, and whether people see it."""

    name: str
    path: str
    hidden: bool


@dataclass
class Workbook:
    """An archive with what all of its sheets share."""

    archive: Archive
    sheets: list[SheetPlace]
    epoch: datetime
    strings: list[str]
    formats: list[NumberFormat]


def open_xlsx(archive: Archive) -> Workbook:
    """Read everything but the sheets; RefusedError where this is no workbook."""
    main = next(
        (target for kind, target in _relations(archive, "").values() if kind.endswith("/officeDocument")), ""
    )
    if main not in archive:
        raise RefusedError("file_unreadable" if main else "is_archive")
    if main.endswith(".bin"):
        raise RefusedError("is_xlsb")
    if "/xl/" not in f"/{main.lower()}" and not main.lower().endswith("workbook.xml"):
        raise RefusedError("is_document")
    related = _relations(archive, main)
    sheets, epoch = _sheets(archive, main, related)
    shared = [target for kind, target in related.values() if kind.endswith("/sharedStrings")]
    styles = [target for kind, target in related.values() if kind.endswith("/styles")]
    return Workbook(
        archive,
        sheets,
        epoch,
        _strings(archive, shared[0]) if shared and shared[0] in archive else [],
        _formats(archive, styles[0]) if styles and styles[0] in archive else [],
    )


def _relations(archive: Archive, name: str) -> dict[str, tuple[str, str]]:
    """The (kind, path) of everything that a member refers to, by id."""
    folder, file = posixpath.split(name)
    path = posixpath.join(folder, "_rels", f"{file}.rels")
    found: dict[str, tuple[str, str]] = {}

    def relation(given: Attributes) -> None:
        target = given.get("Target", "").replace("\\", "/")
        place = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
        found[given.get("Id", "")] = (given.get("Type", ""), posixpath.normpath(place))

    if path in archive:
        with archive.open(path) as stream:
            parse_xml(stream, {_RELATIONS: relation}, {})
    return found


def _sheets(
    archive: Archive, main: str, related: dict[str, tuple[str, str]]
) -> tuple[list[SheetPlace], datetime]:
    sheets: list[SheetPlace] = []
    epoch = [EPOCH_1900]

    def properties(given: Attributes) -> None:
        if given.get("date1904", "0") not in _FALSE:
            epoch[0] = EPOCH_1904

    def sheet(given: Attributes) -> None:
        kind, path = related.get(next((given[name] for name in _IDS if name in given), ""), ("", ""))
        if kind.endswith("/worksheet") and path in archive:
            sheets.append(SheetPlace(given.get("name", ""), path, given.get("state", "visible") != "visible"))

    with archive.open(main) as stream:
        parse_xml(stream, _named({"workbookPr": properties, "sheet": sheet}), {})
    return sheets, epoch[0]


def _named(handlers: dict[str, Any]) -> dict[str, Any]:
    """Handlers by the names of both flavours of the format."""
    return {f"{space}{name}": handler for name, handler in handlers.items() for space in _SPACES}


class _Words:
    """Collects the text of the elements that hold any, without what is only its pronunciation."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._open = 0
        self._aside = 0

    def starts(self, *names: str) -> dict[str, Any]:
        return {**dict.fromkeys(names, self._enter), "rPh": self._pronounce}

    def ends(self, *names: str) -> dict[str, Any]:
        return {**dict.fromkeys(names, self._leave), "rPh": self._pronounced}

    def take(self, text: str) -> None:
        if self._open and not self._aside:
            self.parts.append(text)

    def text(self) -> str:
        """What was collected since it was asked last."""
        text = "".join(self.parts)
        self.parts.clear()
        return text

    def _enter(self, _given: Attributes) -> None:
        self._open += 1

    def _leave(self) -> None:
        self._open -= 1

    def _pronounce(self, _given: Attributes) -> None:
        self._aside += 1

    def _pronounced(self) -> None:
        self._aside -= 1


def _strings(archive: Archive, path: str) -> list[str]:
    words, strings = _Words(), list[str]()
    ends = {**words.ends("t"), "si": lambda: strings.append(unescaped(words.text()))}
    with archive.open(path) as stream:
        parse_xml(stream, _named(words.starts("t")), _named(ends), words.take)
    return strings


def unescaped(text: str) -> str:
    """Text with the characters that XML cannot hold, which the format spells as _x000D_."""
    if "_x" in text:
        text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return text.strip()


def _formats(archive: Archive, path: str) -> list[NumberFormat]:
    """The number format of each cell style."""
    codes: dict[int, str] = {}
    styles: list[int] = []
    inside = [False]

    def number_format(given: Attributes) -> None:
        codes[int(given["numFmtId"])] = given.get("formatCode", "")

    def enter(_given: Attributes) -> None:
        inside[0] = True

    def leave() -> None:
        inside[0] = False

    def style(given: Attributes) -> None:
        if inside[0]:
            styles.append(int(given.get("numFmtId", "0")))

    starts = {"numFmt": number_format, "cellXfs": enter, "xf": style}
    with archive.open(path) as stream:
        parse_xml(stream, _named(starts), _named({"cellXfs": leave}))
    return [parse_format(codes[number] if number in codes else built_in(number)) for number in styles]


@dataclass
class _SheetReader:
    """One pass over a sheet: the place of the next cell, and what was read of it."""

    book: Workbook
    out: SheetRows
    row: int = -1
    column: int = -1
    cells: list[Cell] = field(default_factory=list)
    given: Attributes = field(default_factory=dict)
    formula: bool = False
    value: _Words = field(default_factory=_Words)

    def start_row(self, given: Attributes) -> None:
        self.row = int(given["r"]) - 1 if "r" in given else self.row + 1
        self.column, self.cells = -1, []
        if given.get("hidden", "0") not in _FALSE:
            self.out.hide_row(self.row)

    def end_row(self) -> None:
        if not self.out.add(self.row, self.cells):
            raise StopReading

    def start_cell(self, given: Attributes) -> None:
        self.given, self.formula = given, False
        place = _REFERENCE.fullmatch(given["r"]) if "r" in given else None
        self.column = column_number(place[1]) if place else self.column + 1

    def start_formula(self, _given: Attributes) -> None:
        self.formula = True

    def end_cell(self) -> None:
        cell = self._cell(self.value.text())
        if cell != "":
            self.cells.extend([""] * (self.column - len(self.cells)))
            self.cells.append(cell)

    def _cell(self, value: str) -> Cell:
        kind = self.given.get("t", "n")
        if kind in {"str", "inlineStr"}:
            return unescaped(value)
        if not value:
            return TypedCell("formula", "") if self.formula else ""
        if kind == "s":
            return self.book.strings[int(value)]
        if kind == "n":
            style = int(self.given.get("s", "0"))
            how = self.book.formats[style] if style < len(self.book.formats) else PLAIN
            return typed(value, how, self.book.epoch)
        if kind == "b":
            return TypedCell("flag", "false" if value in _FALSE else "true")
        return TypedCell("date" if kind == "d" else "error", value)

    def columns(self, given: Attributes) -> None:
        if given.get("hidden", "0") not in _FALSE:
            self.out.hide_columns(int(given["min"]) - 1, int(given["max"]) - 1)

    def merged(self, given: Attributes) -> None:
        if corners := merge_of(given.get("ref", "")):
            self.out.merge(corners)


def read_sheet(book: Workbook, place: SheetPlace, out: SheetRows) -> SheetRows:
    """The rows of one sheet."""
    reader = _SheetReader(book, out)
    out.from_1904 = book.epoch == EPOCH_1904
    starts = {
        "row": reader.start_row,
        "c": reader.start_cell,
        "f": reader.start_formula,
        "col": reader.columns,
        "mergeCell": reader.merged,
        **reader.value.starts("v", "t"),
    }
    ends = {"row": reader.end_row, "c": reader.end_cell, **reader.value.ends("v", "t")}
    with book.archive.open(place.path) as stream:
        parse_xml(stream, _named(starts), _named(ends), reader.value.take)
    return out


def column_number(letters: str) -> int:
    """A column's number from 0: A is 0, AA is 26."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def merge_of(reference: str) -> Merge | None:
    """The corners of a range such as A2:A4; None for a single cell or none."""
    first, _, last = reference.replace("$", "").partition(":")
    start, end = _REFERENCE.fullmatch(first), _REFERENCE.fullmatch(last)
    if not start or not end:
        return None
    return int(start[2]) - 1, column_number(start[1]), int(end[2]) - 1, column_number(end[1])
