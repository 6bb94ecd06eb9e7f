"""Rules that were published, with their figures, slips included; and bands that cannot be written."""

import csv
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from pingyi.channels import Share
from pingyi.domain.assessment.grades import grades_of
from pingyi.domain.assessment.ranking import ranks_of
from pingyi.domain.errors import Problem
from pingyi.domain.scheme.parse import parse_scheme

TABLE = Path(__file__).parent / "tables" / "xiaolongshan_2016.csv"
BENGBU = 'from = { excellent = "90", good = "80", qualified = "60", unqualified = "0" }'
SCHEME = """
key = "bands"
title = { zh = "等次", en = "Bands" }
full_marks = "100"
decimals = 2
[policies]
missing = "reallocate"
min_coverage = "60"
ties = "dense"
tie_break = []
[[categories]]
key = "all"
title = { zh = "全部", en = "All" }
[[channels]]
key = "cases"
title = { zh = "办件", en = "Cases" }
plugin = "partner_score"
operator = "热线办"
max_points = "100"
settings = { scale = "100" }
[grades]
"""


def half_up(value: Fraction) -> Decimal:
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


def xiaolongshan(evaluate: Any, place: int) -> tuple[Any, Decimal]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        row = list(csv.DictReader(file))[place]
    columns = ("satisfied", "fairly_satisfied", "average")
    rows = [{"option": option, "count": row[option]} for option in columns]
    score = evaluate("web_poll", {"preset": "xiaolongshan", "n_min": 30}, rows)
    return score, Decimal(row["published_rate_pct"])


def test_xiaolongshan_printed_a_hundredth_too_much_for_its_first_group(evaluate: Any) -> None:
    score, published = xiaolongshan(evaluate, 0)
    assert score.rate == Fraction(35, 36)
    assert (half_up(score.rate * 100), published) == (Decimal("97.22"), Decimal("97.23"))


def test_xiaolongshan_called_a_score_a_rate(evaluate: Any) -> None:
    score, published = xiaolongshan(evaluate, 1)
    shares = [score.facts[f"{option}_share"] for option in ("satisfied", "fairly_satisfied")]
    plain = sum((Fraction(*share) for share in shares), Fraction(0))
    assert (half_up(score.rate * 100), published) == (Decimal("97.37"), Decimal("97.37"))
    assert half_up(plain * 100) == Decimal("96.49")


def test_lianyungang_total_comes_out_only_if_each_sub_score_is_rounded(evaluate: Any) -> None:
    figures = {"signed_on_time": (6, 7), "on_time": (6, 7), "satisfied": (5, 6)}
    rows = [{"measure": measure, "count": count, "of": of} for measure, (count, of) in figures.items()]
    score = evaluate("hotline_totals", {"preset": "lianyungang", "n_min": 1}, rows)
    rounded = sum(score.facts[f"{measure}_score"] for measure in figures)
    exact = evaluate(
        "hotline_totals", {"preset": "lianyungang", "n_min": 1, "sub_score_decimals": 20}, rows
    ).rate
    rest = Decimal("78.04") - rounded
    assert (rounded, rest) == (Decimal("30.59"), Decimal("47.45"))
    assert score.rate * 55 == Fraction(rounded)
    assert half_up(exact * 55 + Fraction(rest)) == Decimal("78.05")


def test_kaixian_scored_50_where_everybody_was_dissatisfied(evaluate: Any) -> None:
    settings = {"preset": "kaixian", "unscored": [], "n_min": 1, "shown_as": "score"}
    score = evaluate("web_poll", settings, [{"option": "dissatisfied", "count": 100}])
    assert score.rate == Fraction(1, 2)
    assert score.facts["satisfied_share"] == score.facts["very_satisfied_share"] == Share(0, 100)


def test_zhangzhou_ranks_two_units_second_and_the_next_third() -> None:
    totals = [9612, 9580, 9580, 9544]
    assert [ranks_of(totals, "dense")[total] for total in totals] == [1, 2, 2, 3]
    assert [ranks_of(totals, "competition")[total] for total in totals] == [1, 2, 2, 4]


def test_bengbu_bands_leave_no_hole_between_89_and_90() -> None:
    grades = parse_scheme(SCHEME + BENGBU).grades
    assert grades is not None
    graded = grades_of(grades, range(10_001), 2)
    assert set(graded) == set(range(10_001))
    assert Counter(graded.values()) == {
        "excellent": 1001,
        "good": 1000,
        "qualified": 2000,
        "unqualified": 6000,
    }
    assert [graded[total] for total in (8900, 8950, 8999, 9000)] == ["good", "good", "good", "excellent"]
    assert graded[5950] == "unqualified"


@pytest.mark.parametrize(
    ("written", "code", "place"),
    [
        ('from = { excellent = "90", good = "80-89", poor = "0" }', "not_a_decimal", "/grades/from/good"),
        (
            'from = { excellent = "90", good = ["80", "89"], poor = "0" }',
            "not_a_decimal",
            "/grades/from/good",
        ),
        ('from = { excellent = "90" }\nto = { good = "89" }', "unknown_key", "/grades/to"),
        ('from = { excellent = "90", good = "80", qualified = "60" }', "bounds_end", "/grades/from"),
        ('from = { good = "80", excellent = "90", poor = "0" }', "bounds_order", "/grades/from/excellent"),
        ('shares = { first = "0.3", second = "0.6", third = "0.09" }', "shares_sum", "/grades/shares"),
    ],
)
def test_bands_with_a_hole_cannot_be_written(written: str, code: str, place: str) -> None:
    with pytest.raises(Problem) as refused:
        parse_scheme(SCHEME + written)
    errors = refused.value.errors
    assert (code, place) in [(error.code, error.pointer) for error in errors]
    assert all(error.message.zh and error.message.en for error in errors)
