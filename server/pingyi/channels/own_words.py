"""The words that a scheme has of its own for the keys of a channel's settings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pingyi.channels.comparing import compared_text
from pingyi.channels.text import Text
from pingyi.channels.types import Context, Settings

SETTING = "titles"
_CACHED = "own words"
_SIGNS = re.compile(r"[\s_\-、，。:：()（）]+")


def folded_word(word: str) -> str:
    """A word as words for keys are compared: as names are, and without the signs between its parts."""
    return _SIGNS.sub("", compared_text(word))


def own_titles(settings: Settings) -> dict[str, Text]:
    """What the scheme calls keys, by key; empty where it calls none. The settings may be loaded or raw."""
    return {
        key: Text(zh=title["zh"].strip(), en=title["en"].strip())
        for key, title in title_tables(settings).items()
    }


def title_tables(settings: Settings) -> dict[str, Mapping[str, Any]]:
    """The setting `titles` as it stands, `zh`, `en` and `also` by key; empty where it is something else."""
    titles = settings.get(SETTING)
    if not isinstance(titles, Mapping):
        return {}
    return {str(key).strip(): title for key, title in titles.items() if _is_title(title)}


def _is_title(title: Any) -> bool:
    return isinstance(title, Mapping) and all(isinstance(title.get(name), str) for name in ("zh", "en"))


def spellings(title: Mapping[str, Any]) -> tuple[str, ...]:
    """Every word of a title: the Chinese one, the English one, then the others."""
    return (title["zh"], title["en"], *title.get("also", ()))


def called(keys: Iterable[str], words: Mapping[str, Text]) -> dict[str, Text]:
    """Each key with what it is called, else with itself."""
    return {key: words.get(key) or Text(zh=key, en=key) for key in keys}


def titled(words: Mapping[str, Text], settings: Settings) -> dict[str, Text]:
    """Each key as the scheme calls it, else as `words` does."""
    titles = own_titles(settings)
    return {key: titles.get(key, word) for key, word in words.items()}


def keys_named(settings: Settings, names: Sequence[str]) -> tuple[str, ...]:
    """The keys that the settings of these names bring: of a table, of a list, of a list of tables."""
    return tuple(dict.fromkeys(key for name in names for key in _keys_in(settings.get(name))))


def _keys_in(setting: Any) -> Iterator[str]:
    for part in setting if isinstance(setting, (Mapping, list, tuple)) else ():
        key = part.get("key", part.get("measure")) if isinstance(part, Mapping) else part
        if isinstance(key, str):
            yield key


def key_in_own_words(word: str, keys: Sequence[str] | Mapping[str, Any], context: Context) -> str | None:
    """The one of `keys` that the scheme has this word for; None where it is a word for none of them."""
    own = _own_words(context)
    meant = [key for key in own.get(folded_word(word), ()) if key in keys] if own else []
    return meant[0] if len(meant) == 1 else None


def _own_words(context: Context) -> Mapping[str, Sequence[str]]:
    """The keys that each folded word of the scheme stands for; several only in columns of their own."""
    known: dict[str, list[str]] | None = context.cache.get(_CACHED)
    if known is None:
        known = {}
        for key, title in title_tables(context.settings).items():
            for word in dict.fromkeys(map(folded_word, spellings(title))):
                known.setdefault(word, []).append(key)
        context.cache[_CACHED] = known
    return known
