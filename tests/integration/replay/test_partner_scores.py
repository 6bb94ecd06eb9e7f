"""Bundles with partner scores only: every total and rank worked out by hand (method.md 2.12)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pingyi.services.results.result import UnitResult

Outcome = Callable[[Any], dict[str, UnitResult]]

HOTLINES = {"h1": "8", "h2": "8", "h3": "8", "h4": "8", "rest": "68"}
IN_HOTLINES = dict.fromkeys(("h1", "h2", "h3", "h4"), "hotlines")
RULE = '[[consequences]]\nwhen = { place = "bottom", k = 2 }\naction = "interview"\n'


def example_e(draft: type, **changed: Any) -> Any:
    """Unit a lacks h4 (20.40 of 24 in a group of 32, 60.10 of 68 elsewhere); unit b has everything."""
    scores = {key: {"a": "6.80", "b": "7.00"} for key in ("h1", "h2", "h3")}
    scores |= {"h4": {"b": "6.90"}, "rest": {"a": "60.10", "b": "60.00"}}
    return draft(
        channels=HOTLINES,
        units=["a", "b"],
        scores=scores,
        groups={"hotlines": ""},
        inside=IN_HOTLINES,
        **changed,
    )


def test_missing_channel_reallocated_inside_its_group_first(draft: type, outcome: Outcome) -> None:
    found = outcome(example_e(draft))
    assert (found["a"].total, found["a"].groups["hotlines"], found["a"].rank) == ("87.30", "27.20", 2)
    assert (found["b"].total, found["b"].groups["hotlines"], found["b"].rank) == ("87.90", "27.90", 1)
    assert [score.status for score in found["a"].scores] == ["ok", "ok", "ok", "not_submitted", "ok"]


@pytest.mark.parametrize(
    ("policy", "total", "rank"),
    [("reallocate_flat", "87.50", 2), ("zero", "80.50", 2), ("category_mean", "87.40", 2)],
)
def test_missing_channel_under_other_policies(
    draft: type, outcome: Outcome, policy: str, total: str, rank: int
) -> None:
    found = outcome(example_e(draft, policies={"missing": f'"{policy}"'}))
    assert (found["a"].total, found["a"].rank, found["b"].total) == (total, rank, "87.90")


def test_nested_groups_are_filled_innermost_first_and_rounded_at_each_level(
    draft: type, outcome: Outcome
) -> None:
    # inner: 5.55 * 20/7 = 15.857... -> 15.86; outer: 15.86 * 50/20 = 39.65; in one step it would be 39.64.
    found = outcome(
        draft(
            channels={"w1": "7", "w2": "13", "h": "30", "rest": "50"},
            units=["a"],
            scores={"w1": {"a": "5.55"}, "rest": {"a": "41.11"}},
            groups={"outer": "", "inner": "outer"},
            inside={"w1": "inner", "w2": "inner", "h": "outer"},
        )
    )["a"]
    assert (found.groups["inner"], found.groups["outer"], found.total) == ("15.86", "39.65", "80.76")


def test_coverage_below_the_minimum_is_listed_and_not_ranked(draft: type, outcome: Outcome) -> None:
    found = outcome(
        draft(
            channels={"x": "59", "y": "41"},
            units=["a", "b"],
            scores={"x": {"a": "59", "b": "1"}, "y": {"b": "1"}},
            policies={"min_coverage": '"60"'},
        )
    )
    assert (found["a"].status, found["a"].rank) == ("not_ranked", None)
    assert (found["b"].status, found["b"].rank, found["b"].of) == ("ranked", 1, 1)


def test_twelve_decimals_are_exact(draft: type, outcome: Outcome) -> None:
    # 5/7 * 50 = 35.7142857142857..., 2/3 * 50 = 33.3333333333333...; 4/7 * 50 = 28.5714285714285...
    found = outcome(
        draft(
            channels={"x": "50", "y": "50"},
            scales={"x": "7", "y": "3"},
            units=["a", "b"],
            scores={"x": {"a": "5", "b": "4"}, "y": {"a": "2", "b": "2"}},
            decimals=12,
        )
    )
    assert [score.points for score in found["a"].scores] == ["35.714285714286", "33.333333333333"]
    assert (found["a"].total, found["b"].total) == ("69.047619047619", "61.904761904762")


def example_g(draft: type, **changed: Any) -> Any:
    """Totals 90.00 88.50 88.50 85.20 85.20 84.00; d and e differ in their hotline points."""
    hotline = {"a": "30", "b": "29", "c": "28", "d": "27.40", "e": "27.10", "f": "27"}
    rest = {"a": "60", "b": "59.50", "c": "60.50", "d": "57.80", "e": "58.10", "f": "57"}
    return draft(
        channels={"hotline": "35", "rest": "65"},
        units=list("fedcba"),
        scores={"hotline": hotline, "rest": rest},
        more=RULE,
        **changed,
    )


def test_ties_share_a_rank_and_the_chain_decides_only_at_the_cut(draft: type, outcome: Outcome) -> None:
    found = outcome(example_g(draft, policies={"tie_break": '["hotline"]'}))
    assert [(found[code].total, found[code].rank) for code in "abcdef"] == [
        ("90.00", 1),
        ("88.50", 2),
        ("88.50", 2),
        ("85.20", 4),
        ("85.20", 4),
        ("84.00", 6),
    ]
    assert {code for code in found if found[code].actions} == {"e", "f"}
    assert {unit.status for unit in found.values()} == {"ranked"}


def test_tie_that_the_chain_leaves_needs_a_decision(draft: type, outcome: Outcome) -> None:
    found = outcome(example_g(draft))
    assert {code for code in found if found[code].status == "needs_decision"} == {"d", "e"}
    assert [(found[code].rank, found[code].actions) for code in "def"] == [
        (4, []),
        (4, []),
        (6, ["interview"]),
    ]


def test_tie_that_a_person_decided_proposes_for_the_unit_chosen(draft: type, outcome: Outcome) -> None:
    decisions = "kind,unit,channel,category,choice,reason\ntie,d,,,in,二次投诉\ntie,单位e,,,out,已整改\n"
    found = outcome(example_g(draft, files={"decisions.csv": decisions}))
    assert {code for code in found if found[code].actions} == {"d", "f"}
    assert [found[code].rank for code in "def"] == [4, 4, 6]


def adjusted(draft: type, rows: str, **changed: Any) -> Any:
    scores = {"x": {"a": "87.30", "b": "1.20", "c": "50", "d": "40"}}
    header = "unit,kind,points,reason,document\n"
    return draft(
        channels={"x": "100"},
        units=list("abcd"),
        scores=scores,
        files={"adjustments.csv": header + rows},
        more=RULE,
        **changed,
    )


def test_adjustments_are_capped_subtracted_and_never_below_zero(draft: type, outcome: Outcome) -> None:
    rows = "a,bonus,3.00,表彰,文1\na,deduction,1.50,曝光,文2\n单位b,warning,3,告诫,文3\n"
    found = outcome(adjusted(draft, rows, policies={"bonus_cap": '"2"'}))
    assert (found["a"].total, found["a"].adjustments) == ("87.80", "0.50")
    assert (found["b"].total, found["b"].rank) == ("0.00", 4)


def test_two_equal_warnings_of_a_bundle_are_two(draft: type, outcome: Outcome) -> None:
    found = outcome(adjusted(draft, "a,warning,0.5,警示,文1\na,warning,0.5,警示,文1\n"))
    assert (found["a"].total, found["a"].adjustments) == ("86.30", "-1.00")


@pytest.mark.mission("004-11")
def test_veto_lists_a_unit_outside_the_ranking_and_uses_no_place(draft: type, outcome: Outcome) -> None:
    found = outcome(adjusted(draft, "b,veto,,重大事故,文1\nd,disqualification,,贿选,文2\n"))
    assert [(found[code].status, found[code].rank) for code in "abcd"] == [
        ("ranked", 1),
        ("veto", None),
        ("ranked", 2),
        ("disqualified", None),
    ]
    assert found["a"].of == found["c"].of == 2


@pytest.mark.parametrize(
    ("k", "years", "called"),
    [
        pytest.param(1, 1, "d", marks=pytest.mark.mission("004-04")),
        pytest.param(1, 2, "", marks=pytest.mark.mission("004-04")),
        pytest.param(2, 2, "c", marks=pytest.mark.mission("004-04")),
        pytest.param(3, 2, "bc", marks=pytest.mark.mission("004-03")),
    ],
)
def test_last_k_of_one_year_or_of_two_together_are_called(
    draft: type, outcome: Outcome, k: int, years: int, called: str
) -> None:
    rule = f'[[consequences]]\nwhen = {{ place = "bottom", k = {k}, consecutive = {years} }}\n'
    last_year = {"d": 1, "a": 2, "b": 3, "c": 4}
    previous = "period,unit,category,total,rank,of\n"
    previous += "".join(f"2016,{unit},all,{90 - rank}.00,{rank},4\n" for unit, rank in last_year.items())
    found = outcome(
        draft(
            channels={"x": "100"},
            units=list("abcd"),
            scores={"x": {"a": "90", "b": "80", "c": "70", "d": "60"}},
            more=rule + 'action = "warning"\n',
            files={"previous.csv": previous},
        )
    )
    assert "".join(code for code in "abcd" if found[code].actions == ["warning"]) == called


def test_switched_off_channel_leaves_the_whole_category(draft: type, outcome: Outcome) -> None:
    decisions = "kind,unit,channel,category,choice,reason\nswitch_off,,y,all,yes,多数单位无数据\n"
    found = outcome(
        draft(
            channels={"x": "80", "y": "20"},
            units=["a", "b"],
            scores={"x": {"a": "60", "b": "40"}, "y": {"b": "20"}},
            files={"decisions.csv": decisions},
        )
    )
    assert (found["a"].total, found["b"].total) == ("75.00", "50.00")


def test_second_row_of_a_unit_corrects_the_first(draft: type, outcome: Outcome) -> None:
    entries = "unit,score,reason\na,10,\nb,20,\n单位a,30,录入错误\na,40.5,再次核对\n"
    found = outcome(
        draft(channels={"x": "100"}, units=["a", "b"], scores={}, files={"entries/x.csv": entries})
    )
    assert (found["a"].total, found["b"].total, found["a"].scores[0].n) == ("40.50", "20.00", 1)


def test_held_and_rejected_entries_do_not_count(draft: type, outcome: Outcome) -> None:
    entries = (
        "unit,score,standing,reason\n"
        "a,10,counted,\nb,20,held,待核实\nc,30,rejected,误报\nd,40,held,待核实\nd,41,,核实\n"
    )
    found = outcome(
        draft(channels={"x": "100"}, units=list("abcd"), scores={}, files={"entries/x.csv": entries})
    )
    assert [found[code].scores[0].status for code in "abcd"] == ["ok", "quarantined", "not_submitted", "ok"]
    assert (found["a"].rank, found["d"].total, found["b"].status) == (2, "41.00", "not_ranked")
