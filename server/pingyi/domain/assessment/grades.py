"""Grades of ranked units: by lower bounds of the total, or by shares of the category."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil

from pingyi.domain.assessment.ranking import ranks_of
from pingyi.domain.scheme.values import Grades


def grades_of(grades: Grades, totals: Sequence[int], decimals: int) -> dict[int, str]:
    """The grade of every total among the ranked totals of one category.

    Shares give floor(share * units) places to each grade but the last, which takes the rest (128 units at 30,
    60 and 10 percent: 38, 76, 14). Units with equal totals share the better grade: order never decides.
    """
    if grades.bounds:
        return _by_bounds({key: ceil(Fraction(bound) * 10**decimals) for key, bound in grades.bounds}, totals)
    return _by_shares({key: Fraction(share) for key, share in grades.shares}, totals)


def _by_bounds(bounds: Mapping[str, int], totals: Sequence[int]) -> dict[int, str]:
    return {total: next(key for key, bound in bounds.items() if total >= bound) for total in set(totals)}


def _by_shares(shares: Mapping[str, Fraction], totals: Sequence[int]) -> dict[int, str]:
    graded: dict[int, str] = {}
    ranks = ranks_of(totals, "competition")
    last_place, keys = 0, list(shares)
    for key in keys[:-1]:
        last_place += int(shares[key] * len(totals))
        graded |= {total: key for total, rank in ranks.items() if rank <= last_place and total not in graded}
    return {total: graded.get(total, keys[-1]) for total in ranks}
