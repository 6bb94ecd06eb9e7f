"""What a form asks of whoever shows it: schemas and choices that the schema alone does not tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from marshmallow import Schema

from pingyi.channels.text import Text

Path = tuple[str | int, ...]
"""Where a field stands, as in the names of inputs: keys of tables and positions of rows. Rows of a mapping
stand under their position too, their two parts under "key" and "value"."""


class MultiDict(Protocol):
    """Posted fields, as werkzeug gives them."""

    def __iter__(self) -> Iterator[str]: ...

    def getlist(self, key: str, /) -> list[str]: ...


def no_schema(_path: Path, _table: Mapping[str, Any]) -> None:
    return None


def no_choices(_path: Path, _content: Mapping[str, Any]) -> None:
    return None


def no_words(_path: Path, _content: Mapping[str, Any]) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class FormRules:
    """`schema_at`: the schema of a mapping that names none for its values, from the words, numbers and flags
    that stand beside it in its table; None: it is shown as rows of text. `choices_at`: what a field may hold,
    from the whole content as typed so far; None: anything. `told_at`: what is said at a list of rows about
    what stands in it so far, from the whole content too. `fixed`: fields of the top that are not shown, and
    what they hold.
    """

    schema_at: Callable[[Path, Mapping[str, Any]], Schema | None] = no_schema
    choices_at: Callable[[Path, Mapping[str, Any]], Mapping[str, Text] | None] = no_choices
    told_at: Callable[[Path, Mapping[str, Any]], Text | None] = no_words
    fixed: Mapping[str, Any] = field(default_factory=dict)


def name_of(path: Path) -> str:
    """The name and id of the input at a path."""
    return ".".join(map(str, path))
