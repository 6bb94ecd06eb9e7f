"""The last k: sure, tied, broken, decided, and repeated from earlier periods (method.md 2.8, example G)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from pingyi.domain.assessment.assess import assess
from pingyi.domain.assessment.consequences import Bottom, bottom_of, decided
from pingyi.domain.assessment.values import Assessment, Decision, PreviousResult
from pingyi.domain.scheme.values import Consequence

Make = Callable[..., Any]
TOTALS = ["90", "88.50", "88.50", "85.20", "85.20", "84"]
INTERVIEW = Consequence(action="interview", k=2)


def tie(unit: str, choice: Any) -> Decision:
    return Decision(kind="tie", unit=unit, choice=choice)


def undecided(result: Assessment) -> list[str]:
    return [unit.unit for unit in result.units if unit.status == "needs_decision"]


def proposed(result: Assessment) -> list[str]:
    return [proposal.unit for proposal in result.proposals]


def test_a_tie_at_the_cut_needs_a_decision_and_proposes_nothing_for_it(
    one_channel: Make, assess_totals: Make
) -> None:
    result = assess_totals(one_channel(consequences=(INTERVIEW,)), *TOTALS)
    assert [(one.unit, one.action, one.rule) for one in result.proposals] == [("u6", "interview", 0)]
    assert undecided(result) == ["u4", "u5"]
    assert [unit.rank for unit in result.units] == [1, 2, 2, 4, 4, 6]
    assert [unit.in_bottom for unit in result.units] == [False] * 5 + [True]


@pytest.mark.parametrize(
    ("decisions", "in_bottom", "open_units"),
    [
        ([tie("u4", "in")], ["u4", "u6"], []),
        ([tie("u4", "out")], ["u5", "u6"], []),
        ([tie("u4", "in"), tie("u5", "in")], ["u4", "u5", "u6"], []),
        ([tie("u4", "out"), tie("u5", "out")], ["u6"], []),
        ([tie("u4", "out"), tie("u4", "in")], ["u4", "u6"], []),
        ([tie("u6", "out"), tie("u1", "in")], ["u6"], ["u4", "u5"]),
    ],
)
def test_a_person_decides_only_what_is_tied(
    one_channel: Make,
    assess_totals: Make,
    decisions: list[Decision],
    in_bottom: list[str],
    open_units: list[str],
) -> None:
    result = assess_totals(one_channel(consequences=(INTERVIEW,)), *TOTALS, decisions=decisions)
    assert proposed(result) == in_bottom
    assert undecided(result) == open_units


@pytest.mark.parametrize(
    ("choices", "bottom"),
    [
        ({}, Bottom(frozenset(), frozenset("abc"))),
        ({"a": "out"}, Bottom(frozenset(), frozenset("bc"))),
        ({"a": "in"}, Bottom(frozenset("a"))),
        ({"a": "out", "b": "out"}, Bottom(frozenset("c"))),
    ],
)
def test_the_rest_of_a_tie_follows_where_it_must(choices: Any, bottom: Bottom) -> None:
    assert decided("abc", 1, choices) == bottom


def broken(
    make_scheme: Make, make_inputs: Make, chain: tuple[str, ...], rows: Any, **more: Any
) -> Assessment:
    channels = [("line", "hot", "30"), ("web", "hot", "10"), ("rest", "", "60")]
    scheme = make_scheme(channels, {"hot": ""}, tie_break=chain, consequences=(INTERVIEW,), **more)
    return assess(scheme, make_inputs(scheme, rows))


ROWS = {
    "best": ["30", "10", "60"],
    "tied1": ["20", "7.40", "50"],
    "tied2": ["20", "7.10", "50.30"],
    "last": ["10", "1", "50"],
}


@pytest.mark.parametrize("chain", [("hot",), ("web",), ("line", "hot")])
def test_the_tie_break_chain_decides_at_the_cut_and_ranks_stay(
    make_scheme: Make, make_inputs: Make, chain: tuple[str, ...]
) -> None:
    result = broken(make_scheme, make_inputs, chain, ROWS)
    assert proposed(result) == ["tied2", "last"]
    assert undecided(result) == []
    assert [unit.rank for unit in result.units] == [1, 2, 2, 4]


def test_a_chain_that_compares_nothing_leaves_the_decision(make_scheme: Make, make_inputs: Make) -> None:
    assert undecided(broken(make_scheme, make_inputs, ("line",), ROWS)) == ["tied1", "tied2"]


def test_a_key_that_a_tied_unit_lacks_is_passed_over(make_scheme: Make, make_inputs: Make) -> None:
    rows = {**ROWS, "tied1": [None, "7.40", "48.05"], "tied2": ["20", "7.65", "50"]}
    result = broken(make_scheme, make_inputs, ("line", "web"), rows)
    assert result.units[1].total == result.units[2].total
    assert proposed(result) == ["tied1", "last"]


def test_the_chain_refines_a_tie_key_by_key() -> None:
    values = {"a": [1, 9], "b": [2, 5], "c": [2, 4], "d": [2, 4], "e": [3, 1]}
    totals = dict.fromkeys(values, 80)
    assert bottom_of(totals, 3, values.__getitem__, {}) == Bottom(frozenset("acd"))
    assert bottom_of(totals, 2, values.__getitem__, {}) == Bottom(frozenset("a"), frozenset("cd"))
    assert bottom_of(totals, 4, values.__getitem__, {}) == Bottom(frozenset("abcd"))


def test_more_places_than_units_takes_all() -> None:
    assert bottom_of({"a": 1, "b": 1}, 5, lambda _: [], {}) == Bottom(frozenset("ab"))


def test_places_that_fit_exactly_are_sure() -> None:
    assert bottom_of({"a": 1, "b": 1, "c": 2}, 2, lambda _: [], {}) == Bottom(frozenset("ab"))


def test_no_consequences_propose_nothing(one_channel: Make, assess_totals: Make) -> None:
    result = assess_totals(one_channel(), *TOTALS)
    assert result.proposals == ()
    assert result.notices == ()
    assert not any(unit.in_bottom for unit in result.units)


@pytest.mark.parametrize(
    ("ranked", "codes"), [(4, {"few_ranked", "many_places"}), (5, {"many_places"}), (6, set()), (0, set())]
)
def test_small_categories_are_noted_and_never_refused(
    one_channel: Make, assess_totals: Make, ranked: int, codes: set[str]
) -> None:
    result = assess_totals(one_channel(consequences=(INTERVIEW,)), *[str(80 + n) for n in range(ranked)])
    assert {notice.code for notice in result.notices} == codes
    assert len(result.proposals) == min(2, ranked)


def year(*ranks: int, of: int | None = None, category: str = "a") -> dict[str, PreviousResult]:
    return {
        f"u{number}": PreviousResult(category=category, total=None, rank=rank, of=of or len(ranks))
        for number, rank in enumerate(ranks, start=1)
    }


TWICE = Consequence(action="admonition_talk", k=2, consecutive=2)
FALLING = ["90", "89", "88", "87", "86", "85"]


@pytest.mark.parametrize(
    ("previous", "in_bottom", "open_units"),
    [
        ({}, [], []),
        ({"2016": year(1, 2, 3, 4, 5, 6)}, ["u5", "u6"], []),
        ({"2016": year(1, 2, 3, 6, 4, 5)}, ["u6"], []),
        ({"2016": year(5, 6, 1, 2, 3, 4)}, [], []),
        ({"2016": year(1, 2, 3, 4, 5, 6), "2009": year(5, 6, 1, 2, 3, 4)}, ["u5", "u6"], []),
        ({"9": year(5, 6, 1, 2, 3, 4), "10": year(1, 2, 3, 4, 5, 6)}, ["u5", "u6"], []),
        ({"2016": year(1, 2, 3, 4, 4, 6)}, ["u6"], ["u5"]),
        ({"2016": year(1, 2, 3, 3, 4, 5)}, ["u5", "u6"], []),
        ({"2016": {"u6": PreviousResult(category="a", total=None, rank=30, of=31)}}, ["u6"], []),
        ({"2016": {"u6": PreviousResult(category="a", total=None, rank=29, of=31)}}, [], []),
        ({"2016": {"u6": PreviousResult(category="a", total=None, rank=None, of=None)}}, [], []),
    ],
)
def test_a_second_year_counts_the_year_before(
    one_channel: Make, assess_totals: Make, previous: Any, in_bottom: list[str], open_units: list[str]
) -> None:
    result = assess_totals(one_channel(consequences=(TWICE,)), *FALLING, previous=previous)
    assert proposed(result) == in_bottom
    assert undecided(result) == open_units
    assert [unit.unit for unit in result.units if unit.in_bottom] == ["u5", "u6"]


@pytest.mark.parametrize(("choice", "in_bottom"), [("in", ["u5", "u6"]), ("out", ["u6"])])
def test_a_tie_of_the_year_before_is_decided_by_a_person(
    one_channel: Make, assess_totals: Make, choice: str, in_bottom: list[str]
) -> None:
    previous = {"2016": year(1, 2, 3, 4, 4, 6)}
    scheme = one_channel(consequences=(TWICE,))
    result = assess_totals(scheme, *FALLING, previous=previous, decisions=[tie("u5", choice)])
    assert proposed(result) == in_bottom
    assert undecided(result) == []


def test_a_third_year_needs_both_years_before(one_channel: Make, assess_totals: Make) -> None:
    rule = Consequence(action="organisational_action", k=2, consecutive=3)
    last = year(1, 2, 3, 4, 5, 6)
    scheme = one_channel(consequences=(rule,))
    assert proposed(assess_totals(scheme, *FALLING, previous={"2016": last})) == []
    assert proposed(assess_totals(scheme, *FALLING, previous={"2015": last, "2016": last})) == ["u5", "u6"]
    swapped = {"2015": year(1, 2, 3, 6, 4, 5), "2016": last}
    assert proposed(assess_totals(scheme, *FALLING, previous=swapped)) == ["u6"]


def test_a_tie_now_of_a_unit_not_last_before_needs_no_decision(
    one_channel: Make, assess_totals: Make
) -> None:
    result = assess_totals(
        one_channel(consequences=(TWICE,)), *TOTALS, previous={"2016": year(1, 2, 3, 4, 5, 6)}
    )
    assert undecided(result) == ["u5"]
    assert proposed(result) == ["u6"]


def test_rules_stand_side_by_side(one_channel: Make, assess_totals: Make) -> None:
    rules = (INTERVIEW, Consequence(action="circular_criticism", k=1))
    result = assess_totals(one_channel(consequences=rules), *FALLING)
    assert [(one.unit, one.rule) for one in result.proposals] == [("u5", 0), ("u6", 0), ("u6", 1)]
    assert result.units[5].consequences == (0, 1)


def test_a_unit_below_the_coverage_is_never_among_the_last(make_scheme: Make, make_inputs: Make) -> None:
    scheme = make_scheme(
        [("a", "", "50"), ("b", "", "50")],
        consequences=(Consequence(action="x", k=1),),
        min_coverage=Decimal(60),
    )
    result = assess(scheme, make_inputs(scheme, {"u": ["0", None], "v": ["40", "40"], "w": ["45", "45"]}))
    assert proposed(result) == ["v"]
