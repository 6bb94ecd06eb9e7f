"""Writes content as a TOML document, into the one that stood there: its comments, order and style stay."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, InlineTable, Item, Table

_HEAD = re.compile(r"(?:[ \t]*#[^\n]*\n)*")
_BLANK_LINES = re.compile(r"\n{3,}")
_WIDEST = 110


def toml_of(content: Mapping[str, Any], before: str = "") -> str:
    """The TOML document that reads back (tomllib) to exactly this content, lists and mappings in this order.

    content: as tomllib gives it. before: the document as it stood; what is unchanged stays as it is written
    there. Rows of a list of tables are known by being equal, then by their `key`; their comments go with
    them. Where a part cannot be changed in place it is written anew, and its comments are lost.
    Raises ValueError for content that TOML has no form for.
    """
    text = before.removeprefix("\ufeff").replace("\r\n", "\n")
    for written in _attempts(content, text):
        if _reads_back(written, content):
            return written
    raise ValueError("TOML has no form for this content")


def _attempts(content: Mapping[str, Any], text: str) -> Iterator[str]:
    """From the document that loses least to one that is new but for the comment at its head."""
    with suppress(ValueError, RecursionError):
        was = tomllib.loads(text)
        if _same(was, content):
            yield text
        anew: set[str] = set()
        for _ in range(2):  # once in place, then with the parts anew that did not come out right
            with suppress(TOMLKitError, ValueError, KeyError, IndexError, TypeError, AttributeError):
                document = tomlkit.parse(text)
                _put_all(document, was, content, anew)
                written = tomlkit.dumps(document)
                yield _BLANK_LINES.sub("\n\n", written)  # rows that moved bring theirs; no text may be hit
                yield written
                back = tomllib.loads(written)
                anew = {name for name, value in content.items() if not _same(back.get(name), value)}
    head = _HEAD.match(text)
    yield (head[0] + "\n" if head and head[0] else "") + _fresh(content)


def _reads_back(written: str, content: Mapping[str, Any]) -> bool:
    try:
        return _same(tomllib.loads(written), content)
    except (ValueError, RecursionError):
        return False


def _same(one: object, other: object) -> bool:
    """Equal in value, type and order."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return list(one) == list(other) and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and one == other


def _put_all(
    holder: Any, was: Mapping[str, Any], now: Mapping[str, Any], anew: set[str] | None = None
) -> None:
    """Change a table of the document in place."""
    for key in [key for key in was if key not in now]:
        del holder[key]
    for key, value in now.items():
        if key not in was:
            holder[key] = _item(value, below=isinstance(holder, InlineTable))
        elif anew and key in anew:
            holder[key] = _item(value)
        elif not _same(was[key], value):
            _put(holder, key, was[key], value)
    if [key for key in was if key in now] != [key for key in now if key in was]:
        raise ValueError("keys change their order")


def _put(holder: Any, key: str, was: object, now: object) -> None:
    item = holder[key]
    if isinstance(item, AoT) and isinstance(was, list) and isinstance(now, list) and _is_rows(now):
        holder[key] = _rows(item, was, now)
        return
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        with suppress(ValueError):  # in another order it is written anew
            _put_all(item, was, now)
            return
    inline = isinstance(holder, InlineTable) or isinstance(item, InlineTable)
    holder[key] = _item(now, below=inline)


def _rows(tables: AoT, was: list[Any], now: Sequence[Any]) -> AoT:
    """The rows of a list of tables in their new order, each changed from the one that it was."""
    free = dict(enumerate(was))
    rows = tomlkit.aot()
    for row in now:
        place = next((at for at, old in free.items() if _same(old, row)), None)
        if place is None and "key" in row:
            place = next((at for at, old in free.items() if old.get("key") == row["key"]), None)
        if place is None:
            rows.append(_table(row))
            continue
        table, old = tables[place], free.pop(place)
        try:
            _put_all(table, old, row)
        except ValueError:
            table = _table(row)
        rows.append(table)
    return rows


def _is_rows(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)


def _item(value: Any, *, below: bool = False) -> Item:
    """A new value; `below`: inside an inline table or an array, where no tables of their own can stand."""
    if isinstance(value, Mapping):
        return _inline(value) if below or _is_small(value) else _table(value)
    if not isinstance(value, list):
        single: Item = tomlkit.item(value)
        return single
    if _is_rows(value) and not below and not all(map(_is_small, value)):
        rows = tomlkit.aot()
        for row in value:
            rows.append(_table(row))
        return rows
    array = tomlkit.array()
    for one in value:
        array.append(_item(one, below=True))
    array.multiline(_is_rows(value) or len(array.as_string()) > _WIDEST)
    return array


def _is_small(value: Mapping[str, Any]) -> bool:
    """Whether our documents write a mapping in one line: titles, and other mappings of plain values."""
    return bool(value) and not any(isinstance(inner, (Mapping, list)) for inner in value.values())


def _inline(value: Mapping[str, Any]) -> InlineTable:
    table = tomlkit.inline_table()
    for key, inner in value.items():
        table.append(key, _item(inner, below=True))
    return table


def _table(value: Mapping[str, Any]) -> Table:
    table = tomlkit.table()
    for key, inner in value.items():
        table.append(key, _item(inner))
    return table


def _fresh(content: Mapping[str, Any]) -> str:
    """The content as a new document, with an empty line before every table."""
    document = tomlkit.document()
    for key, value in content.items():
        document.append(key, _item(value))
    return re.sub(r"(?<!^)(?<!\n)\n(?=\[\[?[^\n]+\]\n)", "\n\n", tomlkit.dumps(document))
