"""Counted and held evidence in one, and how the two assessments are told apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pingyi.domain.assessment.assess import assess
from pingyi.domain.assessment.held_evidence import WholeResult, compare, with_held

Make = Callable[..., Any]
CELLS = st.dictionaries(
    st.sampled_from(["", "u1", "u2"]),
    st.dictionaries(st.sampled_from("abc"), st.integers(1, 5), min_size=1),
)


def test_held_counters_are_added_to_counted_ones_of_unit_and_channel() -> None:
    counted = {"": {"returned": 9}, "u1": {"answer/good": 3}, "u2": {"answer/bad": 1}}
    held = {"": {"returned": 2}, "u1": {"answer/good": 1, "answer/bad": 1}, "u3": {"answer/good": 4}}
    assert with_held({"counted": counted, "held": held, "rejected": {"u1": {"answer/good": 99}}}) == {
        "": {"returned": 11},
        "u1": {"answer/good": 4, "answer/bad": 1},
        "u2": {"answer/bad": 1},
        "u3": {"answer/good": 4},
    }


def test_what_comes_to_nothing_is_left_out() -> None:
    standings = {
        "counted": {"u1": {"a": 1}, "u2": {"a": 1, "b": 2}},
        "held": {"u1": {"a": -1}, "u2": {"b": -2}},
    }
    assert with_held(standings) == {"u2": {"a": 1}}


@given(CELLS, CELLS)
def test_neither_standing_is_changed_and_their_order_does_not_matter(counted: Any, held: Any) -> None:
    before = repr((counted, held))
    assert with_held({"counted": counted, "held": held}) == with_held({"counted": held, "held": counted})
    assert with_held({"counted": counted}) == counted
    assert repr((counted, held)) == before


def test_units_whose_ranks_differ_are_to_be_reviewed(make_scheme: Make, make_inputs: Make) -> None:
    scheme = make_scheme([("own", "", "40"), ("poll", "", "60")])
    clean = {"u1": ["40", "30"], "u2": ["40", "20"], "u3": ["40", None], "u4": ["0", "0"]}
    whole = {"u1": ["40", "30"], "u2": ["40", "45"], "u3": ["40", "0"], "u4": ["0", "6"]}
    first, second = (assess(scheme, make_inputs(scheme, points)) for points in (clean, whole))
    assert [one.rank for one in first.units] == [1, 2, None, 3]
    assert compare(first, second) == {
        "u1": WholeResult(7000, 2, {}, review=True),
        "u2": WholeResult(8500, 1, {"poll": 4500}, review=True),
        "u3": WholeResult(4000, 3, {"poll": 0}, review=True),
        "u4": WholeResult(600, 4, {"poll": 600}, review=True),
    }


def test_another_total_with_the_same_rank_is_no_reason_for_a_review(
    one_channel: Make, assess_totals: Make
) -> None:
    first, second = (assess_totals(one_channel(), *totals) for totals in (("90", "80"), ("90", "85")))
    assert [one.review for one in compare(first, second).values()] == [False, False]
