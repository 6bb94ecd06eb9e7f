"""Writes one table of typed cells in every format that people send."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable, Sequence
from decimal import Decimal
from html import escape

from xlsxwriter import Workbook

Value = str | Decimal | dt.date
Table = Sequence[Sequence[Value]]


def xlsx(table: Table, kinds: Sequence[str]) -> bytes:
    """Numbers as numbers, percentages and days by their formats."""
    out = io.BytesIO()
    with Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("表")
        percent, day = (book.add_format({"num_format": code}) for code in ("0.00%", "yyyy-mm-dd"))
        for row, line in enumerate(table):
            for column, (value, kind) in enumerate(zip(line, kinds, strict=True)):
                if isinstance(value, dt.date):
                    sheet.write_datetime(row, column, value, day)
                elif isinstance(value, Decimal) and kind == "percent":
                    sheet.write_number(row, column, float(value / 100), percent)
                elif isinstance(value, Decimal):
                    sheet.write_number(row, column, float(value))
                else:
                    sheet.write_string(row, column, value)
    return out.getvalue()


def ods(table: Table, kinds: Sequence[str]) -> bytes:
    """The same by value types, as LibreOffice writes them."""
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text", "manifest")
    )
    rows = []
    for line in table:
        cells = []
        for value, kind in zip(line, kinds, strict=True):
            shown, given = escape(str(value)), 'office:value-type="string"'
            if isinstance(value, dt.date):
                given, shown = (
                    f'office:value-type="date" office:date-value="{value}"',
                    f"{value:%Y年%m月%d日}",
                )
            elif isinstance(value, Decimal) and kind == "percent":
                given, shown = f'office:value-type="percentage" office:value="{value / 100}"', f"{value:.2f}%"
            elif isinstance(value, Decimal):
                given = f'office:value-type="float" office:value="{value}"'
            cells.append(f"<table:table-cell {given}><text:p>{shown}</text:p></table:table-cell>")
        rows.append(f"<table:table-row>{''.join(cells)}</table:table-row>")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f"<office:document-content{names}><office:body><office:spreadsheet>"
            f'<table:table table:name="表">{"".join(rows)}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return out.getvalue()


def _texts(table: Table, kinds: Sequence[str]) -> list[list[str]]:
    return [
        [
            f"{value}%" if isinstance(value, Decimal) and kind == "percent" else str(value)
            for value, kind in zip(line, kinds, strict=True)
        ]
        for line in table
    ]


def html(table: Table, kinds: Sequence[str]) -> bytes:
    """What an office system exports under the name of XLS."""
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in line)}</tr>" for line in _texts(table, kinds)
    )
    return f"<html><body><table>{rows}</table></body></html>".encode()


def text_in(encoding: str, separator: str) -> Callable[[Table, Sequence[str]], bytes]:
    """A text table in one encoding, its cells quoted where they must be."""

    def write(table: Table, kinds: Sequence[str]) -> bytes:
        lines = []
        for line in _texts(table, kinds):
            quoted = [
                '"' + cell.replace('"', '""') + '"'
                if separator in cell or '"' in cell or "\n" in cell
                else cell
                for cell in line
            ]
            lines.append(separator.join(quoted))
        return "\r\n".join(lines).encode(encoding)

    return write
