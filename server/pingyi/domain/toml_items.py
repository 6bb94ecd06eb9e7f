"""New values of TOML documents, in the style of those that come along."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import tomlkit
from tomlkit.items import InlineTable, Item, Table

_WIDEST = 110


def is_rows(value: object) -> bool:
    """Whether a value is a list of mappings, one at least."""
    return isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)


def item_of(value: Any, *, below: bool = False) -> Item:
    """A new value; `below`: where no tables of their own can stand, as inside an array."""
    if isinstance(value, Mapping):
        return _inline(value) if below or _is_small(value) else table_of(value)
    if not isinstance(value, list):
        single: Item = tomlkit.item(value)
        return single
    if _has_headers(value) and not below:
        rows = tomlkit.aot()
        for row in value:
            rows.append(table_of(row))
        return rows
    items = [item_of(one, below=True).as_string() for one in value]
    line = f"[{', '.join(items)}]"
    lines = "".join(f"  {item},\n" for item in items)
    array: Item = tomlkit.value(f"[\n{lines}]" if is_rows(value) or len(line) > _WIDEST else line)
    return array


def _is_small(value: Mapping[str, Any]) -> bool:
    """Whether our documents write a mapping in one line: titles, and other mappings of plain values."""
    return bool(value) and not any(isinstance(inner, (Mapping, list)) for inner in value.values())


def _has_headers(value: object) -> bool:
    """Whether a new value stands below headers of its own, where no single value can follow it any more."""
    if isinstance(value, Mapping):
        return not _is_small(value)
    return is_rows(value) and isinstance(value, list) and not all(map(_is_small, value))


def _items(value: Mapping[str, Any]) -> Iterator[tuple[str, Item]]:
    """The values of a new table: what stands before a single value is written without headers."""
    last = max((at for at, inner in enumerate(value.values()) if not _has_headers(inner)), default=-1)
    for at, (key, inner) in enumerate(value.items()):
        yield key, item_of(inner, below=at < last)


def _inline(value: Mapping[str, Any]) -> InlineTable:
    names = {key: tomlkit.key(key).as_string() for key in value}
    pairs = ", ".join(f"{names[key]} = {item_of(one, below=True).as_string()}" for key, one in value.items())
    table = tomlkit.value(f"{{ {pairs} }}" if pairs else "{}")
    assert isinstance(table, InlineTable)
    return table


def table_of(value: Mapping[str, Any]) -> Table:
    """A new table with a header of its own."""
    table = tomlkit.table()
    for key, inner in _items(value):
        table.append(key, inner)
    return table


def new_document(content: Mapping[str, Any]) -> str:
    """The content as a new document, with an empty line before every table."""
    document = tomlkit.document()
    for key, inner in _items(content):
        document.append(key, inner)
    return re.sub(r"(?<!^)(?<!\n)\n(?=\[\[?[^\n]+\]\n)", "\n\n", tomlkit.dumps(document))
