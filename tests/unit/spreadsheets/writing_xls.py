"""Writes one table of typed cells as XLS: the few records of BIFF8 without which no reader reads it."""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Sequence
from decimal import Decimal

from tests.unit.spreadsheets.writing import Table

FORMATS = {"General": 0, "0.00%": 10, "yyyy-mm-dd": 164}
_STYLES = list(FORMATS)
_ZERO = dt.date(1899, 12, 30)
_BOF, _EOF, _BOUNDSHEET = 0x0809, 0x000A, 0x0085
_CODEPAGE, _FORMAT, _XF, _NUMBER, _LABEL = 0x0042, 0x041E, 0x00E0, 0x0203, 0x0204


def xls(table: Table, kinds: Sequence[str]) -> bytes:
    """Numbers as numbers, percentages and days by their formats; no container around the stream."""
    sheet = _record(_BOF, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 1997, 0, 0x0006))
    for row, line in enumerate(table):
        for column, (value, kind) in enumerate(zip(line, kinds, strict=True)):
            if isinstance(value, dt.date):
                sheet += _number(row, column, "yyyy-mm-dd", (value - _ZERO).days)
            elif isinstance(value, Decimal):
                share = kind == "percent"
                number = float(value / 100 if share else value)
                sheet += _number(row, column, "0.00%" if share else "General", number)
            elif value:
                sheet += _record(_LABEL, struct.pack("<HHH", row, column, 1) + _text(value, "<H"))
    head = _record(_BOF, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 1997, 0, 0x0006))
    head += _record(_CODEPAGE, struct.pack("<H", 1200))
    head += _record(_FORMAT, struct.pack("<H", FORMATS["yyyy-mm-dd"]) + _text("yyyy-mm-dd", "<H"))
    head += _record(_XF, struct.pack("<HHH14x", 0, 0, 0xFFF5))
    for style in _STYLES:
        head += _record(_XF, struct.pack("<HHH14x", 0, FORMATS[style], 0x0001))
    name = _text("表", "<B")
    begins = len(head) + 4 + 6 + len(name) + 4
    head += _record(_BOUNDSHEET, struct.pack("<IBB", begins, 0, 0) + name) + _record(_EOF, b"")
    return head + sheet + _record(_EOF, b"")


def _number(row: int, column: int, style: str, value: float) -> bytes:
    return _record(_NUMBER, struct.pack("<HHHd", row, column, 1 + _STYLES.index(style), value))


def _text(text: str, length: str) -> bytes:
    return struct.pack(length, len(text)) + b"\x01" + text.encode("utf-16-le")


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body
