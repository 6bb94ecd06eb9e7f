"""Points and totals under every policy for missing channels (method.md 2.4, example E)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from pingyi.channels import Score
from pingyi.domain.assessment.assess import assess
from pingyi.domain.assessment.values import AssessedUnit, Assessment, Decision, Inputs, ScoredRate
from pingyi.domain.scheme.values import Scheme

Make = Callable[..., Any]

# 68 points elsewhere and a hotline group of 32, of which an 8-point channel is missing
EXAMPLE_E = [("rest", "", "68"), ("hot1", "hot", "24"), ("hot2", "hot", "8")]


@pytest.mark.parametrize(
    ("policy", "total", "hotlines"),
    [
        ("reallocate", "87.30", "27.20"),
        ("reallocate_flat", "87.50", "20.40"),
        ("category_mean", "87.40", "27.30"),
        ("zero", "80.50", "20.40"),
    ],
)
def test_a_missing_channel_follows_the_policy(
    make_scheme: Make, make_inputs: Make, policy: str, total: str, hotlines: str
) -> None:
    scheme = make_scheme(EXAMPLE_E, {"hot": ""}, missing=policy)
    rows = {"u": ["60.10", "20.40", None], "v": ["60", "20", "6.80"], "w": ["60", "20", "7.00"]}
    result = assess(scheme, make_inputs(scheme, rows))
    assert result.spell(result.units[0].total) == total
    assert result.spell(result.units[0].groups[0]) == hotlines
    assert result.units[0].points == (6010, 2040, None)
    assert result.units[0].statuses == ("ok", "ok", "no_cases")
    assert result.units[0].coverage == Fraction(92, 100)


@pytest.mark.parametrize("policy", ["reallocate", "reallocate_flat", "category_mean", "zero"])
def test_nothing_missing_is_a_plain_sum(make_scheme: Make, make_inputs: Make, policy: str) -> None:
    scheme = make_scheme(EXAMPLE_E, {"hot": ""}, missing=policy)
    result = assess(scheme, make_inputs(scheme, {"u": ["60.10", "20.40", "6.33"]}))
    assert result.spell(result.units[0].total) == "86.83"
    assert result.spell(result.units[0].groups[0]) == "26.73"


def test_nested_groups_round_at_every_level_from_the_innermost_out(
    make_scheme: Make, make_inputs: Make
) -> None:
    channels = [
        ("a", "inner", "3"),
        ("b", "inner", "4"),
        ("c", "outer", "6"),
        ("d", "outer", "7"),
        ("e", "", "80"),
    ]
    scheme = make_scheme(channels, {"outer": "", "inner": "outer"})
    result = assess(scheme, make_inputs(scheme, {"u": ["2", None, "5", None, "70"]}))
    # inner 2 * 7/3 = 4.67; outer (4.67 + 5) * 20/13 = 14.876923 -> 14.88; total 84.88
    assert [result.spell(value) for value in result.units[0].groups] == ["14.88", "4.67"]
    assert result.spell(result.units[0].total) == "84.88"


def test_a_group_with_nothing_rated_is_spread_over_the_next_level(
    make_scheme: Make, make_inputs: Make
) -> None:
    channels = [("a", "inner", "10"), ("c", "outer", "30"), ("e", "", "60")]
    scheme = make_scheme(channels, {"outer": "", "inner": "outer"})
    result = assess(scheme, make_inputs(scheme, {"u": [None, "20", "50"], "v": [None, None, "50"]}))
    assert result.units[0].groups == (2667, None)
    assert result.units[0].total == 7667
    assert result.units[1].groups == (None, None)
    assert result.spell(result.units[1].total) == "83.33"


def test_flat_reallocation_shows_groups_as_they_were_earned(make_scheme: Make, make_inputs: Make) -> None:
    channels = [("a", "inner", "10"), ("c", "outer", "30"), ("e", "", "60")]
    scheme = make_scheme(channels, {"outer": "", "inner": "outer"}, missing="reallocate_flat")
    result = assess(scheme, make_inputs(scheme, {"u": ["5", None, "50"], "v": [None, None, "50"]}))
    assert result.units[0].groups == (500, 500)
    assert result.units[1].groups == (None, None)


def test_full_marks_other_than_a_hundred(make_scheme: Make, make_inputs: Make) -> None:
    scheme = make_scheme([("a", "", "150"), ("b", "", "100"), ("c", "", "100")])
    result = assess(scheme, make_inputs(scheme, {"u": ["120", "80", None], "v": ["150", "100", "100"]}))
    assert result.spell(result.units[0].total) == "280.00"
    assert result.spell(result.units[1].total) == "350.00"
    assert result.units[0].coverage == Fraction(250, 350)


def test_twelve_decimals_and_points_finer_than_the_published_ones(make_scheme: Make) -> None:
    scheme = make_scheme([("a", "", "33.3"), ("b", "", "66.7")], decimals=12)
    inputs = Inputs(
        units=[AssessedUnit("u", "a")],
        scores={"a": {"u": ScoredRate(Fraction(1, 3))}, "b": {"u": ScoredRate(None, "too_few")}},
    )
    result = assess(scheme, inputs)
    assert result.spell(result.units[0].total) == "33.333333333333"
    assert result.number(result.units[0].points[0]) == Decimal("11.100000000000")
    coarse = make_scheme([("a", "", "33.3"), ("b", "", "66.7")], decimals=0)
    assert assess(coarse, inputs).units[0].points == (11, None)


def test_a_unit_with_nothing_rated_has_no_total_and_no_rank(make_scheme: Make, make_inputs: Make) -> None:
    for policy in ("reallocate", "reallocate_flat", "category_mean", "zero"):
        scheme = make_scheme(EXAMPLE_E, {"hot": ""}, missing=policy, min_coverage=Decimal(0))
        rows = {"u": [None, None, None], "v": ["60", "20", "6.80"]}
        result = assess(scheme, make_inputs(scheme, rows)).units[0]
        assert (result.total, result.groups, result.rank, result.status) == (
            None,
            (None,),
            None,
            "not_ranked",
        )


def test_category_mean_is_taken_inside_the_category(make_scheme: Make, make_inputs: Make) -> None:
    scheme = make_scheme([("a", "", "50"), ("b", "", "50")], missing="category_mean", min_coverage=Decimal(0))
    rows = {"u": ["40", None], "v": ["40", "30"], "x": ["40", "50"], "y": ["40", None], "z": ["10", None]}
    inputs = make_inputs(scheme, rows, {"x": "b", "y": "b", "z": "c"})
    totals = {result.unit: result.total for result in assess(scheme, inputs).units}
    # nobody in c is rated on b, so its points are reallocated there
    assert totals == {"u": 7000, "v": 7000, "x": 9000, "y": 9000, "z": 2000}


@pytest.mark.parametrize(("least", "status"), [("60", "ranked"), ("60.01", "not_ranked")])
def test_coverage_decides_who_is_ranked(
    make_scheme: Make, make_inputs: Make, least: str, status: str
) -> None:
    scheme = make_scheme([("a", "", "60"), ("b", "", "40")], min_coverage=Decimal(least))
    result = assess(scheme, make_inputs(scheme, {"u": ["30", None]})).units[0]
    assert result.status == status
    assert result.total == 5000


def test_a_unit_without_a_score_counts_as_not_submitted(make_scheme: Make) -> None:
    scheme = make_scheme([("a", "", "60"), ("b", "", "40")])
    inputs = Inputs(units=[AssessedUnit("u", "a")], scores={"a": {"u": Score(Fraction(1, 2))}})
    assert assess(scheme, inputs).units[0].statuses == ("ok", "not_submitted")


def test_a_rate_outside_the_scale_is_an_error(make_scheme: Make) -> None:
    scheme = make_scheme([("a", "", "100")])
    for rate in (Fraction(109, 100), Fraction(-1, 100)):
        with pytest.raises(ValueError, match="outside 0 to 1"):
            assess(scheme, Inputs(units=[AssessedUnit("u", "a")], scores={"a": {"u": ScoredRate(rate)}}))


def switched(scheme: Scheme, make_inputs: Make, choice: str) -> Assessment:
    rows = {"u": ["40", "20", None], "v": ["40", "20", "2"], "x": ["40", "20", "2"]}
    decision = Decision(kind="switch_off", category="a", channel="c", choice=choice)  # type: ignore[arg-type]
    return assess(scheme, make_inputs(scheme, rows, {"x": "b"}, decisions=[decision]))


@pytest.mark.parametrize("policy", ["reallocate", "reallocate_flat", "category_mean", "zero"])
def test_a_switched_off_channel_does_not_exist_for_its_category(
    make_scheme: Make, make_inputs: Make, policy: str
) -> None:
    scheme = make_scheme([("a", "", "50"), ("b", "", "40"), ("c", "", "10")], missing=policy)
    result = switched(scheme, make_inputs, "yes")
    u, v, x = result.units
    assert u.total == v.total == 6667
    assert u.statuses == v.statuses == ("ok", "ok", "switched_off")
    assert v.points == (4000, 2000, None)
    assert (x.total, x.statuses) == (6200, ("ok", "ok", "ok"))
    assert result.switch_offs == ()


def test_a_refused_switching_off_changes_nothing_and_is_not_proposed_again(
    make_scheme: Make, make_inputs: Make
) -> None:
    scheme = make_scheme([("a", "", "50"), ("b", "", "40"), ("c", "", "10")])
    result = switched(scheme, make_inputs, "no")
    assert [unit.total for unit in result.units] == [6667, 6200, 6200]
    assert result.switch_offs == ()


@pytest.mark.parametrize(("missing", "proposed"), [(1, False), (2, True)])
def test_a_channel_missing_for_more_than_a_fifth_is_proposed(
    make_scheme: Make, make_inputs: Make, missing: int, proposed: bool
) -> None:
    scheme = make_scheme([("a", "", "90"), ("b", "", "10")])
    rows = {f"u{number}": ["80", None if number < missing else "5"] for number in range(5)}
    found = assess(scheme, make_inputs(scheme, rows)).switch_offs
    assert [(one.category, one.channel, one.missing, one.units) for one in found] == (
        [("a", "b", missing, 5)] if proposed else []
    )
