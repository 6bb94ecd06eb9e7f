"""The workbook that an operator fills in: a channel's columns, the units of the period, and notes."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from pingyi.channels import Text
from pingyi.channels.schema import MAX_COUNT
from pingyi.services.core.bound_channels import BoundChannel
from pingyi.services.core.errors import not_found
from pingyi.services.intake.entry_columns import Column, columns_of
from pingyi.services.intake.partner_queries import entry_form
from pingyi.services.spreadsheets.sheet_rows import MAX_ROWS
from pingyi.services.spreadsheets.writing.workbooks import PeopleBook, PeopleSheet, print_across
from pingyi.services.uploads.column_headings import NAME_COLUMN
from pingyi.services.uploads.sample_rows import sample_row, wide_sample_row, wide_sheet

_KINDS = {
    "decimal": Text(zh="数", en="a number"),
    "percent": Text(
        zh="百分数，如 98.06（不带百分号也可）", en="a percentage such as 98.06, with or without %"
    ),
    "whole": Text(zh="整数", en="a whole number"),
    "moment": Text(zh="日期或时间", en="a date or a time"),
    "month": Text(zh="月份，如 2017-03", en="a month such as 2017-03"),
    "flag": Text(zh="是或否", en="是 (yes) or 否 (no)"),
    "text": Text(zh="文字", en="text"),
}
_BOUNDS = {
    "decimal": ("decimal", -MAX_COUNT, MAX_COUNT),
    "percent": ("decimal", 0, 100),
    "whole": ("integer", 0, MAX_COUNT),
}
LONGEST_LIST = 255
_LONG = "一行一条；没有填写的行不报送。 / One entry a row; rows left empty are not delivered."
_WIDE = (
    "一行一个单位，各项横排；空着的格不报送，0 要写 0。"
    " / One unit a row, a column for each word; an empty cell is no entry, 0 has to be written."
)
_NOTES = (
    "灰色的示例行不报送，不要改它，从下一行填起。 / The grey sample row is not delivered; write below it.",
    "单位写代码或名称均可。 / Name a unit by its code or its name.",
    "再次报送同一项即为更正，须写更正理由。 / An item delivered again is corrected, and needs a reason.",
    "以“=”“+”“-”“@”开头的文字按文字处理，公式不计算。 / Text is taken as text; no formula is calculated.",
)


def template_of(connection: Connection, working: BoundChannel, *, wide: bool = False) -> bytes:
    """An XLSX with a sample row and one row per unit of the period, in the order of the period.

    `wide`: with the words of the channel across; Problem not_found where it has none.
    """
    form, columns = entry_form(connection, working), columns_of(working)
    if wide and not (columns := wide_sheet(working)):
        raise not_found(zh="本渠道的横排模板", en="A wide template of this channel")
    sample = wide_sample_row(working, columns) if wide else sample_row(working)
    out = io.BytesIO()
    with PeopleBook(out) as book:
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        sheet = book.add_sheet("横排报送 Entries" if wide else "报送 Entries")
        words = book.add_format({"num_format": "@"})
        _write_units(sheet, columns, form["units"], head, words)
        _write_sample(sheet, columns, sample, book)
        for at, column in enumerate(_with_name(columns)):
            number = column.kind in _BOUNDS or column.kind == "moment"
            sheet.set_column(at, at, 18, None if number else words)
            if rule := _validation(column):
                sheet.data_validation(1, at, MAX_ROWS, at, rule)
        print_across(sheet, f"{working.plan.title.zh} {working.plan.title.en}", (0, 0))
        _write_notes(book.add_sheet("说明 Notes"), form, columns, head, _WIDE if wide else _LONG)
    return out.getvalue()


def _write_units(
    sheet: PeopleSheet, columns: Sequence[Column], units: Sequence[Mapping[str, Any]], head: Any, words: Any
) -> None:
    named = columns[0].name == "unit"
    for at, column in enumerate(_with_name(columns)):
        sheet.write_string(0, at, _both(column.title), head)
    for row, unit in enumerate(units if named else (), 2):
        sheet.write_string(row, 0, unit["code"], words)
        sheet.write_string(row, 1, unit["name"], words)
    sheet.freeze_panes(1, 2 if named else 0)


def _write_sample(
    sheet: PeopleSheet, columns: Sequence[Column], sample: Mapping[str, str], book: PeopleBook
) -> None:
    grey = {"italic": True, "font_color": "#767676"}
    plain, words = book.add_format(grey), book.add_format({**grey, "num_format": "@"})
    for at, column in enumerate(_with_name(columns)):
        text = sample.get(column.label, "")
        if text and column.kind in _BOUNDS:
            sheet.write_number(1, at, float(text), plain)
        else:
            sheet.write_string(1, at, text, words)


def _with_name(columns: Sequence[Column]) -> list[Column]:
    """The columns as they are written: a unit's name stands beside its code."""
    return [columns[0], NAME_COLUMN, *columns[1:]] if columns[0].name == "unit" else list(columns)


def _validation(column: Column) -> dict[str, Any] | None:
    """What a spreadsheet lets people enter in a column: a list of words, or bounds of a number."""
    words = [word.zh for word in column.words.values()] or (["是", "否"] if column.kind == "flag" else [])
    if words and _is_list(words):
        return {"validate": "list", "source": words}
    if column.kind not in _BOUNDS:
        return None
    kind, least, most = _BOUNDS[column.kind]
    return {"validate": kind, "criteria": "between", "minimum": least, "maximum": most}


def _is_list(words: Sequence[str]) -> bool:
    """Whether a spreadsheet can hold these words as a list, which it splits at commas and ends at a quote."""
    return len(",".join(words)) <= LONGEST_LIST and not any({",", '"'} & set(word) for word in words)


def _write_notes(
    sheet: PeopleSheet, form: Mapping[str, Any], columns: Sequence[Column], head: Any, first: str
) -> None:
    sheet.set_column(0, 0, 36)
    sheet.set_column(1, 2, 28)
    sheet.write_string(0, 0, f"{form['title']['zh']} / {form['title']['en']}（{form['period']}）", head)
    for row, note in enumerate((first, *_NOTES), 1):
        sheet.write_string(row, 0, note)
    for row, column in enumerate(columns, len(_NOTES) + 3):
        sheet.write_string(row, 0, _both(column.title))
        kind = column.choices if column.words else _KINDS.get(column.kind, _KINDS["text"])
        sheet.write_string(row, 1, _both(kind))
        sheet.write_string(row, 2, "必填 / required" if column.required else "")


def _both(title: Text) -> str:
    return f"{title.zh} / {title.en}"
