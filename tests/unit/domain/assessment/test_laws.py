"""Laws of an assessment over generated schemes and evidence (method.md 2.13)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pingyi.channels import Text
from pingyi.domain.assessment.assess import assess
from pingyi.domain.assessment.values import Adjustment, AssessedUnit, Inputs, ScoredRate, UnitResult
from pingyi.domain.scheme.values import Category, ChannelPlan, Consequence, Grades, Group, Policies, Scheme

pytestmark = pytest.mark.long


WORDS = Text(zh="名", en="name")
GROUPS = ("g0", "g1", "g2")
POLICIES = st.sampled_from(["reallocate", "reallocate_flat", "category_mean", "zero"])
RATES = st.fractions(0, 1, max_denominator=40)


@st.composite
def schemes(draw: st.DrawFn, /, **fixed: Any) -> Scheme:
    parents = ["", draw(st.sampled_from(["", "g0"])), draw(st.sampled_from(["", "g0", "g1"]))]
    owners = [*GROUPS, *draw(st.lists(st.sampled_from(["", *GROUPS]), max_size=4))]
    points = [Decimal(draw(st.integers(1, 400))) / 10 for _ in owners]
    policies = {
        "missing": draw(POLICIES),
        "min_coverage": Decimal(draw(st.integers(0, 100))),
        "ties": draw(st.sampled_from(["competition", "dense"])),
        "tie_break": tuple(draw(st.lists(st.sampled_from([*GROUPS, "k0"]), unique=True))),
        **fixed,
    }
    return Scheme(
        key="s",
        title=WORDS,
        full_marks=sum(points, Decimal(0)),
        decimals=draw(st.integers(1, 12)),
        policies=Policies(**policies),
        categories=tuple(Category(key=key, title=WORDS) for key in "ab"),
        groups=tuple(Group(key=key, title=WORDS, parent=up) for key, up in zip(GROUPS, parents, strict=True)),
        channels=tuple(
            ChannelPlan(key=f"k{n}", title=WORDS, plugin="p", operator="o", max_points=most, group=owner)
            for n, (owner, most) in enumerate(zip(owners, points, strict=True))
        ),
        grades=Grades(shares=(("first", Decimal("0.3")), ("rest", Decimal("0.7")))),
        consequences=(Consequence(action="interview", k=draw(st.integers(1, 3))),),
    )


@st.composite
def inputs(draw: st.DrawFn, scheme: Scheme, *, gaps: bool = True) -> Inputs:
    codes = [f"u{number}" for number in range(draw(st.integers(1, 7)))]
    rates = st.none() | RATES if gaps else RATES
    scored = {
        plan.key: {
            code: ScoredRate(rate, "ok" if rate is not None else "no_cases")
            for code in codes
            for rate in [draw(rates)]
        }
        for plan in scheme.channels
    }
    units = [AssessedUnit(code, draw(st.sampled_from("ab"))) for code in codes]
    kinds = st.sampled_from(["bonus", "deduction", "warning", "veto"])
    adjustments = draw(
        st.lists(
            st.builds(
                Adjustment, unit=st.sampled_from(codes), kind=kinds, points=st.decimals(0, 9, places=2)
            ),
            max_size=3,
        )
    )
    return Inputs(units=units, scores=scored, adjustments=adjustments)


@st.composite
def cases(draw: st.DrawFn, /, *, gaps: bool = True, **fixed: Any) -> tuple[Scheme, Inputs]:
    scheme = draw(schemes(**fixed))
    return scheme, draw(inputs(scheme, gaps=gaps))


def by_unit(scheme: Scheme, given_inputs: Inputs) -> dict[str, UnitResult]:
    return {result.unit: result for result in assess(scheme, given_inputs).units}


@settings(deadline=None, max_examples=60)
@given(cases(), st.randoms())
def test_the_order_of_units_and_adjustments_changes_nothing(case: tuple[Scheme, Inputs], random: Any) -> None:
    scheme, evidence = case
    units, adjustments = list(evidence.units), list(evidence.adjustments)
    random.shuffle(units)
    random.shuffle(adjustments)
    assert by_unit(scheme, replace(evidence, units=units, adjustments=adjustments)) == by_unit(
        scheme, evidence
    )


@settings(deadline=None, max_examples=60)
@given(cases(), st.randoms())
def test_the_order_of_channels_changes_no_total(case: tuple[Scheme, Inputs], random: Any) -> None:
    scheme, evidence = case
    plans = list(scheme.channels)
    random.shuffle(plans)
    shuffled = by_unit(replace(scheme, channels=tuple(plans)), evidence)
    for unit, result in by_unit(scheme, evidence).items():
        assert (shuffled[unit].total, shuffled[unit].rank, shuffled[unit].status, shuffled[unit].groups) == (
            result.total,
            result.rank,
            result.status,
            result.groups,
        )


@settings(deadline=None, max_examples=60)
@given(cases())
def test_totals_stay_within_the_scale_and_ranks_within_the_ranked(case: tuple[Scheme, Inputs]) -> None:
    scheme, evidence = case
    full = int(scheme.full_marks * 10**scheme.decimals)
    for result in assess(scheme, evidence).units:
        assert result.total is None or 0 <= result.total <= full
        assert (
            (result.rank is not None) == (result.status in {"ranked", "needs_decision"}) == bool(result.grade)
        )
        if result.rank is not None and result.of is not None:
            assert 1 <= result.rank <= result.of


@settings(deadline=None, max_examples=60)
@given(cases(gaps=False))
def test_with_nothing_missing_points_sum_to_the_total_under_any_policy(case: tuple[Scheme, Inputs]) -> None:
    scheme, evidence = case
    for result in assess(scheme, replace(evidence, adjustments=())).units:
        assert result.total == sum(points or 0 for points in result.points)


@settings(deadline=None, max_examples=60)
@given(cases(missing="reallocate_flat"))
def test_flat_reallocation_is_the_share_of_what_was_rated(case: tuple[Scheme, Inputs]) -> None:
    scheme, evidence = case
    for result in assess(scheme, replace(evidence, adjustments=())).units:
        rated = [
            (p, plan.max_points)
            for p, plan in zip(result.points, scheme.channels, strict=True)
            if p is not None
        ]
        if result.total is not None:
            exact = (
                Fraction(sum(p for p, _ in rated))
                * Fraction(scheme.full_marks)
                / Fraction(sum(m for _, m in rated))
            )
            assert abs(result.total - exact) <= Fraction(1, 2)


@settings(deadline=None, max_examples=60)
@given(cases())
def test_a_category_does_not_depend_on_the_other(case: tuple[Scheme, Inputs]) -> None:
    scheme, evidence = case
    alone = by_unit(
        scheme, replace(evidence, units=[unit for unit in evidence.units if unit.category == "a"])
    )
    together = by_unit(scheme, evidence)
    assert alone == {code: result for code, result in together.items() if result.category == "a"}


@settings(deadline=None, max_examples=60)
@given(cases(), st.data())
def test_a_better_rate_never_lowers_the_total(case: tuple[Scheme, Inputs], data: st.DataObject) -> None:
    scheme, evidence = case
    key = data.draw(st.sampled_from(sorted(evidence.scores)))
    before = evidence.scores[key]["u0"]
    if before.rate is None:
        return
    better = {
        **evidence.scores[key],
        "u0": ScoredRate(data.draw(st.fractions(before.rate, 1, max_denominator=40))),
    }
    after = by_unit(scheme, replace(evidence, scores={**evidence.scores, key: better}))["u0"].total
    earlier = by_unit(scheme, evidence)["u0"].total
    assert after is not None
    assert earlier is not None
    assert after >= earlier


@settings(deadline=None, max_examples=60)
@given(cases())
def test_the_last_places_hold_at_most_k_units_and_the_open_ones_overfill_them(
    case: tuple[Scheme, Inputs],
) -> None:
    scheme, evidence = case
    results = assess(scheme, evidence).units
    k = scheme.consequences[0].k
    for category in "ab":
        ranked = [result for result in results if result.category == category and result.rank is not None]
        inside = [result for result in ranked if result.in_bottom]
        waiting = [result for result in ranked if result.undecided]
        if waiting:
            assert len(inside) < k < len(inside) + len(waiting)
            assert len({result.total for result in waiting}) == 1
        else:
            assert len(inside) == min(k, len(ranked))
        highest_inside = max((result.total or 0 for result in inside), default=0)
        assert all((result.total or 0) >= highest_inside for result in ranked if not result.in_bottom)
