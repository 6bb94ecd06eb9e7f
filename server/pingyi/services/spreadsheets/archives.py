"""Archives of counted bytes: a reader never meets more than the guards allow."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from typing import IO
from xml.parsers import expat

from pingyi.services.spreadsheets.sheet_cells import RefusedError

MAX_EXPANDED_BYTES = 48 * 2**20
MAX_RATIO = 100
MAX_MEMBERS = 200

Attributes = dict[str, str]
Start = Callable[[Attributes], None]
End = Callable[[], None]


class StopReading(Exception):  # noqa: N818 - no error: what was asked for has been read
    """Ends a pass over a document early."""


class Archive:
    """A ZIP file whose members together expand to no more than they may."""

    def __init__(self, content: bytes) -> None:
        self._file = zipfile.ZipFile(io.BytesIO(content))
        members = self._file.infolist()
        declared = sum(member.file_size for member in members)
        if len(members) > MAX_MEMBERS or declared > min(MAX_EXPANDED_BYTES, MAX_RATIO * len(content)):
            raise RefusedError("file_expands")
        # Some programs write "\\" and other capitals than the names that refer to them.
        self._names = {_name(member.filename): member for member in members}

    def __contains__(self, name: str) -> bool:
        return _name(name) in self._names

    def open(self, name: str) -> IO[bytes]:
        """A member; no more of it is ever read than it declares, and that was counted."""
        return self._file.open(self._names[_name(name)])


def _name(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def parse_xml(
    stream: IO[bytes],
    starts: Mapping[str, Start],
    ends: Mapping[str, End],
    words: Callable[[str], None] | None = None,
) -> None:
    """One pass over a document: the handlers of elements by `namespace}name`, `words` gets the text.

    Raises RefusedError for a document that declares entities of its own, StopReading of a handler ends it.
    """
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype

    def start(name: str, attributes: Attributes) -> None:
        if handler := starts.get(name):
            handler(attributes)

    def end(name: str) -> None:
        if handler := ends.get(name):
            handler()

    parser.StartElementHandler, parser.EndElementHandler = start, end
    if words is not None:
        parser.CharacterDataHandler = words
    try:
        parser.ParseFile(stream)
    except StopReading:
        return


def _refuse_doctype(*_: object) -> None:
    raise RefusedError("file_unreadable")
