"""What a field of a schema tells about its control: words, choices, kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields, validate

from pingyi.channels.schema import Choice, Score, Whole, title_of
from pingyi.channels.settings import SettingsSchema
from pingyi.channels.text import Text
from pingyi.domain.document_fields import CountField

MOST_ROWS = 40
KEY = Text(zh="代号", en="Key")
VALUE = Text(zh="值", en="Value")
EVERY = Text(zh="全部", en="All")

AnyField = fields.Field[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """`how`: line, text, whole, count, decimal, date or file; `row`: what a row of a list is called; `usual`:
    common words beside others; `word`: the key of a table for which its only value may stand alone; `most`:
    how many rows may be added; `rare`: folded while nothing is typed in it; `made`: a key that a new row gets
    by its place, folded while nothing is wrong with it; `caption`: said in the line of a folded row;
    `redraw`: the button beside a choice on which other parts depend; `empty`: said in place of a table
    without parts; `ordered`: words whose order matters."""

    field: AnyField
    label: Text
    help: Text | None = None
    unit: Text | None = None
    how: str = "line"
    row: Text | None = None
    choices: Mapping[str, Text] | None = None
    usual: Mapping[str, Text] | None = None
    rare: bool = False
    made: bool = False
    caption: bool = False
    redraw: Text | None = None
    empty: Text | None = None
    ordered: bool = False
    required: bool = False
    word: str | None = None
    most: int = MOST_ROWS


def facts_of(field: AnyField, key: str, label: Text | None = None, schema: Schema | None = None) -> Facts:
    """The facts of a field under a key; `label` stands in where the field has no title."""
    titled = title_of(field, key)
    if label is not None and titled == Text(zh=key, en=key):
        titled = label
    meta = field.metadata
    word, most = meta.get("word", getattr(field, "alone", None)), meta.get("most")
    return Facts(
        field=field,
        label=titled,
        help=_words(field, "help"),
        unit=_words(field, "unit"),
        row=_words(field, "row"),
        how=how_of(field),
        usual=_usual(field),
        rare=bool(meta.get("rare")) and not field.required,
        made=bool(meta.get("made")),
        caption=bool(meta.get("caption")),
        redraw=_words(field, "redraw"),
        empty=_words(field, "empty"),
        ordered=bool(meta.get("ordered")),
        choices=_presets(key, schema) or choices_of(field),
        required=bool(field.required),
        word=word if isinstance(word, str) else None,
        most=most if isinstance(most, int) else MOST_ROWS,
    )


def is_preset(key: str, schema: Schema | None) -> bool:
    """Whether the field names presets of its schema: one alone, or several."""
    return key == "preset" and isinstance(schema, SettingsSchema)


def _presets(key: str, schema: Schema | None) -> Mapping[str, Text] | None:
    if not isinstance(schema, SettingsSchema) or key != "preset":
        return None
    titles: Mapping[str, Text] = getattr(schema, "preset_titles", {})
    return {name: titles.get(name, Text(zh=name, en=name)) for name in schema.presets}


def _usual(field: AnyField) -> Mapping[str, Text] | None:
    usual = field.metadata.get("usual")
    if isinstance(usual, Mapping):
        return _distinct({str(key): _text(text) for key, text in usual.items()})
    return _usual(field.inner) if isinstance(field, fields.List) else None


def _distinct(usual: Mapping[str, Text]) -> Mapping[str, Text]:
    """The words that nothing else is called by, since their titles are typed in their place."""
    titles = Counter(title for text in usual.values() for title in {text.zh, text.en})
    return {key: text for key, text in usual.items() if titles[text.zh] == titles[text.en] == 1}


def meant(text: str, usual: Mapping[str, Text] | None) -> str:
    """The common word whose title was typed, in either language; else the text as it was typed."""
    known = usual or {}
    titled = (key for key, title in known.items() if text in (title.zh, title.en))
    return text if text in known else next(titled, text)


def _words(field: AnyField, name: str) -> Text | None:
    meta = field.metadata
    said = meta.get(name)
    if isinstance(said, Text):
        return said
    if isinstance(said, str):
        return Text(zh=said, en=said)
    if f"{name}_zh" not in meta:
        return None
    return Text(zh=str(meta[f"{name}_zh"]), en=str(meta.get(f"{name}_en", meta[f"{name}_zh"])))


def how_of(field: AnyField) -> str:
    """Which control a field of one value has."""
    if field.metadata.get("file"):
        return "file"
    if field.metadata.get("long"):
        return "text"
    kinds: tuple[tuple[type[Any] | tuple[type[Any], ...], str], ...] = (
        (CountField, "count"),
        ((Whole, fields.Integer), "whole"),
        ((Score, fields.Decimal, fields.Float), "decimal"),
        (fields.Date, "date"),
    )
    return next((how for kind, how in kinds if isinstance(field, kind)), "line")


def choices_of(field: AnyField) -> Mapping[str, Text] | None:
    """The words that a field, or an item of its list, may hold; None where it may hold others."""
    told = field.metadata.get("choices")
    if isinstance(told, Mapping):
        return {str(key): _text(text) for key, text in told.items()}
    if isinstance(field, Choice):
        return field.words
    for validator in field.validators:
        if isinstance(validator, (validate.OneOf, validate.ContainsOnly)):
            labels = list(validator.labels)
            labels += [str(choice) for choice in list(validator.choices)[len(labels) :]]
            return {str(c): _text(said) for c, said in zip(validator.choices, labels, strict=False)}
    return choices_of(field.inner) if isinstance(field, fields.List) else None


def closed_choices(field: AnyField) -> Mapping[str, Text] | None:
    """The same of a field whose validator refuses every other word."""
    closed = any(isinstance(one, validate.OneOf) for one in field.validators)
    return choices_of(field) if closed else None


def _text(said: Any) -> Text:
    return said if isinstance(said, Text) else Text(zh=str(said), en=str(said))
