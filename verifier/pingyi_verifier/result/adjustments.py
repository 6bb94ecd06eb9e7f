"""Adjustments: bonuses, deductions and warnings; vetoes; who can be ranked at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from pingyi_verifier.formulas.numbers import decimal, half_up
from pingyi_verifier.result.lines import Line


class Adjustment(NamedTuple):
    """What the office put to one unit, as a row of the snapshot has it; a veto has no points."""

    unit: str
    kind: str
    points: str | None
    target: str
    reason: str
    document: str


def adjustments_by_unit(snapshot: Mapping[str, Any]) -> dict[str, list[Adjustment]]:
    """Every unit's adjustments in the order of the snapshot."""
    by_unit: dict[str, list[Adjustment]] = {code: [] for code, *_ in snapshot["units"]}
    for one in map(Adjustment._make, snapshot["adjustments"]):
        by_unit.setdefault(one.unit, []).append(one)
    return by_unit


def adjust(scheme: Mapping[str, Any], lines: Sequence[Line], by_unit: Mapping[str, list[Adjustment]]) -> None:
    """Add bonuses up to their cap, take deductions and warnings off; say who stands outside the ranking."""
    scale = 10 ** scheme["decimals"]
    cap, full = scheme["policies"].get("bonus_cap"), half_up(decimal(scheme["full_marks"]) * scale)
    least = decimal(scheme["policies"]["min_coverage"]) / 100
    for line in lines:
        of_total = [one for one in by_unit[line.code] if one.target == "total"]
        bonus = points_of(of_total, "bonus")
        if cap is not None:
            bonus = min(bonus, decimal(cap))
        line.adjustment = half_up((bonus - points_of(of_total, "deduction", "warning")) * scale)
        if line.total is not None:
            line.total = min(max(line.total + line.adjustment, 0), full)
        kinds = {one.kind for one in of_total}
        vetoed = "veto" in kinds or any(cell.veto for cell in line.cells.values())
        line.override = "disqualified" if "disqualification" in kinds else "veto" if vetoed else ""
        line.ranked = line.total is not None and not line.override and line.coverage >= least


def points_of(adjustments: Sequence[Adjustment], *kinds: str) -> Fraction:
    return sum((decimal(one.points or 0) for one in adjustments if one.kind in kinds), Fraction(0))
