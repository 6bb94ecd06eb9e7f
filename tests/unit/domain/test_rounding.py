"""Exact half-up rounding and the spelling of scaled whole numbers."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingyi.domain.rounding import half_up, half_up_scaled, spell_scaled, unscaled


@pytest.mark.parametrize(
    ("value", "decimals", "rounded"),
    [
        (Fraction(4625, 1000), 2, "4.63"),
        (Fraction(2675, 1000), 2, "2.68"),
        (Fraction(444, 5) * 4 / 100, 2, "3.55"),
        (Fraction(4188, 575), 2, "7.28"),
        (Fraction(79, 10), 2, "7.90"),
        (Fraction(1, 3), 12, "0.333333333333"),
        (Fraction(1, 2), 0, "1"),
        (Fraction(-1, 2), 0, "-1"),
        (Fraction(-1, 400), 2, "0.00"),
    ],
)
def test_half_up_gives_the_published_number(value: Fraction, decimals: int, rounded: str) -> None:
    assert str(half_up(value, decimals)) == rounded


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6), st.integers(0, 12))
def test_half_up_is_within_half_a_step_and_goes_away_from_zero(n: int, d: int, decimals: int) -> None:
    rounded = Fraction(half_up_scaled(n, d, decimals), 10**decimals)
    off = rounded - Fraction(n, d)
    half = Fraction(1, 2 * 10**decimals)
    assert abs(off) <= half
    if abs(off) == half:
        assert abs(rounded) > abs(Fraction(n, d))


@given(st.decimals(-(10**6), 10**6, places=5), st.integers(0, 5))
def test_half_up_agrees_with_the_decimal_module(value: Decimal, decimals: int) -> None:
    assert half_up(Fraction(value), decimals) == value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


@given(st.integers(-(10**15), 10**15), st.integers(0, 12))
def test_spelling_is_the_decimal_with_all_places(value: int, decimals: int) -> None:
    spelled = spell_scaled(value, decimals)
    assert Decimal(spelled) == unscaled(value, decimals) == Decimal(value).scaleb(-decimals)
    assert len(spelled.partition(".")[2]) == decimals


def test_spelling_of_nothing_rated_is_empty() -> None:
    assert spell_scaled(None, 2) == ""
