"""Makes the rows of a sheet entries: each cell has a value, is empty, or makes its row wrong."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
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
from pingyi.services.uploads.sample_rows import is_sample, names_sample
from pingyi.services.uploads.wide_columns import Across, wide_columns

_MOST_TITLES = 1000
# A cell that is merged over rows says the same of each of them; a number would be counted several times.
_FILLED_DOWN = frozenset({"unit", "text", "choice", "month", "moment", "flag"})


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row of a file: its number as a spreadsheet counts, the entry that it gives, what cannot be read.

    `name`: the unit's name where it stands beside the unit's code. In a wide sheet a row gives several
    entries: `part` is the heading below which one stands, `titles` the headings by what stands below them.
    """

    number: int
    given: Mapping[str, Any]
    name: str = ""
    errors: Sequence[FieldError] = ()
    hidden: bool = False
    notes: Sequence[Text] = ()
    part: str = ""
    titles: Mapping[str, str] = field(default_factory=dict)


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
    known, wide = known_titles(columns_of(working)), wide_columns(working)
    chosen = remembered.meaning(choosable_columns(working)) if remembered else {}
    return Meanings(known, wide, chosen)


def choosable_columns(working: BoundChannel) -> dict[str, Column]:
    """What a heading may be, by label: the channel's columns, the unit's name, and what may stand across."""
    plain = {column.label: column for column in (*columns_of(working), NAME_COLUMN)}
    return {**plain, **wide_columns(working).columns}


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


def read_table(working: BoundChannel, sheet: Sheet, heading: Heading) -> SheetTable:
    """The entries below a heading in which nothing is wrong; Problem file_empty or too_many_rows.

    The sample row of a template is passed over while it is as it was.
    """
    rows, empty = [], 0
    for row in _Reader(sheet, heading, partial(is_sample, working)).rows():
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
    is_sample: Callable[[Mapping[str, str]], bool]
    merged: dict[tuple[int, int], tuple[int, int]] = field(init=False)
    epoch: datetime = field(init=False)
    plain: Mapping[int, Column] = field(init=False)
    wide: Mapping[Across, Mapping[int, Column]] = field(init=False)
    parts: Mapping[Across, str] = field(init=False)

    def __post_init__(self) -> None:
        self.epoch = EPOCH_1904 if self.sheet.from_1904 else EPOCH_1900
        self.merged = dict(self._covered())
        self.plain = {at: column for at, column in self.heading.found.items() if not column.across}
        wide: dict[Across, dict[int, Column]] = {}
        for at, column in self.heading.found.items():
            if column.across:
                wide.setdefault(column.across, {})[at] = column
        self.wide, parts = wide, dict[str, Across]()
        for across, columns in wide.items():
            part = self.heading.paths[min(columns)]
            parts[part if part not in parts else f"{part}（{len(parts) + 1}）"] = across
        self.parts = {across: part for part, across in parts.items()}

    def _covered(self) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        """Each cell of a known column that another one covers, with that one."""
        for top, left, bottom, right in self.sheet.merges:
            last = min(bottom, len(self.sheet.rows) - 1)
            columns = [at for at in self.heading.found if left <= at <= right]
            for row in range(max(top, self.heading.bottom), last + 1):
                yield from (((row, at), (top, left)) for at in columns if (row, at) != (top, left))

    def rows(self) -> Iterator[SheetRow]:
        """Each line as one entry, or as one for every word across below which something stands."""
        hidden = frozenset(self.sheet.hidden_rows)
        for at in range(self.heading.bottom, len(self.sheet.rows)):
            if self._is_sample(at):
                continue
            errors: list[FieldError] = []
            given = self._given(at, self.plain, errors)
            name = given.pop(UNIT_NAME.en, "")
            if name and "unit" not in given:
                given["unit"], name = name, ""
            row = SheetRow(
                at + 1, given, name, errors, at in hidden, self._small_shares(at, given, self.plain)
            )
            if self.wide:
                yield from self._across(at, row)
            else:
                yield row

    def _is_sample(self, row: int) -> bool:
        units = (at for at, column in self.plain.items() if column.kind == "unit")
        if not any(names_sample(shown_text(self._cell(row, at)).strip()) for at in units):
            return False
        shown = {column.label: shown_text(self._cell(row, at)) for at, column in self.heading.found.items()}
        return self.is_sample({label: text.strip() for label, text in shown.items() if text.strip()})

    def _across(self, at: int, row: SheetRow) -> Iterator[SheetRow]:
        filled = False
        for across, columns in self.wide.items():
            errors: list[FieldError] = []
            below = self._given(at, columns, errors)
            if below or errors:
                filled = True
                notes = [*row.notes, *self._small_shares(at, below, columns)]
                titles = {column.name: self.heading.paths[each] for each, column in columns.items()}
                titles |= dict.fromkeys((name for name, _ in across), self.parts[across])
                yield replace(
                    row,
                    given={**row.given, **dict(across), **below},
                    errors=[*row.errors, *errors],
                    notes=notes,
                    part=self.parts[across],
                    titles=titles,
                )
        if not filled:
            # Nothing stands below any word: no entry, whatever else was filled in beforehand.
            yield replace(row, given={name: row.given[name] for name in row.given if name == "unit"})

    def _small_shares(self, row: int, given: Mapping[str, Any], columns: Mapping[int, Column]) -> list[Text]:
        """What stands as less than one percent and has no percent sign may be meant as a part of one."""
        notes = []
        for at, column in columns.items():
            value = str(given.get(column.name, "")) if column.kind == "percent" else ""
            shown = unicodedata.normalize("NFKC", shown_text(self._cell(row, at)))
            if _SMALL.fullmatch(value) and "%" not in shown:
                notes.append(_SMALL_SHARE.format(place=place_of(row, at), value=value))
        return notes

    def _given(self, row: int, columns: Mapping[int, Column], errors: list[FieldError]) -> dict[str, Any]:
        given: dict[str, Any] = {}
        for at, column in columns.items():
            text = self._text(row, at, column, errors) if column.kind != "ignored" else ""
            if text and column.key:
                given.setdefault(column.name, {})[column.key] = text
            elif text:
                given[column.name] = text
        return given

    def _text(self, row: int, at: int, column: Column, errors: list[FieldError]) -> str:
        cell, place = self._cell(row, at), place_of(row, at)
        label = column.name if column.across else column.label
        if anchor := self.merged.get((row, at)):
            above = self._cell(*anchor)
            if above == "":
                return ""
            if column.kind not in _FILLED_DOWN or anchor[1] != at or anchor[0] < self.heading.bottom:
                message = _MERGED.format(place=place, anchor=place_of(*anchor))
                errors.append(FieldError(code="cell_merged", message=message, row=row + 1, column=label))
                return ""
            cell = above
        try:
            return cell_text(column.kind, cell, place, self.epoch)
        except UnreadableError as error:
            errors.append(error.at(row + 1, label))
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
