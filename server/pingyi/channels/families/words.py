"""Columns that several families share: a day and evidence; and how a refusal lists keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import Schema, ValidationError

from pingyi.channels import Choice, Moment, Period, Settings, Text, Word, called, in_words, titled
from pingyi.channels.messages import Message, named
from pingyi.channels.own_words import own_titles
from pingyi.channels.schema import MAX_TEXT_CHARACTERS, title_of

__all__ = ["Choice", "Day", "check_day", "check_month", "evidence_field", "keys_in_words", "larger_than"]

_LARGER = Message(zh="大于“{column}”。", en='Larger than "{column}".')


def evidence_field() -> Word:
    """Optional text, or the reference of a file that was brought before."""
    return Word(
        limit=MAX_TEXT_CHARACTERS,
        metadata={
            "title_zh": "依据",
            "title_en": "Evidence",
            "also": ("评分依据", "扣分依据", "备注", "说明"),
        },
    )


def keys_in_words(
    keys: Iterable[str], settings: Settings, words: Mapping[str, Text] | None = None
) -> Text | str:
    """Keys of the settings as a refusal lists them: as the scheme calls them where it has words for any.

    `words`: what they are called else; without, they stand as they are spelled.
    """
    listed = called(keys, words or {})
    if own_titles(settings).keys().isdisjoint(listed):
        return named(listed, words) if words else ", ".join(listed)
    return in_words(titled(listed, settings))


class Day(Moment):
    """A calendar day; of a time, its day in the period's zone. Loads to a date."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        moment = super()._deserialize(value, attr, data, **kwargs)
        zone: ZoneInfo = self._zone()
        return moment.astimezone(zone).date()


def larger_than(schema: Schema, column: str) -> Message:
    """A figure is larger than that column: in Chinese by its title, in English by its name."""
    title = title_of(schema.fields[column], column)
    return _LARGER.format(column=Text(zh=title.zh, en=column))


def check_day(day: date, period: Period) -> None:
    """Refuse a day outside the period; without dates every day will do."""
    if (period.starts_on and day < period.starts_on) or (period.ends_on and day > period.ends_on):
        raise ValidationError(Message(zh="日期不在本周期内。", en="This day lies outside the period."))


def check_month(month: str, period: Period) -> None:
    """Refuse a month outside the period; without dates every month will do."""
    first = f"{period.starts_on:%Y-%m}" if period.starts_on else month
    last = f"{period.ends_on:%Y-%m}" if period.ends_on else month
    if not first <= month <= last:
        raise ValidationError(Message(zh="月份不在本周期内。", en="This month lies outside the period."))
