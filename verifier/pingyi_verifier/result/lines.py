"""A unit on its way to the result, and how its points are spelt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from pingyi_verifier.formulas.numbers import spelled

NOT_SUBMITTED, SWITCHED_OFF, QUARANTINED = "not_submitted", "switched_off", "quarantined"
Points = int | None


class Rated(NamedTuple):
    """A unit on a channel; `printed` stands in for the rate where the formula is not in this file."""

    rate: Fraction | None
    status: str
    n: int | None = 0
    facts: Mapping[str, str] = {}
    veto: bool = False
    printed: str = ""


@dataclass
class Line:
    """One unit on its way to the result."""

    code: str
    name: str
    category: str
    cells: dict[str, Rated] = field(default_factory=dict)
    points: dict[str, Points] = field(default_factory=dict)
    groups: dict[str, Points] = field(default_factory=dict)
    total: Points = None
    adjustment: int = 0
    override: str = ""
    coverage: Fraction = Fraction(0)
    ranked: bool = False
    rank: int | None = None
    of: int | None = None
    grade: str = ""
    proposed: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)


def spell(points: Points, decimals: int) -> str:
    """8730 at two decimals is "87.30"; nothing rated is empty."""
    return "" if points is None else spelled(points, decimals)
