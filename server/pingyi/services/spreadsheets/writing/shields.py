"""Keeps spreadsheets from taking text for a formula, and takes the shield off again.

What begins a formula, and that an apostrophe before it makes text of it: OWASP, CSV Injection.
"""

from __future__ import annotations

import re
from typing import Final

SHIELD: Final = "'"
# Spreadsheets in Chinese and Japanese take the full-width signs too; what is not seen may stand before them.
_FORMULA = re.compile("(?:[\t\r\n]|[\\s\u200b-\u200f\u2060\ufeff]*[=+\\-@＝＋－＠])")
_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?%?\s*")


def is_dangerous(text: str) -> bool:
    """Whether a spreadsheet may calculate the text; a plain number such as -0.5 is one and stays one."""
    bare = text.lstrip(SHIELD)
    return bool(_FORMULA.match(bare)) and not _NUMBER.fullmatch(bare)


def shielded(text: str) -> str:
    """The text as a cell of a CSV file that people open: behind an apostrophe where it is dangerous."""
    return SHIELD + text if is_dangerous(text) else text


def unshielded(text: str) -> str:
    """The text that `shielded` made this cell of; any other as it stands."""
    return text[1:] if text.startswith(SHIELD) and is_dangerous(text) else text
