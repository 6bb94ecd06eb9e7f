"""The method's worked examples A to D, exactly."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from pingyi.channels import Share


def test_survey_of_four_options_is_the_mean_worth(evaluate: Any) -> None:
    answers = {"very_satisfied": 10, "satisfied": 5, "basic": 3, "dissatisfied": 2, "no_opinion": 4}
    rows = [{"option": option, "count": count} for option, count in answers.items()]
    settings = {"preset": "100/80/60/0", "unscored": ["no_opinion"], "n_min": 20, "shown_as": "rate"}
    score = evaluate("mobile_qr", settings, rows)
    assert score.rate == Fraction(79, 100)
    assert score.n == 20
    assert score.facts["no_opinion_share"] == Share(4, 24)
    assert score.facts["very_satisfied_share"] == Share(10, 20)
    assert (
        score.samples[0].sum_squares
        == 10 * Fraction(1) + 5 * Fraction(16, 25) + 3 * Fraction(9, 25) - 20 * Fraction(79, 100) ** 2
    )


def test_three_rates_weigh_their_measures(evaluate: Any) -> None:
    figures = (("on_time", 44, 46), ("closed", 45, 46), ("satisfied", 33, 40))
    rows = [{"measure": measure, "count": count, "of": of} for measure, count, of in figures]
    settings = {"preset": ["30/30/40", "rate"], "sub_score_decimals": 20}
    exact = evaluate("hotline_totals", settings, rows)
    assert abs(exact.rate * 8 - Fraction(4188, 575)) < Fraction(1, 10**18)
    rounded = evaluate("hotline_totals", {"preset": ["30/30/40", "rate"]}, rows)
    assert [rounded.facts[f"{measure}_score"] for measure, _, _ in figures] == [
        Decimal("28.70"),
        Decimal("29.35"),
        Decimal("33.00"),
    ]
    assert rounded.rate == Fraction(9105, 10000)


def test_panel_drops_the_highest_and_the_lowest(evaluate: Any) -> None:
    rows = [{"rater": str(mark), "score": mark} for mark in (86, 90, 88, 95, 70, 91, 89)]
    score = evaluate("panel", {"scale": "100", "trim": 1, "n_min": 3}, rows)
    assert score.rate * 4 == Fraction("3.552")
    assert (score.n, score.samples[0].n, score.facts["dropped"]) == (7, 5, 2)


def test_panel_of_four_keeps_every_mark_and_an_absent_rater_is_no_zero(evaluate: Any) -> None:
    rows: list[dict[str, Any]] = [{"rater": str(mark), "score": mark} for mark in (60, 70, 80, 90)]
    score = evaluate("panel", {"scale": "100", "trim": 1, "n_min": 3}, [*rows, {"rater": "e", "score": ""}])
    assert score.rate == Fraction(75, 100)
    assert score.n == 4


def test_partner_score_is_its_part_of_the_scale(evaluate: Any) -> None:
    score = evaluate("partner_score", {"scale": "100"}, [{"score": "92.5"}])
    assert score.rate * 5 == Fraction("4.625")
    assert score.facts == {"mark": Decimal("92.5")}


def test_bands_round_each_sub_score_before_they_are_added(evaluate: Any) -> None:
    figures = (("signed_on_time", 6, 7), ("on_time", 6, 7), ("satisfied", 5, 6))
    rows = [{"measure": measure, "count": count, "of": of} for measure, count, of in figures]
    score = evaluate("hotline_totals", {"preset": "lianyungang", "n_min": 1}, rows)
    parts = [score.facts[f"{measure}_score"] for measure, _, _ in figures]
    assert parts == [Decimal("0.71"), Decimal("10.71"), Decimal("19.17")]
    assert score.rate == Fraction(3059, 5500)
    assert score.samples[0].weight == Fraction(100, 55)


def test_bands_stop_at_full_marks_and_at_the_floor(evaluate: Any) -> None:
    rows = [
        {"measure": "signed_on_time", "count": 95, "of": 100},
        {"measure": "satisfied", "count": 0, "of": 9},
    ]
    score = evaluate("hotline_totals", {"preset": "lianyungang", "n_min": 1}, rows)
    assert score.facts["signed_on_time_score"] == 10
    assert score.facts["satisfied_score"] == Decimal("12.5")
    assert score.rate == Fraction(2250, 3500)
    assert [sample.weight for sample in score.samples] == [0, 0]


def test_events_come_off_a_hundred(evaluate: Any) -> None:
    settings = {"events": {"late": "2", "false": "7.5"}, "n_min": 1, "sub_score_decimals": 1}
    rows = [
        {"month": "2017-01", "measure": "late", "count": 3},
        {"month": "2017-02", "measure": "late", "count": 1},
        {"month": "2017-01", "measure": "false", "count": 2},
    ]
    score = evaluate("hotline_totals", settings, rows)
    assert score.rate == Fraction(77, 100)
    assert score.n is None
    assert score.facts["false_deducted"] == 15
