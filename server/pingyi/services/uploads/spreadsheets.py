"""Reads files of operators in a limited process: CSV, XLSX, XLS and ODS become rows of text."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from threading import BoundedSemaphore

import msgspec
from flask import current_app

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.services.core.text_files import decode
from pingyi.services.uploads import spreadsheet_child

MAX_FILE_BYTES = 10 * 2**20
WALL_SECONDS = 20
CHILDREN = 2
EXTENSION = "pingyi.sheets"
_ZIP, _XLS = b"PK", b"\xd0\xcf\x11\xe0"


class _Answer(msgspec.Struct):
    rows: list[list[str]] = []
    refused: str = ""


def read_spreadsheet(content: bytes) -> list[list[str]]:
    """The rows of a file's first sheet.

    Raises Problem: body_too_large, file_empty, file_unreadable, file_expands, too_many_rows,
    file_too_complex, readers_busy.
    """
    if len(content) > MAX_FILE_BYTES:
        raise Problem("body_too_large", 413, _TOO_LARGE)
    kind = _kind(content)
    answer = _run(kind, _in_utf_8(content) if kind == "csv" else content)
    if answer.refused:
        refusal = _REFUSALS[answer.refused]
        raise refusal()
    if not answer.rows:
        raise Problem("file_empty", 422, _EMPTY)
    return answer.rows


def _kind(content: bytes) -> str:
    if content.startswith(_ZIP):
        return "zip"
    return "xls" if content.startswith(_XLS) else "csv"


def _in_utf_8(content: bytes) -> bytes:
    text, _ = decode(content)
    if text is None or "\0" in text:
        raise _unreadable()
    return text.encode()


def _run(kind: str, content: bytes) -> _Answer:
    """What the child answers; a child that the limits ended answers nothing."""
    free: BoundedSemaphore = current_app.extensions.setdefault(EXTENSION, BoundedSemaphore(CHILDREN))
    if not free.acquire(timeout=WALL_SECONDS):
        raise Problem("readers_busy", 503, _BUSY, retry_after_seconds=5)
    try:
        done = subprocess.run(  # noqa: S603 - our own program, and no word of the command comes from outside
            [sys.executable, "-I", str(Path(spreadsheet_child.__file__)), kind],
            input=content,
            capture_output=True,
            timeout=WALL_SECONDS,
            check=False,
            env={},
        )
    except subprocess.TimeoutExpired:
        return _Answer(refused="file_too_complex")
    finally:
        free.release()
    if done.returncode:
        return _Answer(refused="file_too_complex")
    return msgspec.json.decode(done.stdout, type=_Answer)


def _unreadable() -> Problem:
    return Problem("file_unreadable", 422, _UNREADABLE)


def _expands() -> Problem:
    return Problem("file_expands", 422, _EXPANDS)


def _too_many() -> Problem:
    return Problem("too_many_rows", 422, _ROWS.format(most=spreadsheet_child.MAX_ROWS))


def _too_complex() -> Problem:
    return Problem("file_too_complex", 422, _COMPLEX)


_REFUSALS = {
    "file_unreadable": _unreadable,
    "file_expands": _expands,
    "too_many_rows": _too_many,
    "file_too_complex": _too_complex,
}
_TOO_LARGE = Text(zh="文件超过10 MB，请分成几个文件。", en="The file is above 10 MB; split it into several.")
_EMPTY = Text(zh="文件中没有内容。", en="There is nothing in the file.")
_UNREADABLE = Text(
    zh="无法读取文件。请使用 XLSX、XLS、ODS,或 UTF-8、GB18030 编码的 CSV，且不要加密。",
    en="The file cannot be read. Use XLSX, XLS, ODS, or CSV in UTF-8 or GB18030, without a password.",
)
_EXPANDS = Text(
    zh="文件解压后过大，已拒绝读取。请另存为只含数据的新文件。",
    en="The file expands to far more than it should and was not read; save the data alone as a new file.",
)
_ROWS = Text(zh="一个文件至多{most}行数据。", en="A file has at most {most} rows of data.")
_COMPLEX = Text(
    zh="文件过于复杂，读取已中止。请另存为只含数据的新文件。",
    en="The file takes too long or too much memory to read; save the data alone as a new file.",
)
_BUSY = Text(zh="正在读取其他文件，请稍后重试。", en="Other files are being read; try again shortly.")
