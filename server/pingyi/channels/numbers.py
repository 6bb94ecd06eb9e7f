"""Decimal words: the one spelling of a number inside a counter's name, a leaf or a file."""

from __future__ import annotations

from decimal import Decimal

MAX_DECIMALS = 20


def word(value: Decimal) -> str:
    """Spell a finite Decimal without exponent, trailing zeros or -0: 92.50 -> "92.5", -0 -> "0"."""
    if not value.is_finite():
        raise ValueError("not a finite number")
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
