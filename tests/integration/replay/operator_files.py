"""Files as operators send them: a channel's entries below its template's titles, in four formats."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from xml.sax.saxutils import escape

from xlsxwriter import Workbook

Row = Mapping[str, Any]
Table = Sequence[Sequence[Any]]
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}")


def tables_of(waves: Sequence[Sequence[Row]], identity: Sequence[str]) -> Iterator[list[Row]]:
    """As few tables as will do: what is named a second time begins the next one."""
    table: list[Row] = []
    named: set[tuple[Any, ...]] = set()
    for row in (row for wave in waves for row in wave):
        name = tuple(row.get(column, "") for column in identity)
        if name in named:
            yield table
            table, named = [], set()
        table.append(row)
        named.add(name)
    yield table


def grid(rows: Sequence[Row], titles: Mapping[str, str]) -> list[list[Any]]:
    """Rows below their titles; a mapping has a column for each key, titled `field.key`."""
    flat = [dict(_cells(row)) for row in rows]
    names = list(dict.fromkeys(name for row in flat for name in row))
    return [
        [titles.get(name, name) for name in names],
        *([row.get(name, "") for name in names] for row in flat),
    ]


def _cells(row: Row) -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{key}", inner) for key, inner in value.items())
        else:
            yield name, value


def csv_utf_8(table: Table) -> bytes:
    """A CSV with a byte order mark, as Excel saves it."""
    return _csv(table).encode("utf-8-sig")


def csv_gb18030(table: Table) -> bytes:
    """A CSV as older programs save it, parted by tabs."""
    return _csv(table, delimiter="\t").encode("gb18030")


def _csv(table: Table, delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(table)
    return out.getvalue()


def xlsx(table: Table) -> bytes:
    """A workbook in which numbers, days and times are what Excel makes of them."""
    out = io.BytesIO()
    with Workbook(out, {"in_memory": True}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet = book.add_worksheet()
        for at, row in enumerate(table):
            for column, value in enumerate(row):
                if _DAY.fullmatch(str(value)):
                    sheet.write_datetime(at, column, date.fromisoformat(value), day)
                elif _MOMENT.fullmatch(str(value)):
                    sheet.write_datetime(at, column, datetime.fromisoformat(value), moment)
                elif isinstance(value, int):
                    sheet.write_number(at, column, value)
                else:
                    sheet.write_string(at, column, value)
    return out.getvalue()


_ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_OASIS = "urn:oasis:names:tc:opendocument:xmlns"


def ods(table: Table) -> bytes:
    """A sheet as LibreOffice saves it."""
    rows = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in table)
    content = (
        f'<office:document-content xmlns:office="{_OASIS}:office:1.0" xmlns:table="{_OASIS}:table:1.0"'
        f' xmlns:text="{_OASIS}:text:1.0" office:version="1.3"><office:body><office:spreadsheet>'
        f'<table:table table:name="1">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        f'<manifest:manifest xmlns:manifest="{_OASIS}:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODS_TYPE}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
        "</manifest:manifest>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", _ODS_TYPE, zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", content)
    return out.getvalue()


def _ods_cell(value: Any) -> str:
    if isinstance(value, int):
        kind = f'office:value-type="float" office:value="{value}"'
    else:
        kind = 'office:value-type="string"'
    return f"<table:table-cell {kind}><text:p>{escape(str(value))}</text:p></table:table-cell>"
