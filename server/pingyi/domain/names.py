"""Folding of unit names, so that two spellings of one name meet."""

from __future__ import annotations

import unicodedata
from functools import cache

import opencc

from pingyi.channels.comparing import is_dash

_KEPT = frozenset("LMN")
_ZEROS = str.maketrans(dict.fromkeys("○◯〇⭕", "零"))
_MIDDLE_DOTS = frozenset("·•・‧∙⋅･")


@cache
def _simplifier() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def fold_unit_name(name: str) -> str:
    """The same, but signs between digits stay, `+` and `#` too, and every way to write a zero is one.

    So 3·15中心 is not 315中心, and 一〇三医院, 一○三医院 and 一零三医院 are one.
    """
    narrow = unicodedata.normalize("NFKC", name).casefold().translate(_ZEROS)
    kept = [
        letter if unicodedata.category(letter)[0] in _KEPT or letter in "+#" else _between(narrow, at)
        for at, letter in enumerate(narrow)
    ]
    return unicodedata.normalize("NFKC", _simplifier().convert("".join(kept)))


def _between(text: str, at: int) -> str:
    """A sign between two digits, dashes and dots each as one; any other as nothing."""
    letter = text[at]
    if not (0 < at < len(text) - 1 and text[at - 1].isdigit() and text[at + 1].isdigit()):
        return ""
    if is_dash(letter):
        return "-"
    if letter in _MIDDLE_DOTS:
        return "·"
    return letter if unicodedata.category(letter)[0] in "PS" else ""


def fold_name(name: str) -> str:
    """The name as it is compared: simplified script, narrow width, lower case, letters and digits only.

    Full-width and traditional spellings of one name fold to the same text; a name without letters or digits
    folds to "", which matches nothing.
    """
    narrow = unicodedata.normalize("NFKC", name).casefold()
    kept = "".join(letter for letter in narrow if unicodedata.category(letter)[0] in _KEPT)
    return unicodedata.normalize("NFKC", _simplifier().convert(kept))


_UNFIT = frozenset("/\\?#%")


def is_unit_code(code: str) -> bool:
    """Whether a unit's code can stand in addresses and lists as people type it: one rule for every door.

    No space, nothing unseen, none of / \\ ? # %, neither "." nor "..".
    """
    return code not in {"", ".", ".."} and not any(
        letter in _UNFIT or letter.isspace() or unicodedata.category(letter)[0] in "CZ" for letter in code
    )


def is_unit_code_of_old(code: str) -> bool:
    """The same for an evaluation from before there was one rule."""
    return "/" not in code and code not in {".", ".."}
