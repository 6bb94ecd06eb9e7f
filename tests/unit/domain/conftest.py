"""Factories for small schemes and inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from pingyi.channels import Text
from pingyi.domain.assessment.assess import assess
from pingyi.domain.assessment.values import AssessedUnit, Assessment, Inputs, ScoredRate
from pingyi.domain.scheme.values import Category, ChannelPlan, Group, Policies, Scheme

WORDS = Text(zh="名", en="name")


def scheme_of(
    channels: Sequence[tuple[str, str, str]], groups: Mapping[str, str] | None = None, **changes: Any
) -> Scheme:
    """A scheme of (key, group, max_points) channels; policies and other fields can be replaced by name."""
    policies = {
        "missing": "reallocate",
        "min_coverage": Decimal(60),
        "ties": "competition",
        "tie_break": (),
        "bonus_cap": None,
    }
    policies |= {name: changes.pop(name) for name in list(changes) if name in policies}
    plans = tuple(
        ChannelPlan(key=key, title=WORDS, plugin="p", operator="o", max_points=Decimal(points), group=group)
        for key, group, points in channels
    )
    fields: dict[str, Any] = {
        "key": "s",
        "title": WORDS,
        "full_marks": sum((plan.max_points for plan in plans), Decimal(0)),
        "decimals": 2,
        "policies": Policies(**policies),  # type: ignore[arg-type]
        "categories": (Category(key="a", title=WORDS),),
        "groups": tuple(Group(key=key, title=WORDS, parent=parent) for key, parent in (groups or {}).items()),
        "channels": plans,
    }
    return Scheme(**{**fields, **changes})


def inputs_of(
    scheme: Scheme,
    points: Mapping[str, Sequence[str | None]],
    categories: Mapping[str, str] | None = None,
    **more: Any,
) -> Inputs:
    """Units with their points on each channel, in the scheme's order (None: no cases)."""
    units = [AssessedUnit(code, (categories or {}).get(code, "a")) for code in points]
    scores = {
        plan.key: {code: _scored(row[position], plan.max_points) for code, row in points.items()}
        for position, plan in enumerate(scheme.channels)
    }
    return Inputs(units=units, scores=scores, **more)


def _scored(points: str | None, max_points: Decimal) -> ScoredRate:
    if points is None:
        return ScoredRate(None, "no_cases")
    return ScoredRate(Fraction(points) / Fraction(max_points))


def results_of(assessment: Assessment, field: str) -> dict[str, Any]:
    """One field of every unit's result; points as they are published."""
    found = {result.unit: getattr(result, field) for result in assessment.units}
    if field in {"total", "adjustments"}:
        return {unit: assessment.spell(value) for unit, value in found.items()}
    return found


def totals_only(*totals: str) -> dict[str, list[str | None]]:
    """Units u1, u2, ... of a one-channel scheme with these points."""
    return {f"u{number}": [total] for number, total in enumerate(totals, start=1)}


@pytest.fixture(scope="session")
def make_scheme() -> Callable[..., Scheme]:
    return scheme_of


@pytest.fixture(scope="session")
def make_inputs() -> Callable[..., Inputs]:
    return inputs_of


@pytest.fixture(scope="session")
def field_of() -> Callable[[Assessment, str], dict[str, Any]]:
    return results_of


@pytest.fixture(scope="session")
def one_channel() -> Callable[..., Scheme]:
    return lambda **changes: scheme_of([("only", "", "100")], **changes)


@pytest.fixture(scope="session")
def assess_totals() -> Callable[..., Assessment]:
    """Assess units u1, u2, ... with these totals under a one-channel scheme."""

    def run(scheme: Scheme, *totals: str, **more: Any) -> Assessment:
        return assess(scheme, inputs_of(scheme, totals_only(*totals), **more))

    return run
