"""Points on each channel: rate times maximum, rounded once."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from pingyi_verifier.formulas.numbers import decimal, half_up
from pingyi_verifier.report.sentences import UnfitError
from pingyi_verifier.result.lines import NOT_SUBMITTED, SWITCHED_OFF, Line, Rated


def give_points(
    scheme: Mapping[str, Any],
    line: Line,
    maxima: Mapping[str, Fraction],
    scores: Mapping[str, Mapping[str, Rated]],
    off: set[tuple[str, str]],
) -> None:
    """Points on each channel: rate times maximum, rounded once; where a channel is switched off it is not."""
    scale = 10 ** scheme["decimals"]
    for plan in scheme["channels"]:
        key = plan["key"]
        rated = scores.get(key, {}).get(line.code, Rated(None, NOT_SUBMITTED))
        if (line.category, key) in off:
            rated = Rated(None, SWITCHED_OFF, rated.n, rated.facts)
        if rated.rate is not None and not 0 <= rated.rate.numerator <= rated.rate.denominator:
            raise UnfitError(
                zh=f"单位 {line.code} 在渠道 {key} 的得分率不在 0 到 1 之间。",
                en=f"The rate of {line.code} on {key} is not between 0 and 1.",
            )
        line.cells[key] = rated
        if rated.printed:
            line.points[key] = printed_points(rated.printed, scheme, plan)
        else:
            full = maxima[key] * scale
            line.points[key] = None if rated.rate is None else half_up(rated.rate * full)


def printed_points(spelling: str, scheme: Mapping[str, Any], plan: Mapping[str, Any]) -> int:
    """Points as results.json prints them, for a channel whose formula is not in this file."""
    points = decimal(spelling) * 10 ** scheme["decimals"]
    if points.denominator != 1 or not 0 <= decimal(spelling) <= decimal(plan["max_points"]):
        raise UnfitError(
            zh=f"渠道 {plan['key']} 的得分 {spelling} 不可能出现。",
            en=f"{spelling} cannot be points of {plan['key']}.",
        )
    return int(points)
