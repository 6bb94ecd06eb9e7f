"""Where in a TOML document something stands: the line of a JSON pointer, for messages about files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from pingyi.domain.errors import FieldError

_TABLE = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*["']?([A-Za-z0-9_-]+)["']?\s*=""")


def at_their_lines(errors: Iterable[FieldError], document: str) -> list[FieldError]:
    """The errors, each with the line (`row`, from 1) of what its pointer leads to; syntax has its own."""
    places = pointer_lines(document)
    return [
        error if error.row is not None else replace(error, row=_line(error.pointer, places))
        for error in errors
    ]


def pointer_lines(document: str) -> dict[str, int]:
    """The lines of a document's tables and keys by JSON pointer; what stands inside a line shares it."""
    found: dict[str, int] = {}
    counts: Counter[str] = Counter()
    table = ""
    for number, line in enumerate(document.split("\n"), 1):
        if header := _TABLE.match(line):
            table = _table(
                header[1] == "[[", [part.strip().strip("\"'") for part in header[2].split(".")], counts
            )
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            found.setdefault(f"{table}/{key[1]}", number)
    return found


def _table(listed: bool, parts: Sequence[str], counts: Counter[str]) -> str:
    """The pointer of a header; a name that was listed before stands for its last table."""
    path = ""
    for place, part in enumerate(parts):
        path = f"{path}/{part}"
        if listed and place == len(parts) - 1:
            counts[path] += 1
        if counts[path]:
            path = f"{path}/{counts[path] - 1}"
    return path


def _line(pointer: str, places: dict[str, int]) -> int:
    """The line of the nearest thing named that holds it: the whole document begins at 1."""
    while pointer and pointer not in places:
        if f"{pointer}/0" in places:
            return places[f"{pointer}/0"]
        pointer = pointer.rpartition("/")[0]
    return places.get(pointer, 1)
