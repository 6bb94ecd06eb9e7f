"""The setting `titles`: what a scheme calls the keys that its settings name, one word for one key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from pingyi.channels.messages import Message
from pingyi.channels.own_words import called, folded_word
from pingyi.channels.schema import Word
from pingyi.channels.text import Text
from pingyi.channels.wordings import KEY, worded

Place = tuple[str | int, ...]

_NO_WORD = Message(zh="不能为空，也不能只有标点。", en="Must not be empty, nor signs alone.")
_UNUSED = Message(
    zh="本渠道的设置没有用到代号“{key}”；用到的有：{known}。",
    en='The settings of this channel use no key "{key}"; they use: {known}.',
)
_TAKEN = Message(
    zh="“{word}”已经指“{key}”，一个词只能指一个代号。",
    en='"{word}" means "{key}" already; a word has one meaning.',
)


def says_something(word: str) -> None:
    """Refuse a word of signs alone: nothing would be left of it to compare."""
    if not folded_word(word):
        raise ValidationError(_NO_WORD)


_SPELLING = Text(zh="写法", en="Spelling")
_ALSO = worded(Text(zh="其他写法", en="Other spellings"), row=_SPELLING)


class KeyTitle(Schema):
    """What people call a key: `zh`, `en`, and `also` what else they write for it."""

    zh = Word(
        required=True, validate=says_something, metadata={"title_zh": "中文名称", "title_en": "In Chinese"}
    )
    en = Word(
        required=True, validate=says_something, metadata={"title_zh": "英文名称", "title_en": "In English"}
    )
    also = fields.List(Word(validate=says_something, metadata=worded(_SPELLING)), metadata=_ALSO)

    @post_load
    def freeze(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Settings never change."""
        return {**data, "also": tuple(data["also"])} if "also" in data else data


class KeyTitles(fields.Dict):
    """A table from keys to what they are called."""

    def __init__(self, **kwargs: Any) -> None:
        keys = Word(validate=validate.Length(min=1), metadata=worded(KEY))
        values = fields.Nested(KeyTitle, metadata=worded(Text(zh="名称", en="Title")))
        super().__init__(keys=keys, values=values, **kwargs)


def title_errors(titles: Mapping[str, Any], vocabularies: Iterable[Sequence[str]]) -> dict[str, Any]:
    """What is wrong with loaded titles, as marshmallow nests it: keys nobody uses, words with two meanings.

    `vocabularies`: the keys that the settings use, those together that stand in one column.
    """
    columns = [called(keys, {}) for keys in vocabularies]
    used = list(dict.fromkeys(key for words in columns for key in words))
    unused = {
        key: [_UNUSED.format(key=key, known=", ".join(used) or "-")] for key in titles if key not in used
    }
    return {**word_errors(titles, columns), **unused}


def word_errors(titles: Mapping[str, Any], columns: Iterable[Mapping[str, Text]]) -> dict[str, Any]:
    """The words of loaded titles that mean another key of the same column, as marshmallow nests errors.

    `columns`: the keys of each, with what they are called without the scheme. What several keys are called
    there alike means none of them, so that a scheme may give it to one.
    """
    wrong: dict[str, Any] = {}
    for words in columns:
        owners = _owners(words)
        for key, title in titles.items():
            for place, word in _places(title) if key in words else ():
                means = owners.setdefault(folded_word(word), [key])
                if key not in means:
                    _put(wrong, (key, "value", *place), _TAKEN.format(word=word, key=means[0]))
                elif len(means) > 1:
                    owners[folded_word(word)] = [key]
    return wrong


def _owners(words: Mapping[str, Text]) -> dict[str, list[str]]:
    """The keys that each folded word means without the scheme."""
    owners: dict[str, list[str]] = {}
    for key, word in words.items():
        for folded in {folded_word(spelling) for spelling in (key, word.zh, word.en)}:
            owners.setdefault(folded, []).append(key)
    return owners


def _places(title: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """Each word of a title with its place there."""
    yield ("zh",), title["zh"]
    yield ("en",), title["en"]
    yield from ((("also", position), word) for position, word in enumerate(title.get("also", ())))


def _put(errors: dict[Any, Any], place: Place, message: Message) -> None:
    """Note an error at its place, once."""
    *above, last = place
    for step in above:
        errors = errors.setdefault(step, {})
    errors.setdefault(last, [message])
