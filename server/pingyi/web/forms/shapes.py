"""Which part of a form a field becomes, which fields of a schema have one, and tables in two spellings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema, fields

from pingyi.channels.text import Text
from pingyi.domain.document_fields import FlagField
from pingyi.web.forms.facts import AnyField, closed_choices, is_preset
from pingyi.web.forms.holding import NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """`kind`: leaf, flag, words, group, rows, entries, open (a mapping whose schema the page chooses) or
    opaque; `schema`: of a group or of rows; `key` and `value`: the fields of a mapping."""

    kind: str
    schema: Schema | None = None
    key: AnyField = field(default_factory=fields.String)
    value: AnyField = field(default_factory=fields.String)


def shape_of(each: AnyField) -> Shape:
    """The shape of a field; its metadata `form`, a Schema class or another field, stands in for it."""
    form = each.metadata.get("form")
    if isinstance(form, type) and issubclass(form, Schema):
        return Shape(kind="group", schema=form())
    return _shape(form if isinstance(form, fields.Field) else each)


def _shape(each: AnyField) -> Shape:
    if isinstance(each, (FlagField, fields.Boolean)):
        return Shape(kind="flag")
    if isinstance(each, fields.Nested):
        return Shape(kind="rows" if each.many else "group", schema=each.schema)
    if isinstance(each, fields.List):
        return _of_list(each.inner)
    if isinstance(each, fields.Mapping) or isinstance(getattr(each, "value_field", None), fields.Field):
        return _of_mapping(each)
    return Shape(kind="opaque" if isinstance(each, fields.Tuple) else "leaf")


def _of_list(inner: AnyField) -> Shape:
    if isinstance(inner, fields.Nested) and not inner.many:
        return Shape(kind="rows", schema=inner.schema)
    return Shape(kind="words" if _shape(inner).kind == "leaf" else "opaque")


def _of_mapping(each: Any) -> Shape:
    if each.value_field is None:
        return Shape(kind="open")
    known = closed_choices(each.key_field) if each.key_field else None
    if known:
        return Shape(kind="group", schema=_table_of(known, each.value_field))
    return Shape(kind="entries", key=each.key_field or fields.String(), value=each.value_field)


def _table_of(known: Mapping[str, Text], value: AnyField) -> Schema:
    """A mapping whose keys are all known, as a table: a field under each key, called as the key is."""
    table: dict[str, AnyField] = {}
    for key, title in known.items():
        table[key] = copy(value)
        table[key].metadata = {**value.metadata, "title": title}
        table[key].required = False
    return Schema.from_dict(table)()


def is_open(each: AnyField) -> bool:
    """Whether a field is a mapping whose schema the page chooses."""
    return shape_of(each).kind == "open"


def shown_fields(schema: Schema, hidden: frozenset[str]) -> Iterator[tuple[str, AnyField]]:
    """The fields of a schema that have a part on the form, each with its key in the content."""
    for name, each in schema.fields.items():
        key = each.data_key or name
        useless = is_preset(key, schema) and not getattr(schema, "presets", None)
        if key not in hidden and not each.dump_only and not useless:
            yield key, each


def table_of(raw: Any, word: str | None) -> Mapping[str, Any] | None:
    """A raw table, or the value that stands for one with the key `word` alone; None where it is neither."""
    if raw is NOTHING or isinstance(raw, Mapping):
        return {} if raw is NOTHING else raw
    return {word: raw} if word and isinstance(raw, (str, int)) and not isinstance(raw, bool) else None


def value_alone(made: dict[str, Any], word: str | None) -> Any:
    """A table, or its only value where that stands under `word`."""
    return made[word] if word is not None and set(made) == {word} else made
