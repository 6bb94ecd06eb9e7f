"""What our TOML documents share: where their syntax breaks, and the codes of what is wrong by path."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Path = tuple[object, ...]
_POSITION = re.compile(r"^(?P<detail>.*) \(at line (?P<line>\d+), column (?P<column>\d+)\)$", re.DOTALL)


def syntax_place(error: Exception) -> tuple[str, int, int] | None:
    """What a TOML parser's error says, with line and column from 1; None without a place (the end)."""
    found = _POSITION.match(str(error))
    return (found["detail"], int(found["line"]), int(found["column"])) if found else None


def place_in(error: Exception, document: str) -> tuple[str, int, int]:
    """The same, an error without a place at the document's end."""
    lines = document.split("\n")
    return syntax_place(error) or (str(error), len(lines), len(lines[-1]) + 1)


def coded_paths(
    messages: Any, is_mapping: Callable[[Path], bool], *path: object
) -> Iterator[tuple[str, Path]]:
    """Every code of a ValidationError's messages with its path in the document.

    `is_mapping`: whether the path names one key of a mapping, below which marshmallow puts levels of its own.
    """
    if not isinstance(messages, Mapping):
        yield from ((code, path) for code in messages)
        return
    for key, inner in messages.items():
        # marshmallow's own levels: "_schema" for a whole table; "key" and "value" below a mapping's key
        own_level = key == "_schema" or (key in {"key", "value"} and is_mapping(path))
        yield from coded_paths(inner, is_mapping, *path, *(() if own_level else (key,)))
