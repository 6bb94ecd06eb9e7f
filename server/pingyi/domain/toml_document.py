"""What our TOML documents share: where their syntax breaks, and what is wrong by path and line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import tomlkit
import tomlkit.exceptions
from tomlkit.items import AoT, Table

from pingyi.domain.errors import FieldError

_MARK = "#\ue000"  # of a private area: no document of an office has it
_POSITION = re.compile(r"^(?P<detail>.*) \(at line (?P<line>\d+), column (?P<column>\d+)\)$", re.DOTALL)


def syntax_place(error: Exception) -> tuple[str, int, int] | None:
    """What a TOML parser's error says, with line and column from 1; None without a place (the end)."""
    found = _POSITION.match(str(error))
    return (found["detail"], int(found["line"]), int(found["column"])) if found else None


def place_in(error: Exception, document: str) -> tuple[str, int, int]:
    """The same, an error without a place at the document's end."""
    lines = document.split("\n")
    return syntax_place(error) or (str(error), len(lines), len(lines[-1]) + 1)


def at_lines(errors: Iterable[FieldError], document: str) -> tuple[FieldError, ...]:
    """The errors in the order of the document, each with the line (`row`, from 1) that its pointer leads to.

    What is missing stands where it would: at its table. Errors that have a row keep it.
    """
    try:
        parsed = tomlkit.parse(document.removeprefix("\ufeff"))
    except (tomlkit.exceptions.TOMLKitError, RecursionError):
        return tuple(errors)
    lines: dict[str, int] = {}
    placed = []
    for error in errors:
        if error.row is None and error.pointer not in lines:
            lines[error.pointer] = _line_of(parsed, error.pointer)
        placed.append(error if error.row is not None else replace(error, row=lines[error.pointer]))
    return tuple(sorted(placed, key=lambda error: error.row or 0))


def _line_of(document: tomlkit.TOMLDocument, pointer: str) -> int:
    """The line of the deepest part of a pointer that the document has; 1 where it has none of it."""
    holders: list[Any] = [document]
    steps: list[Any] = []
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        step = int(name) if isinstance(holders[-1], list) and name.isdigit() else name
        try:
            holders.append(holders[-1][step])
        except (KeyError, IndexError, TypeError):
            break
        steps.append(step)
    while steps:
        if line := _marked_line(document, holders[-2], steps[-1], holders[-1]):
            return line
        holders.pop()
        steps.pop()
    return 1


def _marked_line(document: tomlkit.TOMLDocument, holder: Any, step: Any, item: Any) -> int | None:
    """The line on which the printed document has this item, found by a mark put there for the while.

    None where the item has no line of its own, as the table `a` of a document that has only `[a.b]`.
    """
    head = item[0] if isinstance(item, AoT) else item
    if isinstance(head, Table):
        before = head.trivia.comment
        head.trivia.comment = _MARK
        printed = document.as_string()
        head.trivia.comment = before
    else:
        holder[step] = _MARK
        printed = document.as_string()
        holder[step] = item
    above, mark, _ = printed.partition(_MARK)
    return above.count("\n") + 1 if mark else None
