"""Columns whose cells name a key of the channel's settings, by the key or as people call it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import ValidationError

from pingyi.channels.comparing import compared_text
from pingyi.channels.messages import Message
from pingyi.channels.schema import EntrySchema, Word
from pingyi.channels.text import Text
from pingyi.channels.types import Settings

NOT_LISTED = Message(
    zh="没有“{given}”，只能是：{choices}。", en="There is no {given}; it is one of: {choices}."
)
_SIGNS = re.compile(r"[\s_\-、，。:：()（）]+")

Keys = Callable[[Settings], Mapping[str, Text]]


class Listed(Word):
    """A key that the settings name, given by itself, in Chinese or in English. Loads to the key.

    `keys`: what the settings name, each with what it is called; while it names nothing every word will do.
    `also`: other words for keys.
    """

    def __init__(self, keys: Keys, *, also: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.keys = keys
        self.also = dict(also or {})
        self._known: tuple[Settings, Mapping[str, Text]] = ({}, {})
        self._meant: dict[str, str | None] = {}

    def choices(self) -> Mapping[str, Text]:
        """The keys of this schema's channel, each with what it is called."""
        schema = self.root
        settings = schema.channel.settings if isinstance(schema, EntrySchema) else {}
        if settings and settings is not self._known[0]:  # once for all rows of a delivery
            self._known, self._meant = (settings, self.keys(settings)), {}
        return self._known[1] if settings else {}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        choices = self.choices()
        if not text or not choices or text in choices:
            return text
        if text not in self._meant:
            self._meant[text] = key_of(text, choices, self.also)
        found = self._meant[text]
        if found is None:
            raise ValidationError(NOT_LISTED.format(given=text, choices=in_words(choices)))
        return found


def key_of(text: str, choices: Mapping[str, Text], also: Mapping[str, str]) -> str | None:
    """The only key that people may mean by a word; None where it is none or several."""
    wanted = _plain(text)
    meant = {
        key for key, title in choices.items() if wanted in {_plain(key), _plain(title.zh), _plain(title.en)}
    }
    if not meant:
        meant = {key for word, key in also.items() if wanted == _plain(word) and key in choices}
    return meant.pop() if len(meant) == 1 else None


def _plain(word: str) -> str:
    return _SIGNS.sub("", compared_text(word))


def in_words(choices: Mapping[str, Text]) -> Text:
    """What there is to choose from, in both languages."""
    words = choices.values()
    return Text(zh="、".join(word.zh for word in words), en=", ".join(word.en for word in words))


def called(keys: Any, words: Mapping[str, Text]) -> dict[str, Text]:
    """Each key with what it is called, else with itself."""
    return {key: words.get(key) or Text(zh=key, en=key) for key in keys}
