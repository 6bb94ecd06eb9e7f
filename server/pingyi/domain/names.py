"""Names: folded, so that two spellings of one unit meet; what people could not read, or would mix up."""

from __future__ import annotations

import unicodedata
from functools import cache

import opencc

from pingyi.channels import Text
from pingyi.channels.comparing import is_dash, unseen_letter
from pingyi.domain.lookalikes import drawn_as, without_digits_like_letters

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


def unseen_in(name: str) -> Text | None:
    """Why a text cannot be a name or title that people read, None where it can: one rule for every door.

    Nothing in it is unseen (control, zero-width, filler, variation selector) or turns the text's direction.
    """
    letter = unseen_letter(name)
    return _UNSEEN.format(letter=f"U+{ord(letter):04X}") if letter else None


_UNSEEN = Text(
    zh="含有看不见的或改变文字方向的字符（{letter}），请删去后重新输入。",
    en="Contains a character that nobody sees or that turns the text's direction ({letter}): take it out.",
)


def spelled_out(name: str) -> str:
    """The name with what is unseen in it as its code, so that a message can show it."""
    return "".join(f"[U+{ord(letter):04X}]" if unseen_letter(letter) else letter for letter in name)


def reads_as(name: str) -> tuple[str, str]:
    """What a name is read as: folded, and as it is drawn; two names of which either is the same read alike.

    "" reads like nothing. A dash between ideographs is drawn as 一.
    """
    seen = "".join(letter for letter in name if not unseen_letter(letter))
    drawn = drawn_as(seen)
    whole = "".join("一" if _is_drawn_one(drawn, at) else letter for at, letter in enumerate(drawn))
    return fold_unit_name(seen), without_digits_like_letters(fold_unit_name(whole))


def read_alike(one: str, other: str) -> bool:
    """Whether two names, not "", read alike; a name reads like itself."""
    pairs = zip(reads_as(one), reads_as(other), strict=True)
    return one == other or any(read and read == again for read, again in pairs)


def _is_drawn_one(text: str, at: int) -> bool:
    """Whether a dash stands between two ideographs."""
    around = (text[at - 1 : at], text[at + 1 : at + 2])
    return is_dash(text[at]) and all(map(_is_ideograph, around))


def _is_ideograph(letter: str) -> bool:
    return letter != "" and unicodedata.name(letter, "").startswith("CJK UNIFIED")


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
