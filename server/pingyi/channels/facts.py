"""What a channel's facts are called and in which order they stand, by the titles and words that it gives."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pingyi.channels.channel import Channel
from pingyi.channels.text import Text

STAR, WORD = "*", "{word}"
Place = tuple[int, int, str, int]
_NUMBER = re.compile(r"[0-9.-]+")


def fact_title(channel: Channel, name: str, own: Mapping[str, Text] | None = None) -> Text | None:
    """The title of a fact: by its name, else by the first pattern that fits; None where neither is titled.

    `own`: what the scheme calls keys, which goes before the words of the channel.
    """
    own = own or {}
    pattern, star = _pattern(channel, name)
    if name in channel.fact_titles:
        title, known = channel.fact_titles[name], channel.words.get(star)
        return _reworded(title, known, own[star]) if known and star in own else title
    if not pattern:
        return None
    title = channel.fact_titles[pattern]
    if star in own:
        return Text(zh=_filled(title.zh, own[star].zh), en=_filled(title.en, own[star].en))
    word = word_of(channel, star)
    return Text(zh=title.zh.replace(WORD, word.zh), en=title.en.replace(WORD, word.en))


def fact_value(channel: Channel, name: str, value: str, own: Mapping[str, Text]) -> Text | None:
    """What a fact that is a key is called, by the scheme or by the channel; None where it is none.

    A number is a key only of the facts that the channel says are keys: as a count it means itself.
    """
    if value in own and (name in channel.key_facts or not _NUMBER.fullmatch(value)):
        return own[value]
    return channel.words.get(value)


def _reworded(title: Text, known: Text, own: Text) -> Text:
    """A title that holds the channel's word for a key, with the scheme's in its place."""
    return Text(zh=title.zh.replace(known.zh, own.zh), en=title.en.replace(known.en, own.en))


def _filled(title: str, word: str) -> str:
    """A title with the scheme's word in it; an ending that the word has itself is not said twice."""
    ending = title.partition(WORD)[2]
    return title.replace(WORD, word.removesuffix(ending) if ending else word)


def word_of(channel: Channel, key: str) -> Text:
    """What the channel calls a key; one that it has no word for stands as it is."""
    return channel.words.get(key) or own_name(key)


def own_name(key: str) -> Text:
    """A name or a key that nobody has words for, in both languages as it is, with spaces."""
    spaced = key.replace("_", " ")
    return Text(zh=spaced, en=spaced)


def fact_place(channel: Channel, name: str) -> Place:
    """Where a fact stands among the others: in the order of the titles, untitled ones last.

    Patterns that follow each other are one group, in the order of the words: what belongs to one word stands
    side by side.
    """
    titles = list(channel.fact_titles)
    if name in channel.fact_titles:
        return titles.index(name), 0, "", 0
    pattern, star = _pattern(channel, name)
    if not pattern:
        return len(titles), 0, name, 0
    position = first = titles.index(pattern)
    while first and STAR in titles[first - 1]:
        first -= 1
    words = list(channel.words)
    return first, words.index(star) if star in channel.words else len(words), star, position


def _pattern(channel: Channel, name: str) -> tuple[str, str]:
    """The first pattern that a name fits and what stands for its star; both empty where there is none."""
    for pattern in channel.fact_titles:
        head, star, tail = pattern.partition(STAR)
        middle = name[len(head) : len(name) - len(tail)]
        if star and middle and name == f"{head}{middle}{tail}":
            return pattern, middle
    return "", ""
