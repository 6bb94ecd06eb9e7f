"""Evidence files by their SHA-256: written whole or not at all, and told apart by their first bytes."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

SLICES = 256
_HALF = ".part-"
_NAME = re.compile(r"[0-9a-f]{64}")
_STARTS = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)
_OFFICE = "application/vnd.openxmlformats-officedocument"
_ARCHIVES = (
    (b"xl/workbook.xml", f"{_OFFICE}.spreadsheetml.sheet"),
    (b"word/document.xml", f"{_OFFICE}.wordprocessingml.document"),
)
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")
ENDINGS = {
    "application/pdf": "pdf",
    "image/png": "png",
    "image/jpeg": "jpg",
    _ARCHIVES[0][1]: "xlsx",
    _ARCHIVES[1][1]: "docx",
    "text/plain": "txt",
}


def media_type_of(content: bytes) -> str | None:
    """The media type that the bytes show, whatever a sender says; None where it is none that is taken."""
    for start, kind in _STARTS:
        if content.startswith(start):
            return kind
    if content.startswith(b"PK\x03\x04"):
        return _archive(content)
    return "text/plain" if _is_text(content) else None


def _archive(content: bytes) -> str | None:
    # A workbook or document with macros is a program.
    if b"[Content_Types].xml" not in content or b"vbaProject.bin" in content:
        return None
    return next((kind for member, kind in _ARCHIVES if member in content), None)


def _is_text(content: bytes) -> bool:
    if _CONTROL.search(content):
        return False
    for encoding in ("utf-8", "gb18030"):
        with suppress(UnicodeDecodeError):
            content.decode(encoding)
            return True
    return False


def path_of(folder: Path, digest: bytes) -> Path:
    """Where the file of a SHA-256 stands: two levels of folders keep each of them small."""
    name = digest.hex()
    return folder / name[:2] / name[2:4] / name


def write_file(folder: Path, content: bytes) -> bytes:
    """Write a file that survives a crash, once however often it is brought; returns its SHA-256."""
    digest = hashlib.sha256(content).digest()
    path = path_of(folder, digest)
    if read_file(folder, digest) is None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for above in (folder, path.parent.parent, path.parent):
            above.chmod(0o700)
        _write_whole(path, content)
    else:
        os.utime(path)
    return digest


def _write_whole(path: Path, content: bytes) -> None:
    number, half = tempfile.mkstemp(prefix=_HALF, dir=path.parent)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(half).replace(path)
    except BaseException:
        Path(half).unlink(missing_ok=True)
        raise
    for above in (path.parent, path.parent.parent, path.parent.parent.parent):
        _sync_folder(above)


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def read_file(folder: Path, digest: bytes) -> bytes | None:
    """The bytes of a SHA-256; None where there is no file, or none that is still those bytes."""
    try:
        content = path_of(folder, digest).read_bytes()
    except OSError:
        return None
    return content if hashlib.sha256(content).digest() == digest else None


def old_files(folder: Path, part: int, seconds: float) -> Iterator[Path]:
    """The files of one of the 256 parts of the folder, half-written ones too, unchanged for so long."""
    before = time.time() - seconds
    for path in (folder / f"{part:02x}").glob("[0-9a-f][0-9a-f]/*"):
        with suppress(FileNotFoundError):
            if path.lstat().st_mtime < before and (_NAME.fullmatch(path.name) or is_half(path)):
                yield path


def is_half(path: Path) -> bool:
    """Whether a crash left this file half-written."""
    return path.name.startswith(_HALF)
