"""The workbook that an operator fills in: a channel's columns, the units of the period, and notes."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from pingyi.channels import Text
from pingyi.services.core.bound_channels import BoundChannel
from pingyi.services.intake.entry_columns import Column, columns_of
from pingyi.services.intake.partner_queries import entry_form
from pingyi.services.uploads.read_table import UNIT_NAME

_KINDS = {
    "decimal": Text(zh="数", en="a number"),
    "whole": Text(zh="整数", en="a whole number"),
    "moment": Text(zh="日期或时间", en="a date or a time"),
    "month": Text(zh="月份，如 2017-03", en="a month such as 2017-03"),
    "flag": Text(zh="是或否", en="是 (yes) or 否 (no)"),
    "text": Text(zh="文字", en="text"),
}
_NOTES = (
    "一行一条；没有填写的行不报送。 / One entry a row; rows left empty are not delivered.",
    "单位写代码或名称均可。 / Name a unit by its code or its name.",
    "再次报送同一项即为更正，须写更正理由。 / An item delivered again is corrected, and needs a reason.",
    "以“=”“+”“-”“@”开头的文字按文字处理，公式不计算。 / Text is taken as text; no formula is calculated.",
)


def template_of(connection: Connection, working: BoundChannel) -> bytes:
    """An XLSX with one row per unit of the period, in the order of the period."""
    form, columns = entry_form(connection, working), columns_of(working)
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(out, options) as book:
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        plain = book.add_format({"num_format": "@"})
        sheet = book.add_worksheet("报送 Entries")
        sheet.set_column(0, len(columns) + 1, 18, plain)
        _write_units(sheet, columns, form["units"], head)
        _write_notes(book.add_worksheet("说明 Notes"), form, columns, head)
    return out.getvalue()


def _write_units(
    sheet: Worksheet, columns: Sequence[Column], units: Sequence[Mapping[str, Any]], head: Any
) -> None:
    named = columns[0].name == "unit"
    titles = [column.title for column in columns]
    if named:
        titles.insert(1, UNIT_NAME)
    for at, title in enumerate(titles):
        sheet.write_string(0, at, _both(title), head)
    for row, unit in enumerate(units if named else (), 1):
        sheet.write_string(row, 0, unit["code"])
        sheet.write_string(row, 1, unit["name"])
    sheet.freeze_panes(1, 2 if named else 0)


def _write_notes(sheet: Worksheet, form: Mapping[str, Any], columns: Sequence[Column], head: Any) -> None:
    sheet.set_column(0, 0, 36)
    sheet.set_column(1, 2, 28)
    sheet.write_string(0, 0, f"{form['title']['zh']} / {form['title']['en']}（{form['period']}）", head)
    for row, note in enumerate(_NOTES, 1):
        sheet.write_string(row, 0, note)
    for row, column in enumerate(columns, len(_NOTES) + 2):
        sheet.write_string(row, 0, _both(column.title))
        kind = column.choices if column.words else _KINDS.get(column.kind, _KINDS["text"])
        sheet.write_string(row, 1, _both(kind))
        sheet.write_string(row, 2, "必填 / required" if column.required else "")


def _both(title: Text) -> str:
    return f"{title.zh} / {title.en}"
