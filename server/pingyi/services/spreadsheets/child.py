"""Turns the bytes of a file into sheets of cells within hard limits; runs as a process of its own."""

from __future__ import annotations

import resource
import sys
import zipfile
import zlib
from collections.abc import Callable
from itertools import islice
from typing import Any

import msgspec

from pingyi.services.spreadsheets.archives import Archive
from pingyi.services.spreadsheets.read_delimited import read_delimited, separators_of
from pingyi.services.spreadsheets.read_markup import html_of, html_tables, read_html, read_xml, xml_sheets
from pingyi.services.spreadsheets.read_ods import CONTENT, ods_sheets, read_ods
from pingyi.services.spreadsheets.read_xls import open_xls, read_xls, xls_sheets
from pingyi.services.spreadsheets.read_xlsx import open_xlsx, read_sheet
from pingyi.services.spreadsheets.sheet_cells import RefusedError
from pingyi.services.spreadsheets.sheet_rows import FIRST_LINES, MAX_LINES, SheetRows

MEGABYTE = 2**20
MEMORY_BYTES = 512 * MEGABYTE
CPU_SECONDS = 10
MOST_SHEETS = 50

Visible = list[tuple[str, Callable[[SheetRows], SheetRows]]]
Answer = dict[str, Any]


def limit() -> None:
    """Bind this process before a foreign byte is looked at."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def answer(kind: str, sheet: str, content: bytes) -> Answer:
    """The sheet of this name, else the only one that holds anything, else the first rows of each."""
    visible, hidden = _sheets(kind, content)
    asked = [each for each in visible if each[0] == sheet] if sheet else visible
    if not asked:
        return {"refused": "sheet_missing" if sheet else "file_empty"}
    if len(asked) > 1:
        first = [(name, read, read(SheetRows(name, FIRST_LINES))) for name, read in asked[:MOST_SHEETS]]
        filled = [(name, read) for name, read, rows in first if rows.rows or not rows.whole]
        if len(filled) != 1:
            return {"sheets": [rows.answer() for _, _, rows in first if rows.rows], "hidden_sheets": hidden}
        asked = filled
    ((name, read),) = asked
    return {"sheets": [read(SheetRows(name, MAX_LINES)).answer()], "hidden_sheets": hidden}


def _sheets(kind: str, content: bytes) -> tuple[Visible, list[str]]:
    """What people see of a file, each with the function that reads it, and the names of what they do not."""
    if kind == "text":
        text = content.decode()
        return [(one, _of_text(text, one)) for one in separators_of(text)], []
    if kind in {"html", "mhtml"}:
        tables = html_tables(content.decode() if kind == "html" else html_of(content))
        return [(f"{number}", _of_html(table)) for number, table in enumerate(tables, 1)], []
    if kind == "xml":
        return _parted(
            [(name, hidden, _of_xml(content, at)) for at, (name, hidden) in enumerate(xml_sheets(content))]
        )
    if kind == "xls":
        book = open_xls(content)
        return _parted(
            [(name, hidden, _of_xls(book, at)) for at, (name, hidden) in enumerate(xls_sheets(book))]
        )
    archive = Archive(content)
    if CONTENT in archive:
        return _parted(
            [(name, hidden, _of_ods(archive, at)) for at, (name, hidden) in enumerate(ods_sheets(archive))]
        )
    book = open_xlsx(archive)
    return _parted([(place.name, place.hidden, _of_xlsx(book, place)) for place in book.sheets])


def _parted(sheets: list[tuple[str, bool, Callable[[SheetRows], SheetRows]]]) -> tuple[Visible, list[str]]:
    visible = [(name, read) for name, hidden, read in sheets if not hidden]
    return visible, [name for name, hidden, _ in islice(sheets, MOST_SHEETS) if hidden]


def _of_text(text: str, separator: str) -> Callable[[SheetRows], SheetRows]:
    return lambda out: read_delimited(text, separator, out)


def _of_html(table: Any) -> Callable[[SheetRows], SheetRows]:
    return lambda out: read_html(table, out)


def _of_xml(content: bytes, at: int) -> Callable[[SheetRows], SheetRows]:
    return lambda out: read_xml(content, at, out)


def _of_xls(book: Any, at: int) -> Callable[[SheetRows], SheetRows]:
    return lambda out: read_xls(book, at, out)


def _of_ods(archive: Archive, at: int) -> Callable[[SheetRows], SheetRows]:
    return lambda out: read_ods(archive, at, out)


def _of_xlsx(book: Any, place: Any) -> Callable[[SheetRows], SheetRows]:
    return lambda out: read_sheet(book, place, out)


def read(kind: str, sheet: str, content: bytes) -> Answer:
    """The answer, or the code of a refusal."""
    try:
        return answer(kind, sheet, content)
    except RefusedError as error:
        return {"refused": error.args[0]}
    except MemoryError:
        return {"refused": "file_too_complex"}
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError):
        return {"refused": "file_unreadable"}
    except Exception as error:  # noqa: BLE001 - a reader of foreign bytes may raise anything
        return {"refused": "file_unreadable", "detail": f"{type(error).__name__}: {error}"[:200]}


if __name__ == "__main__":
    limit()
    told = read(sys.argv[1], sys.argv[2], sys.stdin.buffer.read())
    sys.stdout.buffer.write(msgspec.json.encode(told))
