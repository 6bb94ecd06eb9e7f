"""Tables that governments published, replayed on the families to the last digit."""

import csv
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from pingyi.channels import Share

TABLES = Path(__file__).parent / "tables"
GRADES = {"satisfied": "满意", "basic": "基本满意", "dissatisfied": "不满意"}


def table(name: str) -> list[dict[str, str]]:
    with (TABLES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def half_up(value: Fraction, decimals: int) -> Decimal:
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


@pytest.mark.parametrize("row", table("panjin_2023"), ids=lambda row: row["seq"])
def test_panjin_publishes_what_the_weighted_rates_give(evaluate: Any, row: dict[str, str]) -> None:
    columns = {
        "closed": "completion_rate_pct",
        "satisfied": "satisfaction_rate_pct",
        "on_time": "on_time_feedback_rate_pct",
        "followed_up": "valid_followup_rate_pct",
    }
    rows = [{"measure": measure, "rate": row[column]} for measure, column in columns.items()]
    score = evaluate("hotline_totals", {"preset": ["panjin", "rate"]}, rows)
    assert half_up(score.rate * 100, 1) == Decimal(row["published_score"])
    assert score.n is None


@pytest.mark.parametrize("row", table("zhenhai_2022"), ids=lambda row: row["seq"])
def test_zhenhai_publishes_the_grade_of_half_the_members(evaluate: Any, row: dict[str, str]) -> None:
    settings = {"preset": ["100/80/30", "zhenhai"], "unscored": [], "n_min": 1, "shown_as": "score"}
    columns = {"satisfied": "satisfied", "basic": "basically_satisfied", "dissatisfied": "dissatisfied"}
    rows = [{"option": option, "count": row[column]} for option, column in columns.items()]
    score = evaluate("deputies", settings, rows, rolls={("eligible", ""): int(row["present"])})
    assert GRADES[score.facts["grade"]] == row["published_grade"]


@pytest.mark.parametrize("row", table("zhanyi_2019"), ids=lambda row: row["seq"])
def test_zhanyi_publishes_the_shares_of_the_ballots(evaluate: Any, row: dict[str, str]) -> None:
    settings = {"preset": "100/80/30", "unscored": [], "n_min": 1, "shown_as": "score"}
    columns = {
        "satisfied": "satisfied",
        "basic": "basically_satisfied",
        "dissatisfied": "dissatisfied",
        "issued": "issued",
        "returned": "returned",
    }
    rows = [{"option": option, "count": row[column]} for option, column in columns.items()]
    score = evaluate("deputies", settings, rows)
    published = {
        "satisfied": row["published_satisfied_pct"],
        "basic": row["published_basic_pct"],
        "dissatisfied": row["published_dissatisfied_pct"],
    }
    for option, share in published.items():
        if share:
            found = Fraction(*score.facts[f"{option}_share"]) * 100
            assert half_up(found, 2) == Decimal(share)
    assert (score.facts["issued"], score.facts["returned"]) == (28, 28)


def test_zhanyi_publishes_fifteen_percentages() -> None:
    columns = ("published_satisfied_pct", "published_basic_pct", "published_dissatisfied_pct")
    assert sum(bool(row[column]) for row in table("zhanyi_2019") for column in columns) == 15


def test_xiaolongshan_publishes_the_score_of_its_second_group(evaluate: Any) -> None:
    row = table("xiaolongshan_2016")[1]
    columns = ("satisfied", "fairly_satisfied", "average")
    rows = [{"option": option, "count": row[option]} for option in columns]
    score = evaluate("web_poll", {"preset": "xiaolongshan", "n_min": 30}, rows)
    assert half_up(score.rate * 100, 2) == Decimal(row["published_rate_pct"])
    assert score.facts["satisfied_share"] == Share(103, 114)
