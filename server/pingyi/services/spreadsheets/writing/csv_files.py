"""CSV as people open it: UTF-8 that says so, lines as Windows ends them, no cell that is calculated."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from pingyi.services.spreadsheets.writing.shields import shielded

CSV_TYPE = "text/csv; charset=utf-8"


def csv_for_people(rows: Iterable[Sequence[str | int | None]]) -> bytes:
    """The rows as a file; None is an empty cell. Without its mark Excel takes the code page of Windows."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _cell(value: str | int | None) -> str | int | None:
    return shielded(value) if isinstance(value, str) else value
