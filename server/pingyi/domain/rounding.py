"""Half-up rounding of exact values, and whole numbers in units of 10**-decimals with their spelling."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction


def half_up_scaled(numerator: int, denominator: int, decimals: int) -> int:
    """Round numerator/denominator half-up to units of 10**-decimals, halves away from zero.

    `denominator` is positive.
    """
    scaled = abs(numerator) * int(10**decimals)
    rounded = (2 * scaled + denominator) // (2 * denominator)
    return -rounded if numerator < 0 else rounded


def half_up(value: Fraction, decimals: int) -> Decimal:
    """Round an exact value half-up to a Decimal with `decimals` places, halves away from zero."""
    return unscaled(half_up_scaled(value.numerator, value.denominator, decimals), decimals)


def unscaled(value: int, decimals: int) -> Decimal:
    """The Decimal with `decimals` places that `value` units of 10**-decimals are."""
    return Decimal((int(value < 0), tuple(map(int, str(abs(value)))), -decimals))


def spell_scaled(value: int | None, decimals: int) -> str:
    """Spell units of 10**-decimals with all places: 8730, 2 -> "87.30"; None (not rated) is empty."""
    if value is None:
        return ""
    if not decimals:
        return str(value)
    digits = str(abs(value)).rjust(decimals + 1, "0")
    return f"{'-' if value < 0 else ''}{digits[:-decimals]}.{digits[-decimals:]}"
