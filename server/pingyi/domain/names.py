"""Folding of unit names, so that two spellings of one name meet."""

from __future__ import annotations

import unicodedata
from functools import cache

import opencc

_KEPT = frozenset("LMN")


@cache
def _simplifier() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def fold_name(name: str) -> str:
    """The name as it is compared: simplified script, narrow width, lower case, letters and digits only.

    Full-width and traditional spellings of one name fold to the same text; a name without letters or digits
    folds to "", which matches nothing.
    """
    narrow = unicodedata.normalize("NFKC", name).casefold()
    kept = "".join(letter for letter in narrow if unicodedata.category(letter)[0] in _KEPT)
    return unicodedata.normalize("NFKC", _simplifier().convert(kept))
