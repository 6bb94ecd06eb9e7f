"""Reads XLS by xlrd, formats included, and finds the formulas that were stored without a result."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import Any

from xlrd import XLRDError, open_workbook
from xlrd.biffh import (
    XL_CELL_BOOLEAN,
    XL_CELL_DATE,
    XL_CELL_ERROR,
    XL_CELL_NUMBER,
    XL_CELL_TEXT,
    error_text_from_code,
)
from xlrd.compdoc import CompDoc, CompDocError

from pingyi.services.spreadsheets.number_formats import (
    EPOCH_1900,
    EPOCH_1904,
    NumberFormat,
    parse_format,
    typed,
)
from pingyi.services.spreadsheets.sheet_cells import Cell, RefusedError, TypedCell
from pingyi.services.spreadsheets.sheet_rows import SheetRows

OLE = b"\xd0\xcf\x11\xe0"
_STREAMS = {
    "EncryptedPackage": "is_locked",
    "WordDocument": "is_document",
    "PowerPoint Document": "is_document",
}
_END, _FORMULA = 0x000A, (0x0006, 0x0206, 0x0406)
_NO_RESULT = b"\x03", b"\xff\xff"


def open_xls(content: bytes) -> Any:
    """The workbook; RefusedError says what it is where it is none."""
    if content.startswith(OLE):
        _refuse_others(content)
    try:
        return open_workbook(
            file_contents=content, formatting_info=True, on_demand=True, logfile=io.StringIO()
        )
    except XLRDError as error:
        raise RefusedError("is_locked" if "encrypted" in str(error) else "file_unreadable") from error


def _refuse_others(content: bytes) -> None:
    """Other programs keep their documents in the same kind of container."""
    try:
        names = {entry.name for entry in CompDoc(content, logfile=io.StringIO()).dirlist}
    except CompDocError as error:
        raise RefusedError("file_unreadable") from error
    if not names & {"Workbook", "Book"}:
        codes = [code for name, code in _STREAMS.items() if name in names]
        raise RefusedError(codes[0] if codes else "is_document")


def xls_sheets(book: Any) -> list[tuple[str, bool]]:
    """The (name, hidden) of every sheet."""
    return [
        (name, bool(visibility))
        for name, visibility in zip(book.sheet_names(), book._sheet_visibility, strict=True)  # noqa: SLF001 - told nowhere else before a sheet is read
    ]


def read_xls(book: Any, wanted: int, out: SheetRows) -> SheetRows:
    """The rows of the sheet of this number."""
    try:
        sheet = book.sheet_by_index(wanted)
    except XLRDError as error:
        raise RefusedError("file_unreadable") from error
    out.from_1904 = bool(book.datemode)
    _note_hidden_and_merged(sheet, out)
    formats = [_format(book, style) for style in book.xf_list]
    unsolved = frozenset(_unsolved(book, wanted))
    for number in range(sheet.nrows):
        cells: list[Cell] = []
        values = zip(sheet.row_types(number), sheet.row_values(number), strict=True)
        for column, (kind, value) in enumerate(values):
            if kind in {XL_CELL_NUMBER, XL_CELL_DATE}:
                how = formats[sheet.cell_xf_index(number, column)]
                cells.append(typed(repr(value), how, EPOCH_1904 if out.from_1904 else EPOCH_1900))
            elif (number, column) in unsolved:
                cells.append(TypedCell("formula", ""))
            else:
                cells.append(_other(kind, value))
        if not out.add(number, cells):
            break
    return out


def _note_hidden_and_merged(sheet: Any, out: SheetRows) -> None:
    for number, info in sheet.rowinfo_map.items():
        if info.hidden:
            out.hide_row(number)
    for number, info in sheet.colinfo_map.items():
        if info.hidden:
            out.hide_columns(number, number)
    for top, bottom, left, right in sheet.merged_cells:
        out.merge((top, left, bottom - 1, right - 1))


def _format(book: Any, style: Any) -> NumberFormat:
    found = book.format_map.get(style.format_key)
    return parse_format(found.format_str if found is not None else "?")


def _other(kind: int, value: Any) -> Cell:
    if kind == XL_CELL_TEXT:
        return str(value).strip()
    if kind == XL_CELL_BOOLEAN:
        return TypedCell("flag", "true" if value else "false")
    if kind == XL_CELL_ERROR:
        return TypedCell("error", error_text_from_code.get(value, "#?"))
    return ""


def _unsolved(book: Any, wanted: int) -> Iterator[tuple[int, int]]:
    """The places of formulas whose result is an empty text: what programs write that calculate nothing."""
    content: bytes = book.mem
    at = book._sh_abs_posn[wanted]  # noqa: SLF001 - where the sheet's records begin
    depth = 0
    while at + 4 <= len(content):
        kind, length = struct.unpack_from("<HH", content, at)
        if kind in _FORMULA and length >= 14:
            row, column = struct.unpack_from("<HH", content, at + 4)
            result = content[at + 10 : at + 18]
            if (result[:1], result[6:]) == _NO_RESULT:
                yield row, column
        depth += (kind == 0x0809) - (kind == _END)
        if kind == _END and depth <= 0:
            return
        at += 4 + length
