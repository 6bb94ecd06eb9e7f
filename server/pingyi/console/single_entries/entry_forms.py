"""The form of a channel's entry: its schema with the channel's words, as the generator of forms draws it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import Schema, fields

from pingyi.channels import Flag, Moment, Month, Percent, Text, TitledKey, Word, called, titled
from pingyi.channels.families.words import Day
from pingyi.channels.listed import words_in
from pingyi.channels.own_words import keys_named
from pingyi.services.core.bound_channels import BoundChannel
from pingyi.services.intake.evidence_references import COLUMN
from pingyi.services.intake.parse_rows import delivery_schema
from pingyi.web.forms import FormRules
from pingyi.web.forms.rules import Path

AnyField = fields.Field[Any]
UNIT, REASON = "unit", "reason"
DAY_ENDS = time(23, 59, 59)
FLAGS = {"true": Text(zh="是", en="Yes"), "false": Text(zh="否", en="No")}
_REQUIRED = Text(zh="必填", en="Required")
_PERCENT = Text(zh="%", en="%")
_HELP: tuple[tuple[type[AnyField], Text], ...] = (
    (Month, Text(zh="如 2017-03", en="Such as 2017-03")),
    (
        Moment,
        Text(
            zh="如 2017-03-01 09:30；只写日期即为当日终了",
            en="Such as 2017-03-01 09:30; a day alone means its end",
        ),
    ),
)
_EVIDENCE = Text(
    zh="文字说明，或“佐证文件”页上的编号",
    en="Words, or the reference of a file on the page Evidence",
)


@dataclass(frozen=True, slots=True)
class EntryForm:
    """A schema that is drawn, never loaded, and what may be chosen in its fields, by their paths."""

    schema: Schema
    words: Mapping[Path, Mapping[str, Text]]

    def rules(self, fixed: Mapping[str, Any]) -> FormRules:
        """How it is drawn; `fixed`: fields that are not shown, and what they hold."""
        return FormRules(choices_at=lambda path, _content: self.words.get(path), fixed=fixed)


def entry_form(working: BoundChannel, units: Mapping[str, str]) -> EntryForm:
    """The form of a channel's entry, the unit first and the reason of a correction last.

    `units`: the period's, names by codes.
    """
    schema = delivery_schema(working.plugin.entry_schema)(working.context)
    drawn: dict[str, AnyField] = {}
    words: dict[Path, Mapping[str, Text]] = {
        (UNIT,): {code: Text(zh=f"{name}（{code}）", en=f"{name} ({code})") for code, name in units.items()}
    }
    for name, field in sorted(schema.fields.items(), key=lambda one: (one[0] == REASON, one[0] != UNIT)):
        key = field.data_key or name
        if isinstance(field, fields.Mapping) and field.metadata.get("keys"):
            inner = dict(_inner(working, field))
            if inner:
                drawn[key] = fields.Nested(Schema.from_dict(inner), metadata=field.metadata)
                words |= {
                    (key, each): found for each in inner if (found := _words(working, field.value_field))
                }
        else:
            drawn[key] = _drawn(field, required=field.required or _is_needed(working, key))
            words |= {(key,): found} if key != UNIT and (found := _words(working, field)) else {}
    return EntryForm(Schema.from_dict(drawn)(), words)


def _is_needed(working: BoundChannel, key: str) -> bool:
    plugin = working.plugin
    needed = {UNIT: plugin.entry_schema.unit_required, REASON: plugin.corrections_need_reason}
    return needed.get(key, False)


def _inner(working: BoundChannel, field: Any) -> Iterator[tuple[str, AnyField]]:
    """A field for every key of a mapping, called as the scheme calls the key, else the channel."""
    settings = working.context.settings
    usual = called(settings.get(field.metadata["keys"]) or (), working.plugin.words)
    for key, title in titled(usual, settings).items():
        yield key, _titled(field.value_field, title=title)


def _titled(field: AnyField, **told: Any) -> AnyField:
    drawn = copy(field)
    drawn.metadata = {**field.metadata, **told}
    return drawn


def _words(working: BoundChannel, field: AnyField | None) -> Mapping[str, Text]:
    """What may be chosen in a field under the channel's settings; empty where anything may be typed."""
    settings = working.context.settings
    if isinstance(field, TitledKey):
        return titled(called(keys_named(settings, field.named_by), {}), settings)
    return words_in(field, settings)


def _drawn(field: AnyField, *, required: bool) -> AnyField:
    """A field as it is drawn: of yes, no and nothing said one is chosen, and a day is a date."""
    shown = _help(field, required=required)
    told = {
        **({"unit": _PERCENT} if isinstance(field, Percent) else {}),
        **({"help": shown} if shown else {}),
    }
    if isinstance(field, Flag):
        return Word(metadata={**field.metadata, **told, "choices": FLAGS})
    if isinstance(field, Day):
        return fields.Date(metadata={**field.metadata, **told})
    return _titled(field, **told)


def _help(field: AnyField, *, required: bool) -> Text | None:
    """What is said below a field: that it is required, and how it is written."""
    how = _EVIDENCE if field.name == COLUMN else None
    how = how or next((words for kind, words in _HELP if isinstance(field, kind)), None)
    how = None if isinstance(field, Day) else how
    if how and required:
        return Text(zh=f"{_REQUIRED.zh}；{how.zh}", en=f"{_REQUIRED.en}; {how.en[0].lower()}{how.en[1:]}")
    return _REQUIRED if required else how


def typed_content(form: EntryForm, values: Mapping[str, Any], zone: str) -> dict[str, Any]:
    """The stored values of an entry as its form holds them: flags as words, times by the clock of `zone`.

    Sent back as they are they mean the same values.
    """
    moments = {key for key, field in form.schema.fields.items() if isinstance(field, Moment)}
    return {key: _typed(value, ZoneInfo(zone) if key in moments else None) for key, value in values.items()}


def _typed(value: Any, clock: ZoneInfo | None) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _by_the_clock(value, clock) if clock and isinstance(value, str) else value


def _by_the_clock(spelt: str, clock: ZoneInfo) -> str:
    """A stored time without its offset, where it is read as the same time again: midnight would not be."""
    try:
        moment = datetime.fromisoformat(spelt)
    except ValueError:
        return spelt
    wall = moment.replace(tzinfo=None)
    if moment.microsecond or moment.utcoffset() != wall.replace(tzinfo=clock).utcoffset():
        return spelt
    if wall.time() == DAY_ENDS:
        return str(wall.date())
    return spelt if wall.time() == time() else str(wall)
