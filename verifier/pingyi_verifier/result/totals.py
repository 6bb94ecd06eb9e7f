"""Groups and totals, by what the scheme says of channels that are missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import lcm
from typing import Any

from pingyi_verifier.formulas.numbers import decimal, half_up
from pingyi_verifier.result.lines import Line, Points


def add_up(scheme: Mapping[str, Any], lines: Sequence[Line], off: set[tuple[str, str]]) -> None:
    """Group points and totals by the scheme's policy for what is missing, and the share that was rated."""
    policy = scheme["policies"]["missing"]
    exactly = {plan["key"]: decimal(plan["max_points"]) for plan in scheme["channels"]}
    common = lcm(*(most.denominator for most in exactly.values()))
    maxima = {key: int(most * common) for key, most in exactly.items()}  # only their ratios matter
    everything = sum(maxima.values())
    means = category_means(lines) if policy == "category_mean" else {}
    for line in lines:
        have = [key for key, points in line.points.items() if points is not None]
        line.coverage = Fraction(sum(maxima[key] for key in have), everything)
        filled = dict(line.points)
        for key, points in line.points.items():
            if points is None and (line.category, key) not in off:
                filled[key] = {"zero": 0, "category_mean": means.get((line.category, key))}.get(policy)
        if not have:
            filled = dict.fromkeys(filled)
        flat = policy == "reallocate_flat"
        line.total = raised_to_whole([(filled[key], maxima[key]) for key in filled]) if flat else None
        whole = group_points(scheme, line, "", filled, maxima, flat)
        line.total = line.total if flat else whole[0]


def category_means(lines: Sequence[Line]) -> dict[tuple[str, str], int]:
    """(category, channel) -> the mean points of the units rated there, rounded."""
    rated: dict[tuple[str, str], list[int]] = {}
    for line in lines:
        for key, points in line.points.items():
            if points is not None:
                rated.setdefault((line.category, key), []).append(points)
    return {place: half_up(Fraction(sum(points), len(points))) for place, points in rated.items()}


def group_points(
    scheme: Mapping[str, Any],
    line: Line,
    group: str,
    filled: Mapping[str, Points],
    maxima: Mapping[str, int],
    flat: bool,
) -> tuple[Points, int]:
    """A group's points and its maximum, innermost groups first; the top is ""."""
    parts = [
        (filled[plan["key"]], maxima[plan["key"]])
        for plan in scheme["channels"]
        if plan.get("group", "") == group
    ]
    for inner in scheme.get("groups", []):
        if inner.get("parent", "") == group:
            below = group_points(scheme, line, inner["key"], filled, maxima, flat)
            line.groups[inner["key"]] = below[0]
            parts.append(below)
    have = [points for points, _ in parts if points is not None]
    points = (sum(have) if have else None) if flat else raised_to_whole(parts)
    return points, sum(most for _, most in parts)


def raised_to_whole(parts: Sequence[tuple[Points, int]]) -> Points:
    """The sum of what is there, raised_to_whole to the worth of all where something is missing, half up."""
    have = [(points, most) for points, most in parts if points is not None]
    total = sum(points for points, _ in have)
    if len(have) == len(parts):
        return total
    worth, whole = sum(most for _, most in have), sum(most for _, most in parts)
    return half_up(Fraction(total * whole, worth)) if have else None
