"""The columns of a channel's files and pages: the fields of its entry schema, mappings spread out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import fields

from pingyi.channels import Channel, Choice, Context, Listed, Percent, Text, Whole
from pingyi.services.core.bound_channels import BoundChannel
from pingyi.services.intake.partner_queries import entry_fields


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an entry: its field, the key of a mapping or "", its kind, what it is called.

    `words`: what may stand in it and what that is called; empty where the channel names no choices. `also`:
    other titles that people give it.
    """

    name: str
    key: str
    kind: str
    title: Text
    required: bool
    words: Mapping[str, Text] = field(default_factory=dict)
    also: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Its name where the field is plain, `field.key` in a mapping."""
        return f"{self.name}.{self.key}" if self.key else self.name

    @property
    def choices(self) -> Text:
        """The words that may stand in it, one after the other."""
        words = self.words.values()
        return Text(zh="、".join(word.zh for word in words), en=", ".join(word.en for word in words))


def columns_of(working: BoundChannel) -> list[Column]:
    """The columns of a channel's files, the unit first and the reason of a correction last."""
    return entry_columns(working.plugin, working.context)


def entry_columns(plugin: Channel, context: Context) -> list[Column]:
    """The same for a channel with its context, whatever period it is of."""
    columns: list[Column] = []
    schema = plugin.entry_schema().fields
    for each in sorted(entry_fields(plugin, context), key=lambda document: document["name"] != "unit"):
        title, field = Text(**each["title"]), schema.get(each["name"])
        if isinstance(field, fields.Mapping):
            columns += _spread(each, title, field.value_field, plugin, context)
        else:
            name, words = each["name"], _words(field, context)
            also = tuple(field.metadata.get("also", ())) if field else ()
            columns.append(Column(name, "", _kind(each, field), title, each["required"], words, also))
    return columns


def _spread(
    document: Mapping[str, Any],
    title: Text,
    inner: fields.Field[Any] | None,
    plugin: Channel,
    context: Context,
) -> Iterator[Column]:
    """A column for each key of a mapping, titled by what the plugin calls the key."""
    words = _words(inner, context)
    kind = "choice" if words else "whole" if isinstance(inner, Whole) else "text"
    for key in document["keys"]:
        called = plugin.words.get(key) or Text(zh=key, en=key)
        within = Text(zh=f"{title.zh}：{called.zh}", en=f"{title.en}: {called.en}")
        also = (f"{title.zh}{key}", f"{title.en}{key}", f"{title.zh}{key}{title.en}{key}")
        yield Column(document["name"], key, kind, within, required=False, words=words, also=also)


def _kind(document: Mapping[str, Any], field: fields.Field[Any] | None) -> str:
    if document["name"] == "unit":
        return "unit"
    if isinstance(field, Percent):
        return "percent"
    return "choice" if isinstance(field, (Choice, Listed)) else str(document["type"])


def _words(field: fields.Field[Any] | None, context: Context) -> Mapping[str, Text]:
    if isinstance(field, Listed):
        return field.keys(context.settings) if context.settings else {}
    return field.words if isinstance(field, Choice) else {}
