"""The columns of a channel's files and pages: the fields of its entry schema, mappings spread out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import fields

from pingyi.channels import Choice, Text, Whole
from pingyi.services.core.bound_channels import BoundChannel
from pingyi.services.intake.partner_queries import entry_fields


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an entry: its field, the key of a mapping or "", its kind, what it is called.

    `words`: what may stand in it and what that is called; empty where the channel names no choices.
    """

    name: str
    key: str
    kind: str
    title: Text
    required: bool
    words: Mapping[str, Text] = field(default_factory=dict)

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
    columns = []
    schema = working.plugin.entry_schema().fields
    for each in sorted(entry_fields(working), key=lambda document: document["name"] != "unit"):
        name, title = each["name"], Text(**each["title"])
        column = schema.get(name)
        if each["type"] != "mapping":
            kind = "unit" if name == "unit" else each["type"]
            columns.append(Column(name, "", kind, title, each["required"], _words(column)))
            continue
        inner = column.value_field if isinstance(column, fields.Mapping) else None
        kind = "whole" if isinstance(inner, Whole) else "text"
        for key in each["keys"]:
            within = Text(zh=f"{title.zh}：{key}", en=f"{title.en}: {key}")
            columns.append(Column(name, key, kind, within, required=False, words=_words(inner)))
    return columns


def _words(value: fields.Field[Any] | None) -> Mapping[str, Text]:
    return value.words if isinstance(value, Choice) else {}
