"""Adjustments, ranks, grades and overrides (method.md 1.8, 1.9, 2.5 to 2.7, examples F and G)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from pingyi.channels import Score
from pingyi.domain.assessment.assess import assess
from pingyi.domain.assessment.grades import grades_of
from pingyi.domain.assessment.ranking import ranks_of
from pingyi.domain.assessment.values import Adjustment, AssessedUnit, Inputs
from pingyi.domain.scheme.values import Consequence, Grades

Make = Callable[..., Any]
TOTALS = ["90", "88.50", "88.50", "85.20", "85.20", "84"]


def adjustment(kind: Any, points: str = "0", target: Any = "total", unit: str = "u1") -> Adjustment:
    return Adjustment(unit=unit, kind=kind, points=Decimal(points), target=target)


@pytest.mark.parametrize(
    ("total", "adjustments", "applied", "adjusted"),
    [
        ("87.30", [adjustment("bonus", "3.00"), adjustment("deduction", "1.50")], "0.50", "87.80"),
        ("1.20", [adjustment("deduction", "3.00")], "-3.00", "0.00"),
        ("99.50", [adjustment("bonus", "1")], "1.00", "100.00"),
        ("80", [adjustment("bonus", "1.5"), adjustment("bonus", "1.5")], "2.00", "82.00"),
        ("80", [adjustment("warning", "0.5"), adjustment("warning", "0.5")], "-1.00", "79.00"),
        ("80", [adjustment("deduction", "5", "linked")], "0.00", "80.00"),
        ("80", [adjustment("deduction", "0.005")], "-0.01", "79.99"),
    ],
)
def test_adjustments_are_capped_and_clamped(
    one_channel: Make,
    assess_totals: Make,
    field_of: Make,
    *,
    total: str,
    adjustments: list[Adjustment],
    applied: str,
    adjusted: str,
) -> None:
    scheme = one_channel(bonus_cap=Decimal(2))
    result = assess_totals(scheme, total, adjustments=adjustments)
    assert field_of(result, "adjustments") == {"u1": applied}
    assert field_of(result, "total") == {"u1": adjusted}


def test_without_a_cap_every_bonus_counts(one_channel: Make, assess_totals: Make, field_of: Make) -> None:
    result = assess_totals(one_channel(), "80", adjustments=[adjustment("bonus", "7")])
    assert field_of(result, "total") == {"u1": "87.00"}


def test_an_adjusted_unit_without_a_total_stays_without(one_channel: Make, make_inputs: Make) -> None:
    scheme = one_channel()
    result = assess(scheme, make_inputs(scheme, {"u1": [None]}, adjustments=[adjustment("bonus", "1")]))
    assert (result.units[0].total, result.units[0].adjustments) == (None, 100)


@pytest.mark.parametrize(
    ("ties", "ranks"), [("competition", [1, 2, 2, 4, 4, 6]), ("dense", [1, 2, 2, 3, 3, 4])]
)
def test_equal_totals_share_a_rank(
    one_channel: Make, assess_totals: Make, field_of: Make, ties: str, ranks: list[int]
) -> None:
    result = assess_totals(one_channel(ties=ties), *TOTALS)
    assert list(field_of(result, "rank").values()) == ranks
    assert set(field_of(result, "of").values()) == {6}


def test_ranks_follow_the_published_adjusted_total(
    one_channel: Make, assess_totals: Make, field_of: Make
) -> None:
    result = assess_totals(
        one_channel(), "90", "88.004", "88.001", adjustments=[adjustment("deduction", "5")]
    )
    assert field_of(result, "rank") == {"u1": 3, "u2": 1, "u3": 1}


def test_categories_are_ranked_apart(one_channel: Make, assess_totals: Make, field_of: Make) -> None:
    result = assess_totals(one_channel(), *TOTALS, categories={"u2": "b", "u6": "b"})
    assert field_of(result, "rank") == {"u1": 1, "u2": 1, "u3": 2, "u4": 3, "u5": 3, "u6": 2}
    assert field_of(result, "of") == {"u1": 4, "u2": 2, "u3": 4, "u4": 4, "u5": 4, "u6": 2}


@pytest.mark.parametrize(
    ("kinds", "status"),
    [
        (["veto"], "veto"),
        (["disqualification"], "disqualified"),
        (["veto", "disqualification"], "disqualified"),
        (["disqualification", "veto"], "disqualified"),
    ],
)
def test_overrides_are_listed_unranked(
    one_channel: Make, assess_totals: Make, field_of: Make, kinds: list[str], status: str
) -> None:
    scheme = one_channel(consequences=(Consequence(action="interview", k=2),))
    result = assess_totals(scheme, *TOTALS, adjustments=[adjustment(kind, unit="u6") for kind in kinds])
    assert field_of(result, "status")["u6"] == status
    assert field_of(result, "total")["u6"] == "84.00"
    assert field_of(result, "rank")["u6"] is None
    assert set(field_of(result, "of").values()) == {5, None}
    # an override uses up none of the two places
    assert [proposal.unit for proposal in result.proposals] == ["u4", "u5"]


def test_overrides_use_places_where_the_scheme_says_so(one_channel: Make, assess_totals: Make) -> None:
    rule = Consequence(action="interview", k=2, overrides_use_places=True)
    overrides = [adjustment("veto", unit="u5")]
    result = assess_totals(one_channel(consequences=(rule,)), *TOTALS, adjustments=overrides)
    assert [proposal.unit for proposal in result.proposals] == ["u6"]
    overrides += [adjustment("veto", unit="u1"), adjustment("veto", unit="u2")]
    assert assess_totals(one_channel(consequences=(rule,)), *TOTALS, adjustments=overrides).proposals == ()


def test_a_linked_veto_does_not_touch_the_unit(
    one_channel: Make, assess_totals: Make, field_of: Make
) -> None:
    result = assess_totals(one_channel(), "80", adjustments=[adjustment("veto", target="linked")])
    assert field_of(result, "status") == {"u1": "ranked"}


def test_a_channel_can_veto(one_channel: Make) -> None:
    units = [AssessedUnit("u1", "a"), AssessedUnit("u2", "a")]
    scores = {"only": {"u1": Score(Fraction(0), veto=True), "u2": Score(Fraction(1, 2))}}
    result = assess(one_channel(), Inputs(units=units, scores=scores))
    assert [unit.status for unit in result.units] == ["veto", "ranked"]


def test_grades_by_lower_bounds(one_channel: Make, assess_totals: Make, field_of: Make) -> None:
    grades = Grades(bounds=(("good", Decimal("88.495")), ("fair", Decimal("85.20")), ("poor", Decimal(0))))
    result = assess_totals(one_channel(grades=grades), *TOTALS, adjustments=[adjustment("veto")])
    assert list(field_of(result, "grade").values()) == ["", "good", "good", "fair", "fair", "poor"]


def test_forced_shares_are_floor_floor_rest() -> None:
    grades = Grades(shares=(("first", Decimal("0.3")), ("second", Decimal("0.6")), ("third", Decimal("0.1"))))
    graded = grades_of(grades, range(128), 2)
    assert Counter(graded.values()) == {"first": 38, "second": 76, "third": 14}
    assert {total for total, grade in graded.items() if grade == "third"} == set(range(14))


def test_equal_totals_share_the_better_grade() -> None:
    grades = Grades(shares=(("first", Decimal("0.5")), ("second", Decimal("0.5"))))
    assert grades_of(grades, [9, 8, 8, 7], 0) == {9: "first", 8: "first", 7: "second"}


def test_ranks_of_nothing_are_nothing() -> None:
    assert ranks_of([], "dense") == {}
