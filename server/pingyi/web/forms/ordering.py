"""Content with the keys of its tables in the order in which they stood, so that little of a text changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema

from pingyi.web.forms.holding import scalars
from pingyi.web.forms.rules import FormRules, Path
from pingyi.web.forms.shapes import Shape, shape_of, shown_fields


def in_order_of(
    before: Mapping[str, Any], schema: Schema, content: Mapping[str, Any], rules: FormRules, path: Path = ()
) -> dict[str, Any]:
    """The same content; the keys of its tables as they stood in `before`, new ones behind those before them.

    Rows are matched by their `key`, else by their places. The rows of a mapping keep the order of `content`.
    """
    keys = [key for key in before if key in content]
    for previous, key in zip([None, *content], content, strict=False):
        if key not in before:
            keys.insert(keys.index(previous) + 1 if previous in keys else 0, key)
    shapes = {key: shape_of(each) for key, each in shown_fields(schema, frozenset())}
    ordered = {}
    for key in keys:
        shape, value = shapes.get(key), content[key]
        if shape is not None and shape.kind == "open" and isinstance(value, Mapping):
            chosen = rules.schema_at((*path, key), scalars(content))
            shape = Shape(kind="group", schema=chosen) if chosen else None
        ordered[key] = value if shape is None else _value(before.get(key), shape, value, rules, (*path, key))
    return ordered


def _value(before: Any, shape: Shape, value: Any, rules: FormRules, path: Path) -> Any:
    if shape.kind == "entries" and isinstance(before, Mapping) and isinstance(value, Mapping):
        inner = shape_of(shape.value)
        return {key: _value(before.get(key), inner, one, rules, (*path, key)) for key, one in value.items()}
    if shape.schema is None:
        return value
    if isinstance(before, Mapping) and isinstance(value, Mapping):
        return in_order_of(before, shape.schema, value, rules, path)
    if isinstance(before, list) and isinstance(value, list):
        table = Shape(kind="group", schema=shape.schema)
        rows = enumerate(value)
        return [_value(_row(before, row, at), table, row, rules, (*path, at)) for at, row in rows]
    return value


def _row(before: list[Any], row: Any, at: int) -> Any:
    """The row that a row was."""
    key = row.get("key") if isinstance(row, Mapping) else None
    same = (one for one in before if key is not None and isinstance(one, Mapping) and one.get("key") == key)
    return next(same, before[at] if at < len(before) else None)
