"""Reads files that people bring in a limited process: spreadsheets and text tables become sheets of cells."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from threading import BoundedSemaphore

import msgspec
from flask import current_app

from pingyi.channels import Text
from pingyi.domain.errors import FieldError, Problem
from pingyi.services.spreadsheets.cell_values import UnreadableError, cell_text, place_of
from pingyi.services.spreadsheets.file_kinds import foreign_kind, markup_kind
from pingyi.services.spreadsheets.refusals import refusal
from pingyi.services.spreadsheets.sheet_cells import Answer, Cell, Row, Sheet
from pingyi.services.spreadsheets.text_files import decode

MAX_FILE_BYTES = 10 * 2**20
WALL_SECONDS = 20
CHILDREN = 2
EXTENSION = "pingyi.sheets"
_CHILD = "pingyi.services.spreadsheets.child"
_ZIP, _XLS = b"PK", (b"\xd0\xcf\x11\xe0", b"\x09\x08", b"\x09\x04\x06\x00", b"\x09\x02\x06\x00")
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")

Fit = Callable[[list[Row]], int]


def read_spreadsheet(content: bytes, fit: Fit, sheet: str = "") -> tuple[Sheet, Answer]:
    """The sheet of this name, else the visible one whose first rows fit best, and what was told of the file.

    Raises Problem: body_too_large, file_empty, file_unreadable, file_expands, too_many_rows,
    file_too_complex, sheet_missing, readers_busy.
    """
    if len(content) > MAX_FILE_BYTES:
        raise Problem("body_too_large", 413, _TOO_LARGE)
    kind, given = _kind(content)
    told = _asked(kind, given, "" if kind in {"text", "html", "mhtml"} else sheet)
    filled = [each for each in told.sheets if each.rows]
    if not filled:
        raise refusal("file_empty")
    best = max(filled, key=lambda each: fit(each.rows))
    if not best.whole or len(filled) > 1:
        names = told
        best = _asked(kind, given, best.name).sheets[0]
        told = names
    return best, told


def _width(rows: list[Row]) -> int:
    return max(min(len(row), 2) for row in rows)


def read_words(content: bytes, fit: Fit = _width) -> list[list[str]]:
    """The rows of a file whose columns are all words, such as a roster, equally long.

    Raises Problem: those of `read_spreadsheet`, and cells_unreadable names every cell that lost its words.
    """
    sheet, _ = read_spreadsheet(content, fit)
    errors: list[FieldError] = []
    width = max(len(line) for line in sheet.rows)
    rows = [
        [_word(cell, row, at, errors) for at, cell in enumerate([*line, *[""] * (width - len(line))])]
        for row, line in enumerate(sheet.rows)
    ]
    if errors:
        raise Problem("cells_unreadable", 422, _CELLS.format(n=len(errors)), errors)
    return rows


def _word(cell: Cell, row: int, at: int, errors: list[FieldError]) -> str:
    try:
        return cell_text("text", cell, place_of(row, at))
    except UnreadableError as error:
        errors.append(error.at(row + 1, str(at + 1)))
        return ""


def is_workbook(content: bytes) -> bool:
    """Whether a file has sheets; a text table has none."""
    return content.startswith((_ZIP, *_XLS))


def _asked(kind: str, content: bytes, sheet: str) -> Answer:
    answer = _run(kind, content, sheet)
    if answer.refused:
        raise refusal(answer.refused)
    return answer


def _kind(content: bytes) -> tuple[str, bytes]:
    """Which of its readers the child takes, and what it is given: text in UTF-8, whatever it was."""
    if content.startswith(_ZIP):
        return "zip", content
    if content.startswith(_XLS):
        return "xls", content
    if foreign := foreign_kind(content):
        raise refusal(foreign)
    if markup_kind(content) == "mhtml":
        return "mhtml", content
    text, _ = decode(content)
    if text is None or "\0" in text:
        raise refusal("file_unreadable")
    # What it says of its encoding is no longer so.
    given = _DECLARATION.sub("", text).encode()
    return markup_kind(given) or "text", given


def _run(kind: str, content: bytes, sheet: str) -> Answer:
    """What the child answers; a child that the limits ended answers nothing."""
    free: BoundedSemaphore = current_app.extensions.setdefault(EXTENSION, BoundedSemaphore(CHILDREN))
    if not free.acquire(timeout=WALL_SECONDS):
        raise Problem("readers_busy", 503, _BUSY, retry_after_seconds=5)
    try:
        done = subprocess.run(  # noqa: S603 - our own program; its words are a kind and the name of a sheet
            [sys.executable, "-I", "-m", _CHILD, kind, sheet],
            input=content,
            capture_output=True,
            timeout=WALL_SECONDS,
            check=False,
            env={},
        )
    except (subprocess.TimeoutExpired, ValueError):
        return Answer(refused="file_too_complex")
    finally:
        free.release()
    if done.returncode:
        return Answer(refused="file_too_complex")
    return msgspec.json.decode(done.stdout, type=Answer)


_CELLS = Text(
    zh="文件中有{n}个单元格无法识别；请逐个改正后重新上传。",
    en="{n} cells of the file cannot be read; mend each of them and upload the file again.",
)
_TOO_LARGE = Text(zh="文件超过10 MB，请分成几个文件。", en="The file is above 10 MB; split it into several.")
_BUSY = Text(zh="正在读取其他文件，请稍后重试。", en="Other files are being read; try again shortly.")
