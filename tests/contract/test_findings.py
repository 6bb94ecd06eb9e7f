"""Inspections: only what is confirmed counts, what is confirmed or withdrawn was examined."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from pingyi.channels import Channel, Context, Period
from pingyi.channels.families.findings import STATES
from pingyi.channels.messages import text_of

ITEMS: dict[str, Any] = {
    "items": [
        {"key": "absence", "deduct": "0.5", "cap": "2"},
        {"key": "attitude", "deduct": "3"},
        {"key": "bribe", "veto": True},
    ]
}
YEAR = Period(starts_on=date(2017, 1, 1), ends_on=date(2017, 12, 31))


def finding(number: int, state: str, item: str = "attitude") -> dict[str, Any]:
    return {"finding": str(number), "date": "2017-03-01", "item": item, "state": state}


def test_only_confirmed_findings_count(evaluate: Any) -> None:
    rows = [finding(number, state) for number, state in enumerate(STATES)]
    score = evaluate("inspections", ITEMS, rows, period=YEAR)
    assert (score.rate, score.n) == (Fraction(97, 100), 2)
    assert score.facts["attitude_count"] == 1


@pytest.mark.parametrize("state", ["recorded", "released", "contested"])
def test_finding_that_is_not_decided_is_no_evidence(evaluate: Any, state: str) -> None:
    score = evaluate("inspections", ITEMS, [finding(1, state, "bribe")])
    assert (score.status, score.rate, score.n) == ("no_cases", None, 0)


def test_withdrawn_finding_means_examined_without_deduction(evaluate: Any) -> None:
    score = evaluate("inspections", ITEMS, [finding(1, "withdrawn", "bribe")])
    assert (score.rate, score.n, score.veto) == (1, 1, False)


def test_visit_that_found_nothing_counts_as_examined(evaluate: Any) -> None:
    score = evaluate("inspections", ITEMS, [{"finding": "7", "state": "confirmed"}])
    assert (score.rate, score.n) == (1, 1)


def test_each_class_stops_at_its_cap_and_all_at_nothing(evaluate: Any) -> None:
    # 6 x 0.5 = 3, capped at 2; 2 x 3 = 6; 100 - 8 = 92.
    rows = [finding(number, "confirmed", "absence") for number in range(6)]
    rows += [finding(number, "confirmed") for number in (6, 7)]
    score = evaluate("inspections", ITEMS, rows)
    assert (score.rate, score.facts["deducted"]) == (Fraction(92, 100), Decimal(8))
    many = [finding(number, "confirmed") for number in range(40)]
    assert evaluate("inspections", ITEMS, many).rate == 0


def test_confirmed_veto_lists_the_unit_outside_the_ranking(evaluate: Any) -> None:
    score = evaluate("inspections", ITEMS, [finding(1, "confirmed", "bribe")])
    assert (score.rate, score.veto, score.facts["veto"]) == (0, True, "bribe")


def test_later_state_corrects_the_earlier_without_a_reason_even_of_another_unit(
    channels: dict[str, Channel],
) -> None:
    channel = channels["inspections"]
    assert channel.identity == ("finding",)
    assert not channel.corrections_need_reason
    assert not channel.due_per_unit


@pytest.mark.parametrize("given", ["confirmed", "已认定", "Confirmed", " confirmed "])
def test_state_may_be_given_in_chinese_or_english(channels: dict[str, Channel], given: str) -> None:
    schema = channels["inspections"].entry_schema(Context({}))
    assert schema.load({"unit": "u", **finding(1, given)})["state"] == "confirmed"


def test_day_of_a_time_is_that_of_the_periods_zone(channels: dict[str, Channel]) -> None:
    schema = channels["inspections"].entry_schema(Context({}, YEAR))
    row = {"unit": "u", "finding": "1", "state": "recorded", "date": "2017-02-28T17:30:00+00:00"}
    values = schema.load(row)
    assert values["date"] == date(2017, 3, 1)
    assert schema.dump(values)["date"] == "2017-03-01"


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"finding": ""}, "finding"),
        ({"state": ""}, "state"),
        ({"state": "guessed"}, "state"),
        ({"item": "parking"}, "item"),
        ({"date": "2018-01-01"}, "date"),
        ({"date": "2016-12-31"}, "date"),
        ({"date": "1 March"}, "date"),
    ],
)
def test_finding_that_cannot_be_is_refused(
    channels: dict[str, Channel], cells: dict[str, Any], column: str
) -> None:
    channel = channels["inspections"]
    context = Context(channel.settings_schema().load(ITEMS), YEAR)
    messages = channel.entry_schema(context).validate({"unit": "u", **finding(1, "recorded"), **cells})
    assert list(messages) == [column]
    assert text_of(messages[column][0]).zh != messages[column][0]
