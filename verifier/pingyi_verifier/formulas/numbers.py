"""Exact numbers: read strictly, rounded half up, printed with their decimals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import lcm
from typing import Any

DECIMAL = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?")
QUOTIENT = re.compile(r"[0-9]{1,15}/[1-9][0-9]{0,14}")


def number(value: Any) -> Fraction:
    """A whole number, a plain decimal or a quotient, exactly; ValueError on anything else."""
    text = str(value).strip()
    plain = type(value) in (str, int) and (DECIMAL.fullmatch(text) or QUOTIENT.fullmatch(text))
    if not plain:
        raise ValueError(f"not a number: {value!r}")
    return Fraction(text)


def digits_of(text: str) -> tuple[int, int]:
    """A decimal's digits as a whole number, and how many of them stand behind the point."""
    if not DECIMAL.fullmatch(text):
        raise ValueError(f"not a decimal: {text!r}")
    whole, _, part = text.partition(".")
    return int(whole + part), len(part)


def decimal(value: Any) -> Fraction:
    """A whole number or a plain decimal of the scheme or the snapshot; ValueError on anything else."""
    return Fraction(shortest(value))


def shortest(value: Any) -> str:
    """The same in its shortest spelling: "+07.50" is "7.5"."""
    if type(value) not in (str, int):
        raise ValueError(f"not a decimal: {value!r}")
    return spelled_short(*digits_of(str(value).strip()))


def whole_number(value: Any) -> int:
    """A whole number of the settings, also given as digits."""
    units, decimals = digits_of(str(value).strip())
    if decimals:
        raise ValueError(f"not a whole number: {value!r}")
    return units


def half_up(value: Fraction) -> int:
    """The nearest whole number, halves away from zero."""
    nearest = (2 * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return -nearest if value < 0 else nearest


def percent(share: Fraction) -> str:
    """A share as it is printed: percent, two decimals, half up, no sign."""
    return spelled(half_up(share * 10_000), 2)


def spelled(units: int, decimals: int) -> str:
    """`units` of 10**-decimals with exactly so many decimals: (1250, 2) is "12.50"."""
    sign, digits = ("-" if units < 0 else ""), str(abs(units)).rjust(decimals + 1, "0")
    return sign + (f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits)


def spelled_short(units: int, decimals: int) -> str:
    """The same without trailing zeros: (1250, 2) is "12.5"."""
    text = spelled(units, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text


def common_units(weights: Iterable[Fraction]) -> list[int]:
    """Weights as whole numbers in the same proportion."""
    weights = list(weights)
    whole = lcm(*(weight.denominator for weight in weights))
    return [int(weight * whole) for weight in weights]


def numbers_in(table: Mapping[str, Any] | None) -> dict[str, Fraction]:
    """A table of numbers of the settings, its keys trimmed."""
    return {key.strip(): number(value) for key, value in (table or {}).items()}


def flag(value: Any) -> bool:
    """A yes or no of the settings."""
    return str(value).strip().lower() in {"true", "t", "yes", "y", "on", "1", "是", "有"}
