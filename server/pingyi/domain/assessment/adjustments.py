"""What is added to and taken from a total, and what puts a unit outside the ranking (method.md 1.9)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from pingyi.domain.assessment.values import Adjustment
from pingyi.domain.rounding import half_up_scaled

Override = Literal["disqualified", "veto"]


@dataclass(slots=True)
class _Ledger:
    bonus: Fraction = field(default_factory=Fraction)
    deduction: Fraction = field(default_factory=Fraction)
    override: Override | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """What a unit's adjustments come to in units of 10**-decimals, and what lists it unranked."""

    points: int = 0
    override: Override | None = None


def applied_adjustments(
    adjustments: Iterable[Adjustment], *, bonus_cap: Decimal | None, decimals: int
) -> dict[str, Applied]:
    """Per unit: min(bonuses, cap) - deductions and warnings, half-up; linked ones are left out."""
    ledgers: dict[str, _Ledger] = {}
    for adjustment in adjustments:
        if adjustment.target == "total":
            _enter(ledgers.setdefault(adjustment.unit, _Ledger()), adjustment)
    return {unit: _applied(ledger, bonus_cap, decimals) for unit, ledger in ledgers.items()}


def adjusted(total: int | None, applied: Applied, full_marks: int) -> int | None:
    """The total after adjustments, never below 0 nor above full marks; nothing rated stays None."""
    return None if total is None else min(max(total + applied.points, 0), full_marks)


def _enter(ledger: _Ledger, adjustment: Adjustment) -> None:
    match adjustment.kind:
        case "bonus":
            ledger.bonus += Fraction(adjustment.points)
        case "disqualification":
            ledger.override = "disqualified"
        case "veto":
            ledger.override = ledger.override or "veto"
        case _:
            ledger.deduction += Fraction(adjustment.points)


def _applied(ledger: _Ledger, bonus_cap: Decimal | None, decimals: int) -> Applied:
    bonus = ledger.bonus if bonus_cap is None else min(ledger.bonus, Fraction(bonus_cap))
    numerator, denominator = (bonus - ledger.deduction).as_integer_ratio()
    return Applied(half_up_scaled(numerator, denominator, decimals), ledger.override)
