"""Makes the rows of a sheet entries: each cell has a value, is empty, or makes its row wrong."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pingyi.channels import Text
from pingyi.domain.errors import FieldError, Problem
from pingyi.services.core.bound_channels import BoundChannel
from pingyi.services.intake.entry_columns import Column, columns_of
from pingyi.services.spreadsheets.cell_values import UnreadableError, cell_text, place_of, shown_text
from pingyi.services.spreadsheets.number_formats import EPOCH_1900, EPOCH_1904
from pingyi.services.spreadsheets.sheet_cells import Cell, Row, Sheet
from pingyi.services.spreadsheets.sheet_rows import MAX_ROWS
from pingyi.services.uploads.column_headings import (
    NAME_COLUMN,
    UNIT_NAME,
    Heading,
    Meanings,
    best_heading,
    known_titles,
)
from pingyi.services.uploads.column_mappings import RememberedColumns

_MOST_TITLES = 1000
# A cell that is merged over rows says the same of each of them; a number would be counted several times.
_FILLED_DOWN = frozenset({"unit", "text", "choice", "month", "moment", "flag"})


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row of a file: its number as a spreadsheet counts, the entry that it gives, what cannot be read.

    `name`: the unit's name where it stands beside the unit's code.
    """

    number: int
    given: Mapping[str, Any]
    name: str = ""
    errors: Sequence[FieldError] = ()
    hidden: bool = False
    notes: Sequence[Text] = ()


@dataclass(frozen=True, slots=True)
class SheetTable:
    """What a sheet gives: its rows, the titles of its columns by label, the rows nobody filled in.

    `hidden`: the titles of columns that people do not see.
    """

    rows: Sequence[SheetRow]
    titles: Mapping[str, str]
    empty: int
    hidden: Sequence[str] = ()


def meanings_of(working: BoundChannel, remembered: RememberedColumns | None) -> Meanings:
    """What headings mean on a channel: by themselves, and as its operator chose."""
    known = known_titles(columns_of(working))
    return Meanings(known, remembered.meaning(choosable_columns(working)) if remembered else {})


def choosable_columns(working: BoundChannel) -> dict[str, Column]:
    """What a heading may be, by label: the channel's columns, and the unit's name."""
    return {column.label: column for column in (*columns_of(working), NAME_COLUMN)}


def fit_of(meanings: Meanings, rows: Sequence[Row]) -> int:
    """How well the first rows of a sheet fit: by the columns that they name, else by their titles."""
    heading = best_heading(meanings, rows)
    if heading is None:
        return 0
    return len(heading.found) * _MOST_TITLES or min(sum(map(bool, heading.titles)), _MOST_TITLES - 1)


def read_heading(meanings: Meanings, sheet: Sheet) -> Heading:
    """The heading of a sheet; Problem file_empty."""
    heading = best_heading(meanings, sheet.rows)
    if heading is None:
        raise Problem("file_empty", 422, _NO_ROWS)
    return heading


def columns_invalid(errors: Sequence[FieldError]) -> Problem:
    """The refusal of a file by its heading."""
    return Problem("columns_invalid", 422, _COLUMNS.format(n=len(errors)), errors)


def read_table(sheet: Sheet, heading: Heading) -> SheetTable:
    """The entries below a heading in which nothing is wrong; Problem file_empty or too_many_rows."""
    rows, empty = [], 0
    for row in _Reader(sheet, heading).rows():
        if row.errors or not set(row.given) <= {"unit"}:
            rows.append(row)
        else:
            empty += bool(row.given)
    if not rows:
        raise Problem("file_empty", 422, _NO_ROWS)
    if len(rows) > MAX_ROWS:
        raise Problem("too_many_rows", 422, _ROWS.format(most=MAX_ROWS))
    titles = {column.label: heading.titles[at] for at, column in heading.found.items()}
    hidden = [heading.titles[at] for at in sheet.hidden_columns if at in heading.found]
    return SheetTable(rows, titles, empty, hidden)


@dataclass
class _Reader:
    """Reads the rows of one sheet below its heading."""

    sheet: Sheet
    heading: Heading
    merged: dict[tuple[int, int], tuple[int, int]] = field(init=False)
    epoch: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.epoch = EPOCH_1904 if self.sheet.from_1904 else EPOCH_1900
        self.merged = dict(self._covered())

    def _covered(self) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        """Each cell of a known column that another one covers, with that one."""
        for top, left, bottom, right in self.sheet.merges:
            last = min(bottom, len(self.sheet.rows) - 1)
            columns = [at for at in self.heading.found if left <= at <= right]
            for row in range(max(top, self.heading.bottom), last + 1):
                yield from (((row, at), (top, left)) for at in columns if (row, at) != (top, left))

    def rows(self) -> Iterator[SheetRow]:
        hidden = frozenset(self.sheet.hidden_rows)
        for at in range(self.heading.bottom, len(self.sheet.rows)):
            errors: list[FieldError] = []
            given = dict(self._given(at, errors))
            notes = list(self._small_shares(at, given))
            name = given.pop(UNIT_NAME.en, "")
            if name and "unit" not in given:
                given["unit"], name = name, ""
            yield SheetRow(at + 1, given, name, errors, at in hidden, notes)

    def _small_shares(self, row: int, given: Mapping[str, Any]) -> Iterator[Text]:
        """What stands as less than one percent and has no percent sign may be meant as a part of one."""
        for at, column in self.heading.found.items():
            value = str(given.get(column.name, "")) if column.kind == "percent" else ""
            shown = unicodedata.normalize("NFKC", shown_text(self._cell(row, at)))
            if _SMALL.fullmatch(value) and "%" not in shown:
                yield _SMALL_SHARE.format(place=place_of(row, at), value=value)

    def _given(self, row: int, errors: list[FieldError]) -> Iterator[tuple[str, Any]]:
        mappings: dict[str, dict[str, str]] = {}
        for at, column in self.heading.found.items():
            text = self._text(row, at, column, errors) if column.kind != "ignored" else ""
            if text and column.key:
                mappings.setdefault(column.name, {})[column.key] = text
            elif text:
                yield column.name, text
        yield from mappings.items()

    def _text(self, row: int, at: int, column: Column, errors: list[FieldError]) -> str:
        cell, place = self._cell(row, at), place_of(row, at)
        if anchor := self.merged.get((row, at)):
            above = self._cell(*anchor)
            if above == "":
                return ""
            if column.kind not in _FILLED_DOWN or anchor[1] != at or anchor[0] < self.heading.bottom:
                message = _MERGED.format(place=place, anchor=place_of(*anchor))
                errors.append(
                    FieldError(code="cell_merged", message=message, row=row + 1, column=column.label)
                )
                return ""
            cell = above
        try:
            return cell_text(column.kind, cell, place, self.epoch)
        except UnreadableError as error:
            errors.append(error.at(row + 1, column.label))
            return error.shown or shown_text(cell)

    def _cell(self, row: int, at: int) -> Cell:
        cells = self.sheet.rows[row]
        return cells[at] if at < len(cells) else ""


_SMALL = re.compile(r"0?\.[0-9]*[1-9][0-9]*|1")
_SMALL_SHARE = Text(
    zh="{place} 的 {value} 按 {value}% 计；如果想写的是它的100倍，请改成百分数。",
    en="{place}, {value}, is taken for {value} %; if a hundred times that is meant, make it a percentage.",
)
_COLUMNS = Text(
    zh="表头有{n}处不符合要求，请使用下载的模板。",
    en="{n} things are wrong with the columns; use the template.",
)
_NO_ROWS = Text(zh="文件中没有填写数据的行。", en="No row of the file is filled in.")
_ROWS = Text(zh="一个文件至多{most}行数据。", en="A file has at most {most} rows of data.")
_MERGED = Text(
    zh="{place} 与 {anchor} 合并；请取消合并并逐行填写。",
    en="{place} is merged with {anchor}; unmerge the cells and fill in each row.",
)
