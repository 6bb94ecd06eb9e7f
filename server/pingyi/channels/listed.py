"""Columns whose cells name a key of the channel's settings, by the key or as people call it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from marshmallow import ValidationError, fields

from pingyi.channels.channel import Channel
from pingyi.channels.key_titles import word_errors
from pingyi.channels.messages import Message
from pingyi.channels.own_words import (
    SETTING,
    called,
    folded_word,
    key_in_own_words,
    keys_named,
    own_titles,
    title_tables,
    titled,
)
from pingyi.channels.schema import Choice, Word, context_of
from pingyi.channels.settings import Key
from pingyi.channels.text import Text
from pingyi.channels.types import Settings

NOT_LISTED = Message(
    zh="没有“{given}”，只能是：{choices}。", en="There is no {given}; it is one of: {choices}."
)

Keys = Callable[[Settings], Mapping[str, Text]]


class Listed(Word):
    """A key that the settings name, given by itself, in Chinese or in English. Loads to the key.

    `keys`: what the settings name, each with what it is called; while it names nothing every word will do.
    `also`: other words for keys. The scheme's own words, its `titles`, are known before all of these.
    """

    def __init__(self, keys: Keys, *, also: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.keys = keys
        self.also = dict(also or {})
        self._known: tuple[Settings, Mapping[str, Text]] = ({}, {})
        self._meant: dict[str, str | None] = {}

    def words_in(self, settings: Settings) -> Mapping[str, Text]:
        """What may stand in it and what that is called under these settings; nothing without settings."""
        return titled(self.keys(settings), settings) if settings else {}

    def choices(self) -> Mapping[str, Text]:
        """The keys of this schema's channel, each with what it is called but for the scheme's titles."""
        settings = context_of(self).settings
        if settings and settings is not self._known[0]:  # once for all rows of a delivery
            self._known, self._meant = (settings, self.keys(settings)), {}
        return self._known[1] if settings else {}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        choices = self.choices()
        if not text or not choices or text in choices:
            return text
        if text not in self._meant:
            own = key_in_own_words(text, choices, context_of(self))
            self._meant[text] = own or key_of(text, choices, self.also)
        found = self._meant[text]
        if found is None:
            words = titled(choices, context_of(self).settings)
            raise ValidationError(NOT_LISTED.format(given=text, choices=in_words(words)))
        return found


class TitledKey(Key):
    """A key that the settings `named_by` name, given by itself or as the scheme calls it. Loads to the key.

    Where the scheme calls none of the keys anything, it is a Key as any other.
    """

    def __init__(self, *, named_by: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.named_by = tuple(named_by)

    def words_in(self, settings: Settings) -> Mapping[str, Text]:
        """What may stand in it and what that is called; nothing where no key has a title."""
        keys = keys_named(settings, self.named_by)
        if own_titles(settings).keys().isdisjoint(keys):
            return {}
        return titled(called(keys, {}), settings)

    def key_of(self, text: str) -> str:
        """The key that a word is or stands for; a ValidationError where it is or does neither."""
        context = context_of(self)
        words = self.words_in(context.settings) if SETTING in context.settings else {}
        if not words:
            return super().key_of(text)
        key = text if text in words else key_in_own_words(text, words, context)
        if key is None:
            raise ValidationError(NOT_LISTED.format(given=text, choices=in_words(words)))
        return key


def key_of(text: str, choices: Mapping[str, Text], also: Mapping[str, str]) -> str | None:
    """The only key that people may mean by a word; None where it is none or several."""
    wanted = folded_word(text)
    meant = {
        key
        for key, title in choices.items()
        if wanted in {folded_word(key), folded_word(title.zh), folded_word(title.en)}
    }
    if not meant:
        meant = {key for word, key in also.items() if wanted == folded_word(word) and key in choices}
    return meant.pop() if len(meant) == 1 else None


def in_words(choices: Mapping[str, Text]) -> Text:
    """What there is to choose from, in both languages."""
    words = choices.values()
    return Text(zh="、".join(word.zh for word in words), en=", ".join(word.en for word in words))


def words_in(field: fields.Field[Any] | None, settings: Settings) -> Mapping[str, Text]:
    """What may stand in a field and what that is called under these settings; empty where any word may."""
    return field.words_in(settings) if isinstance(field, (Choice, Listed, TitledKey)) else {}


def clashing_titles(channel: Channel, settings: Settings) -> Mapping[str, Any]:
    """The words of the scheme that mean another key already in a column of the channel, as errors are nested.

    `settings`: loaded ones, whose own words do not clash among themselves.
    """
    titles = title_tables(settings)
    wrong = word_errors(titles, _columns(channel, settings)) if titles else {}
    return {SETTING: wrong} if wrong else {}


def _columns(channel: Channel, settings: Settings) -> Iterator[Mapping[str, Text]]:
    """The keys of each column whose cells or headings are words, as they are called without the scheme."""
    for field in channel.entry_schema().fields.values():
        if keys := settings.get(field.metadata.get("keys", "")):
            yield called(keys, channel.words)
        inner = field.value_field if isinstance(field, fields.Mapping) else field
        if isinstance(inner, Listed):
            yield inner.keys(settings)
        elif isinstance(inner, Choice) and inner.named_by:
            yield inner.words
