"""How names and numbers are compared, so that two spellings of one case or rater meet."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Around digits some programs write ="…", before them ' or `, so that a spreadsheet leaves them alone.
_WRAPPED = re.compile(r'=\s*"((?:[^"]|"")*)"')
_SHIELDS = "'`\u00b4\u2018\u2019\u02bc\uff07\uff40"
_SIGNS_OF_EXPORTS = {"=", "'", "`"}
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_BREAKS = frozenset("\t\n\r\u2028\u2029")
_MORE_DASHES = frozenset("\u2212\u02d7\u00af\u2500")


@lru_cache(maxsize=8192)  # a batch names the same things over and over
def compared_text(text: str) -> str:
    """The text as it is compared: plain and in one case. It is only ever compared, never shown."""
    return unicodedata.normalize("NFKC", plain_text(text).casefold().upper())


def plain_text(text: str) -> str:
    """The text in one width, with one dash and one space, nothing that is not seen and nothing around it."""
    if text.isascii() and text.isprintable() and text.strip()[:1] not in _SIGNS_OF_EXPORTS:
        return " ".join(text.split())  # the usual name: nothing below would change more of it
    seen = "".join(letter for letter in text if not _is_unseen(letter)).strip()
    wrapped = _WRAPPED.fullmatch(seen)
    seen = wrapped[1].replace('""', '"') if wrapped else seen
    seen = seen.strip()
    seen = seen[1:] if seen[:1] and seen[0] in _SHIELDS else seen
    narrow = unicodedata.normalize("NFKC", seen)
    return " ".join("".join("-" if is_dash(letter) else letter for letter in narrow).split())


def is_dash(letter: str) -> bool:
    """Whether people see a dash, whichever of the many it is."""
    return unicodedata.category(letter) == "Pd" or letter in _MORE_DASHES


def unseen_letter(text: str) -> str:
    """The first letter of a text of one line that nobody sees or that turns its direction, "" if none is."""
    return next((letter for letter in text if letter in _BREAKS or _is_unseen(letter)), "")


def _is_unseen(letter: str) -> bool:
    """Marks of direction and order, zero-width signs, variation selectors and control characters."""
    if letter in "\t\n\r":
        return False
    return (
        unicodedata.category(letter) in {"Cf", "Cc"}
        or letter in _UNSEEN
        or "\ufe00" <= letter <= "\ufe0f"
        or "\u180b" <= letter <= "\u180f"
        or "\U000e0100" <= letter <= "\U000e01ef"
    )
