"""The columns of a channel's files and pages: the fields of its entry schema, mappings spread out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from marshmallow import fields

from pingyi.channels import Channel, Choice, Context, Listed, Percent, Text, Whole, called, titled
from pingyi.channels.listed import words_in
from pingyi.channels.own_words import spellings, title_tables
from pingyi.services.core.bound_channels import BoundChannel
from pingyi.services.intake.partner_queries import entry_fields


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an entry: its field, the key of a mapping or "", its kind, what it is called.

    `words`: what may stand in it and what that is called; empty where the channel names no choices. `also`:
    other titles that people give it. `across`: in a wide sheet, what its heading says of each entry below it,
    as fields and keys.
    """

    name: str
    key: str
    kind: str
    title: Text
    required: bool
    words: Mapping[str, Text] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    across: tuple[tuple[str, str], ...] = ()

    @property
    def label(self) -> str:
        """Its name where the field is plain, `field.key` in a mapping, `field@other=key` in a wide sheet."""
        if self.across:
            return f"{self.name}@{'&'.join('='.join(each) for each in self.across)}"
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
            name, words = each["name"], words_in(field, context.settings)
            also = tuple(field.metadata.get("also", ())) if field else ()
            columns.append(Column(name, "", _kind(each, field, words), title, each["required"], words, also))
    return columns


def _spread(
    document: Mapping[str, Any],
    title: Text,
    inner: fields.Field[Any] | None,
    plugin: Channel,
    context: Context,
) -> Iterator[Column]:
    """A column for each key of a mapping, titled by what the scheme calls the key, else the plugin."""
    words, own = words_in(inner, context.settings), title_tables(context.settings)
    kind = "choice" if words else "whole" if isinstance(inner, Whole) else "text"
    usual = called(document["keys"], plugin.words)
    for key, word in titled(usual, context.settings).items():
        within = Text(zh=f"{title.zh}：{word.zh}", en=f"{title.en}: {word.en}")
        also = [f"{title.zh}{key}", f"{title.en}{key}", f"{title.zh}{key}{title.en}{key}"]
        if key in own:
            also += _other_headings(title, spellings(own[key]), usual[key])
        yield Column(document["name"], key, kind, within, required=False, words=words, also=tuple(also))


def _other_headings(title: Text, own: Sequence[str], usual: Text) -> tuple[str, ...]:
    """A key in the scheme's words, also alone, and in the plugin's, below the title of its mapping."""
    return (*own, *(f"{title.zh}{word}" for word in (*own, usual.zh)), f"{title.en}{usual.en}")


def _kind(document: Mapping[str, Any], field: fields.Field[Any] | None, words: Mapping[str, Text]) -> str:
    if document["name"] == "unit":
        return "unit"
    if isinstance(field, Percent):
        return "percent"
    return "choice" if words or isinstance(field, (Choice, Listed)) else str(document["type"])
