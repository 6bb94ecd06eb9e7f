"""New values of TOML documents, in the style of those that come along."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import tomlkit
from tomlkit.items import AoT, InlineTable, Item, Table

_WIDEST = 110


def is_rows(value: object) -> bool:
    """Whether a value is a list of mappings, one at least."""
    return isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)


def item_of(value: Any, *, below: bool = False) -> Item:
    """A new value; `below`: where no tables of their own can stand, as inside an array."""
    if isinstance(value, Mapping):
        return _inline(value) if below or _is_small(value) else _headed(value)
    if not isinstance(value, list):
        single: Item = tomlkit.item(value)
        return single
    if is_rows(value) and not below and not all(map(_is_small, value)):
        return _headed(value)
    items = [item_of(one, below=True).as_string() for one in value]
    line = f"[{', '.join(items)}]"
    lines = "".join(f"  {item},\n" for item in items)
    array: Item = tomlkit.value(f"[\n{lines}]" if is_rows(value) or len(line) > _WIDEST else line)
    return array


def _is_small(value: Mapping[str, Any]) -> bool:
    """Whether our documents write a mapping in one line: titles, and other mappings of plain values."""
    return bool(value) and not any(isinstance(inner, (Mapping, list)) for inner in value.values())


def _items(value: Mapping[str, Any]) -> Iterator[tuple[str, Item]]:
    """The values of a new table. No single value can follow a header any more, nor any that has none."""
    single = [not isinstance(inner, Mapping) and not is_rows(inner) for inner in value.values()]
    last, headed = max((at for at, one in enumerate(single) if one), default=-1), False
    for at, (key, inner) in enumerate(value.items()):
        item = _headed(inner) if headed else item_of(inner, below=at < last)
        headed = headed or isinstance(item, (Table, AoT))
        yield key, item


def _headed(value: Any) -> Table | AoT:
    """A mapping, or a list of some, below headers of its own."""
    if isinstance(value, Mapping):
        return table_of(value)
    rows = tomlkit.aot()
    for row in value:
        rows.append(table_of(row))
    return rows


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
