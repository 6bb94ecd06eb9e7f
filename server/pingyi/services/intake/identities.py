"""What makes two entries one: the identity fields, whose words a period compares folded or as written."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec

from pingyi.channels import Channel, Choice, Context, EntrySchema, Key, Listed, Month, Word
from pingyi.domain.canonical import canonical_json

# Keys that settings name are compared as they are: "a" and "A" may be two options.
_KEYS = (Choice, Key, Listed, Month)


def identity_of(channel: Channel, context: Context, values: Mapping[str, Any]) -> str:
    """The spelling under which an entry's identity is stored, "" for what was not given."""
    words = spelled_names(channel.entry_schema) if context.period.folds_names else ()
    found = [
        context.compared(values[name]) if name in words and name in values else values.get(name, "")
        for name in channel.identity
    ]
    return canonical_json(found).decode()


def respelled(
    channel: Channel, context: Context, values: str, like: Mapping[str, Any]
) -> tuple[str, tuple[str, ...]]:
    """Stored values with the words of their identity as `like` spells them, and those words as they stood.

    An entry that differs in nothing else changes nothing.
    """
    if not context.period.folds_names:
        return values, ()
    stored = msgspec.json.decode(values)
    names = [
        name
        for name in channel.identity
        if name in spelled_names(channel.entry_schema) and stored.get(name) != like.get(name)
    ]
    if not names:
        return values, ()
    spelled = {name: like[name] for name in names if name in like}
    return canonical_json({**stored, **spelled}).decode(), tuple(str(stored.get(name, "")) for name in names)


@cache
def spelled_names(schema: type[EntrySchema]) -> frozenset[str]:
    """The columns that people name things in, such as a case or a rater; the unit is found by its code."""
    return frozenset(
        name
        for name, field in schema().fields.items()
        if isinstance(field, Word) and not isinstance(field, _KEYS) and name != "unit"
    )
