"""Reads text tables: one candidate for each separator that parts its first lines."""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from itertools import islice

from pingyi.services.spreadsheets.sheet_cells import RefusedError
from pingyi.services.spreadsheets.sheet_rows import FIRST_LINES, SheetRows

SEPARATORS = (",", "\t", ";", "|", "，")
_SAID = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)


def separators_of(text: str) -> list[str]:
    """The separators that may be meant: the one that the file names, else all that part its first lines."""
    if said := _SAID.match(text):
        return [said[1]]
    found = [separator for separator in SEPARATORS if _parts(text, separator)]
    return found or [","]


def _parts(text: str, separator: str) -> bool:
    """Whether the text can be cut by it, and its first lines into several cells."""
    try:
        lines = _lines(text, separator)
        parted = max((len(cells) for cells in islice(lines, FIRST_LINES)), default=0) > 1
        deque(lines, maxlen=0)
    except csv.Error:
        return False
    return parted


def _lines(text: str, separator: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)


def read_delimited(text: str, separator: str, out: SheetRows) -> SheetRows:
    """The rows of a text under one separator."""
    said = _SAID.match(text)
    try:
        for number, cells in enumerate(_lines(text, separator)):
            if number == 0 and said:
                continue
            if not out.add(number, [cell.strip() for cell in cells]):
                break
    except csv.Error as error:
        raise RefusedError("file_unreadable") from error
    return out
