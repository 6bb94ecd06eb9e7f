"""What a channel's facts are called and in which order they stand, by the titles and words that it gives."""

from __future__ import annotations

from pingyi.channels.channel import Channel
from pingyi.channels.text import Text

STAR, WORD = "*", "{word}"
Place = tuple[int, int, str, int]


def fact_title(channel: Channel, name: str) -> Text | None:
    """The title of a fact: by its name, else by the first pattern that fits; None where neither is titled."""
    if name in channel.fact_titles:
        return channel.fact_titles[name]
    pattern, star = _pattern(channel, name)
    if not pattern:
        return None
    title, word = channel.fact_titles[pattern], word_of(channel, star)
    return Text(zh=title.zh.replace(WORD, word.zh), en=title.en.replace(WORD, word.en))


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
