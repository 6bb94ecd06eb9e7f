"""Turns the bytes of a spreadsheet into rows of text within hard limits; runs as a process of its own."""

from __future__ import annotations

import csv
import io
import json
import re
import resource
import sys
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

MEGABYTE = 2**20
MEMORY_BYTES = 512 * MEGABYTE
CPU_SECONDS = 10
MAX_EXPANDED_BYTES = 20 * MEGABYTE
MAX_RATIO = 100
MAX_MEMBERS = 200
# A few rows above the data are titles and headings.
MAX_ROWS = 50_000
MAX_LINES = MAX_ROWS + 20
MAX_COLUMNS = 500
SAMPLE_CHARACTERS = 4096
# Some programs indent a table's markup; the reader stumbles over that space, which means nothing there.
_INDENTED = re.compile(rb"(</?table:[^>]*>)\s+(?=<)")

Rows = list[list[str]]


class RefusedError(Exception):
    """The file is not read; the first argument is a code that the parent words."""


def limit() -> None:
    """Bind this process before a foreign byte is looked at."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def repacked(content: bytes) -> bytes:
    """The archive anew, of counted bytes only: a reader never meets what the guards did not see."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(out, "w") as made:
        members = given.infolist()
        declared = sum(member.file_size for member in members)
        if len(members) > MAX_MEMBERS or declared > min(MAX_EXPANDED_BYTES, MAX_RATIO * len(content)):
            raise RefusedError("file_expands")
        counted = 0
        for member in members:
            with given.open(member) as stream:
                part = stream.read(MAX_EXPANDED_BYTES + 1 - counted)
            counted += len(part)
            if counted > MAX_EXPANDED_BYTES:
                raise RefusedError("file_expands")
            made.writestr(member.filename, _INDENTED.sub(rb"\1", part) if _is_table(member) else part)
    return out.getvalue()


def _is_table(member: zipfile.ZipInfo) -> bool:
    """Whether this is where an ODS keeps its cells."""
    return member.filename == "content.xml"


def sheet_rows(content: bytes) -> Iterator[list[Any]]:
    """The rows of the first sheet from its first line on; formulas give the value they were saved with."""
    from python_calamine import CalamineWorkbook

    with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
        sheet = book.get_sheet_by_index(0)
        yield from sheet.to_python(skip_empty_area=False, nrows=MAX_LINES + 1)


def csv_rows(content: bytes) -> Iterator[list[str]]:
    """The rows of a text in UTF-8, its separator the one that its beginning holds most of."""
    text = content.decode()
    sample = text[:SAMPLE_CHARACTERS]
    separator = max(",", "\t", ";", key=sample.count)
    yield from csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)


def cell_text(value: Any) -> str:
    """A cell as people see it; a number with the 15 digits that a spreadsheet keeps."""
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return f"{Decimal(format(value, '.15g')):f}"
        case datetime() | date():
            return value.isoformat()
    return str(value).strip()


def text_rows(rows: Iterator[list[Any]]) -> Rows:
    """All rows as text, without the empty ones at the end."""
    found: Rows = []
    filled = 0
    for row in rows:
        if len(row) > MAX_COLUMNS:
            raise RefusedError("file_too_complex")
        found.append([cell_text(value) for value in row])
        if any(found[-1]):
            filled = len(found)
        if filled > MAX_LINES:
            raise RefusedError("too_many_rows")
    return found[:filled]


def read(kind: str, content: bytes) -> dict[str, Any]:
    """The rows, or the code of a refusal."""
    try:
        if kind == "csv":
            return {"rows": text_rows(csv_rows(content))}
        return {"rows": text_rows(sheet_rows(repacked(content) if kind == "zip" else content))}
    except RefusedError as error:
        return {"refused": error.args[0]}
    except MemoryError:
        return {"refused": "file_too_complex"}
    except (csv.Error, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError):
        return {"refused": "file_unreadable"}
    except Exception as error:  # noqa: BLE001 - a reader of foreign bytes may raise anything
        return {"refused": "file_unreadable", "detail": f"{type(error).__name__}: {error}"[:200]}


if __name__ == "__main__":
    limit()
    answer = read(sys.argv[1], sys.stdin.buffer.read())
    sys.stdout.write(json.dumps(answer))
