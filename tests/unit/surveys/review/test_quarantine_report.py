"""What the report says of held ballots, and of the farm that no rule sees."""

from __future__ import annotations

from fractions import Fraction

import pytest
from tests.unit.surveys.stuffing import DAYS, LEVELS, STUFFED, make_box, outcome, rating

from pingyi_surveys.ballot.quarantine import Finding, judge
from pingyi_surveys.ballot.thresholds import Rules
from pingyi_surveys.review.quarantine_report import explain, farm_needed, signal_of, slow_farm


def test_a_finding_is_told_in_both_languages_without_a_direction() -> None:
    finding = Finding(
        unit="u",
        reason="R4",
        held=1370,
        groups=5,
        peak=294,
        limit=88,
        share=Fraction(919, 1000),
        usual=Fraction(111, 200),
    )
    told = explain(signal_of(finding))
    assert told.en == (
        "Days with 88 ballots or more for the unit: 5 (at most 294). Of 100 ballots 36 more than usual "
        "leaned to one side; the 1370 on that side are held."
    )
    assert "有 5 天" in told.zh
    assert "比平常每 100 张多 36 张" in told.zh


@pytest.mark.parametrize("reason", ["R1", "R3", "R4"])
def test_every_reason_has_its_words(reason: str) -> None:
    told = explain(signal_of(Finding(unit="u", reason=reason, held=12345, groups=7, peak=9, limit=2)))
    assert "12345" in told.zh
    assert "12345" in told.en
    assert "fewer than 10" in told.en


def test_the_report_foretells_the_shift_of_a_slow_farm() -> None:
    box = make_box(0).with_way("F")
    unit = box.targets["F"]
    honest = [
        b
        for b, s in zip(box.ballots, box.senders, strict=True)
        if b.unit == unit and s in {"honest", "queue"}
    ]
    told = slow_farm(
        unit=unit,
        ballots=len(honest),
        rating=rating(honest),
        best=100,
        worst=0,
        days=DAYS,
        per_day=STUFFED["F"] // DAYS,
    )
    measured = outcome(box, judge(box.ballots, Rules(), LEVELS)).shifts["F"][1]
    assert told.farm == STUFFED["F"]
    assert measured < told.raised < 2 * measured


def test_a_slow_farm_is_told_plainly() -> None:
    told = slow_farm(unit="u", ballots=1400, rating=Fraction(80), best=100, worst=0, days=30, per_day=20)
    assert [told.raised, told.lowered] == [Fraction(6), Fraction(24)]
    assert "20 ballots a day" in told.told().en
    assert "raise the unit by 6.00 points, or lower it by 24.00" in told.told().en
    assert "抬高 6.00 分，或压低 24.00 分" in told.told().zh


def test_a_unit_without_ballots_moves_all_the_way_and_without_a_farm_not_at_all() -> None:
    empty = slow_farm(unit="u", ballots=0, rating=Fraction(80), best=100, worst=0, days=30, per_day=1)
    assert [empty.raised, empty.lowered] == [Fraction(20), Fraction(80)]
    nobody = slow_farm(unit="u", ballots=0, rating=Fraction(80), best=100, worst=0, days=0, per_day=1)
    assert [nobody.raised, nobody.lowered] == [Fraction(0), Fraction(0)]


@pytest.mark.parametrize(("points", "farm"), [(0, 0), (5, 467), (20, None), (21, None)])
def test_the_farm_needed_is_the_smallest_that_does_it(points: int, farm: int | None) -> None:
    needed = farm_needed(ballots=1400, rating=Fraction(80), best=100, points=Fraction(points))
    assert needed == farm
    if needed:
        for size, enough in ((needed, True), (needed - 1, False)):
            made = slow_farm(
                unit="u", ballots=1400, rating=Fraction(80), best=100, worst=0, days=1, per_day=size
            )
            assert (made.raised >= points) is enough


@pytest.mark.parametrize(("ballots", "rating"), [(-1, 80), (10, 101), (10, -1)])
def test_impossible_figures_are_refused(ballots: int, rating: int) -> None:
    with pytest.raises(ValueError, match="between worst and best"):
        slow_farm(unit="u", ballots=ballots, rating=Fraction(rating), best=100, worst=0, days=1, per_day=1)
