"""Writes content as a TOML document, into the one that stood there: its comments, order and style stay."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import tomlkit
from tomlkit.container import Container
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Array, InlineTable, Item, Table

from pingyi.domain.toml_items import is_rows, item_of, new_document, table_of

_HEAD = re.compile(r"(?:[ \t]*#[^\n]*\n)*")
_BLANK_LINES = re.compile(r"\n{3,}")


def toml_of(content: Mapping[str, Any], before: str = "") -> str:
    """The TOML document that reads back (tomllib) to exactly this content, lists and mappings in this order.

    content: as tomllib gives it. before: the document as it stood; what is unchanged stays as it is written
    there. Rows of a list of tables are known by being equal, by their `key`, by their place; their comments
    go with them. Where a part cannot be changed in place it is written anew, and its comments are lost.
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
            wrong = {name for name, value in content.items() if not _same(was.get(name), value)}
            with suppress(TOMLKitError, ValueError, KeyError, IndexError, TypeError, AttributeError):
                document = tomlkit.parse(text)
                _put_all(document, was, content, anew)
                written = tomlkit.dumps(document)
                yield _BLANK_LINES.sub("\n\n", written)  # rows that moved bring theirs; no text may be hit
                yield written
                back = tomllib.loads(written)
                wrong = {name for name, value in content.items() if not _same(back.get(name), value)}
            anew = wrong
    head = _HEAD.match(text)
    with suppress(RecursionError):
        yield (head[0] + "\n" if head and head[0] else "") + new_document(content)


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
    return type(one) is type(other) and str(one) == str(other)  # nan is nan; a moment in another zone differs


def _put_all(
    holder: Any, was: Mapping[str, Any], now: Mapping[str, Any], anew: set[str] | None = None
) -> None:
    """Change a table of the document in place."""
    for key in [key for key in was if key not in now]:
        del holder[key]
    previous = None
    for key, value in now.items():
        if key not in was:
            _add(holder, key, item_of(value), previous)
        elif anew and key in anew:
            holder[key] = item_of(value)
        elif not _same(was[key], value):
            _put(holder, key, was[key], value)
        previous = key
    if [key for key in was if key in now] != [key for key in now if key in was]:
        raise ValueError("keys change their order")


def _add(holder: Any, key: str, item: Item, previous: str | None) -> None:
    """A new key, behind the one that stands before it where that is a single value too."""
    headers = Table, AoT
    if previous is None or isinstance(item, headers) or isinstance(holder[previous], headers):
        holder[key] = item
        return
    container: Container = holder.value if isinstance(holder, Table) else holder
    container._insert_after(previous, key, item)  # noqa: SLF001  # tomlkit has no public way


def _put(holder: Any, key: str | int, was: object, now: object) -> None:
    item = holder[key]
    if isinstance(item, AoT) and isinstance(was, list) and isinstance(now, list) and is_rows(now):
        places = _places(was, now)
        if not _stay(item, was, now, places):
            holder[key] = _rows(item, was, now, places)
        return
    if isinstance(item, Array) and isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for at, (old, new) in enumerate(zip(was, now, strict=True)):
            if not _same(old, new):
                _put(item, at, old, new)
        return
    inline = isinstance(item, InlineTable)
    if isinstance(was, Mapping) and isinstance(now, Mapping) and not (inline and list(was) != list(now)):
        with suppress(ValueError):  # in another order it is written anew
            _put_all(item, was, now)
            return
    within = inline or isinstance(holder, (InlineTable, Array)) or (isinstance(item, Array) and bool(was))
    holder[key] = item_of(now, below=within)


def _stay(tables: AoT, was: list[Any], now: Sequence[Any], places: list[int | None]) -> bool:
    """Whether no row moved: then those that are there are changed where they stand, and new ones follow."""
    old = [place for place in places if place is not None]
    if old != sorted(old) or places[: len(old)] != old:
        return False
    for row, place in zip(now, old, strict=False):
        _put_all(tables[place], was[place], row)
    for place in sorted(set(range(len(was))) - set(old), reverse=True):
        del tables[place]
    for row in now[len(old) :]:
        tables.append(table_of(row))
    return True


def _rows(tables: AoT, was: list[Any], now: Sequence[Any], places: list[int | None]) -> AoT:
    """The rows of a list of tables in their new order, each changed from the one that it was."""
    rows = tomlkit.aot()
    for row, place in zip(now, places, strict=True):
        if place is None:
            rows.append(table_of(row))
            continue
        table, old = tables[place], was[place]
        try:
            _put_all(table, old, row)
        except ValueError:
            table = table_of(row)
        rows.append(table)
    return rows


def _places(was: Sequence[Any], now: Sequence[Any]) -> list[int | None]:
    """Which row each one was: an equal one, else one of the same key, else what stood at its place."""
    free = dict(enumerate(was))
    places: list[int | None] = [None] * len(now)
    for same in (_same, _same_key, None):
        for at, row in enumerate(now):
            place = at if same is None else next((at for at, old in free.items() if same(old, row)), None)
            if places[at] is None and place in free:
                del free[place]
                places[at] = place
    return places


def _same_key(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return "key" in one and "key" in other and _same(one["key"], other["key"])
