"""Monitoring points: half ballot, half handling of their own reports, and how many of them spoke."""

from collections import Counter
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from pingyi.channels import Channel, Context, Entry, Period, Share, Tally
from pingyi.channels.messages import text_of
from pingyi.channels.types import encode_name

YEAR = Period(starts_on=date(2017, 1, 1), ends_on=date(2017, 12, 31))
BALLOT: dict[str, Any] = {
    "preset": ["100/80/60/0", "50/50"],
    "unscored": ["no_opinion"],
    "n_min": 1,
    "shown_as": "rate",
    "dimensions": {"overall": "1"},
}
STRATA = {"enterprise": "0.6", "village": "0.4"}
REGISTERED = {("registered", "enterprise"): 200, ("registered", "village"): 50}


def heard(point: str, opinion: str = "", stratum: str = "enterprise", **cells: Any) -> dict[str, Any]:
    return {"point": point, "stratum": stratum, "answers": {"overall": opinion}, **cells}


def test_half_ballot_and_half_handling(evaluate: Any) -> None:
    # Ballot (100 + 80 + 60 + 0) / 4 = 60; handling 0.2 x 4/5 + 0.4 x 3/5 + 0.4 x 2/5 = 0.56.
    # Half of each: 58.
    opinions = ("very_satisfied", "satisfied", "basic", "dissatisfied", "no_opinion")
    rows = [heard(f"E{number}", opinion) for number, opinion in enumerate(opinions)]
    rows[0] |= {"reports": 3, "answered_on_time": 3, "resolved": 2, "satisfied": 1}
    rows[4] |= {"reports": 2, "answered_on_time": 1, "resolved": 1, "satisfied": 1}
    score = evaluate("monitoring_points", BALLOT, rows, rolls=REGISTERED)
    assert (score.rate, score.n) == (Fraction(58, 100), 4)
    assert score.facts["reports"] == 5
    assert (score.facts["resolved_rate"], score.facts["satisfied_rate"]) == (Share(3, 5), Share(2, 5))
    assert Fraction(*score.facts["report_part"]) == Fraction(56, 100)
    assert score.facts["ballot_part"] == Fraction(60, 100)
    assert score.facts["very_satisfied_share"] == Share(1, 4)
    assert score.facts["no_opinion_share"] == Share(1, 5)
    assert (score.facts["points"], score.facts["coverage"]) == (5, Share(5, 250))


def test_samples_weigh_as_their_parts_do(evaluate: Any) -> None:
    rows = [heard("E1", "satisfied", reports=4, resolved=1, satisfied=2), heard("E2", "dissatisfied")]
    score = evaluate("monitoring_points", {**BALLOT, "ballot_share": "0.7"}, rows)
    found = [(sample.block, sample.weight, sample.n, sample.sum_squares) for sample in score.samples]
    assert found == [
        ("overall", Fraction(7, 10), 2, Fraction(64, 100) - 2 * Fraction(4, 10) ** 2),
        ("reports/resolved", Fraction(3, 20), 4, Fraction(3, 4)),
        ("reports/satisfied", Fraction(3, 20), 4, Fraction(1)),
    ]
    assert score.rate == Fraction(7, 10) * Fraction(4, 10) + Fraction(3, 10) * Fraction(3, 8)


def test_unit_without_reports_keeps_the_ballot_part_alone(evaluate: Any) -> None:
    for cells in ({}, {"reports": 0, "resolved": 0}):
        score = evaluate("monitoring_points", BALLOT, [heard("E1", "satisfied", **cells)])
        assert score.rate == Fraction(80, 100)
        assert [sample.weight for sample in score.samples] == [1]
        assert "report_part" not in score.facts


def test_measure_that_nobody_gave_spreads_its_weight(evaluate: Any) -> None:
    rows = [heard("E1", "very_satisfied", reports=4, answered_on_time=4, resolved=1)]
    # (0.2 x 1 + 0.4 x 1/4) / 0.6 = 1/2; half of it and half of 1.
    assert evaluate("monitoring_points", BALLOT, rows).rate == Fraction(3, 4)


def test_types_of_points_weigh_as_the_scheme_says(evaluate: Any) -> None:
    rows = [heard("E1", "very_satisfied"), heard("E2", "basic"), heard("V1", "dissatisfied", "village")]
    score = evaluate("monitoring_points", {**BALLOT, "strata": STRATA}, rows)
    assert score.rate == Fraction(6, 10) * Fraction(80, 100)


def test_several_dimensions_are_answered_in_one_return(evaluate: Any) -> None:
    settings = {**BALLOT, "dimensions": {"law": "1", "speed": "3"}}
    rows = [{"point": "E1", "stratum": "enterprise", "answers": {"law": "very_satisfied", "speed": "basic"}}]
    score = evaluate("monitoring_points", settings, rows)
    assert score.rate == Fraction(70, 100)
    assert Fraction(*score.facts["speed_score"]) == Fraction(3, 5)


def test_too_few_answers_are_not_rated_however_many_reports(evaluate: Any) -> None:
    rows = [heard("E1", reports=9, satisfied=9)]
    score = evaluate("monitoring_points", BALLOT, rows, rolls=REGISTERED)
    assert (score.status, score.rate, score.n, score.facts["reports"]) == ("too_few", None, 0, 9)
    assert evaluate("monitoring_points", {**BALLOT, "n_min": 2}, [heard("E1", "basic")]).status == "too_few"


def test_point_that_speaks_twice_is_covered_once(channels: dict[str, Channel]) -> None:
    channel = channels["monitoring_points"]
    context = Context(channel.settings_schema().load(BALLOT), YEAR, {("registered", ""): 4})
    rows = [
        {**heard(point, "basic"), "unit": unit, "month": month}
        for point, unit, month in (("E1", "u", "2017-03"), ("E1", "u", "2017-04"), ("E1", "v", "2017-03"))
    ]
    rows.append({**heard("V1", "basic", "village"), "unit": "v", "month": "2017-03"})
    own: Counter[str] = Counter()
    shared: Counter[str] = Counter()
    for row in rows:
        values = channel.entry_schema(context).load(row)
        for count in channel.tally(Entry(values.pop("unit"), values), context):
            (shared if count.shared else own)[encode_name(count.counter)] += count.amount
    tally = Tally(own, Tally(shared))
    assert tally.shared.below("point", "enterprise") == {"E1": 3}
    assert (tally.shared.distinct("point"), tally.shared.distinct("poi")) == (2, 0)
    assert tally.shared.below("month", "2017-03") == {"enterprise": 2, "village": 1}
    assert channel.score(tally, context).facts["coverage"] == Share(2, 4)
    shared[encode_name(("point", "village", "V1"))] -= 1
    assert channel.score(Tally(own, Tally(shared)), context).facts["coverage"] == Share(1, 4)


def test_more_points_than_are_registered_show_no_coverage(evaluate: Any) -> None:
    rows = [heard("E1", "basic"), heard("E2", "basic")]
    score = evaluate("monitoring_points", BALLOT, rows, rolls={("registered", ""): 1})
    assert (score.facts["points"], score.facts["registered"]) == (2, 1)
    assert "coverage" not in score.facts


def test_contradiction_that_only_the_sum_shows_is_inconsistent(channels: dict[str, Channel]) -> None:
    channel = channels["monitoring_points"]
    context = Context(channel.settings_schema().load(BALLOT))
    tally = Tally.of({("of", "resolved"): 2, ("count", "resolved"): 3, ("answer", "overall", "basic"): 1})
    assert channel.score(tally, context).status == "inconsistent"


def test_channel_needs_to_know_how_many_points_are_registered(channels: dict[str, Channel]) -> None:
    channel = channels["monitoring_points"]
    assert channel.needs(channel.settings_schema().load(BALLOT)) == {"registered"}
    assert channel.identity == ("unit", "point", "month")


def test_point_enters_the_record_only_as_a_commitment(channels: dict[str, Channel]) -> None:
    fields = channels["monitoring_points"].entry_schema().fields
    assert [name for name, field in fields.items() if field.metadata.get("private")] == ["point"]


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"point": ""}, "point"),
        ({"stratum": ""}, "stratum"),
        ({"stratum": "town"}, "stratum"),
        ({"month": "2018-01"}, "month"),
        ({"answers": {"speed": "basic"}}, "answers"),
        ({"answers": {"overall": "fine"}}, "answers"),
        ({"answers": {"overall": "issued"}}, "answers"),
        ({"reports": 2, "resolved": 3}, "resolved"),
        ({"satisfied": 1}, "reports"),
    ],
)
def test_return_that_cannot_be_is_refused(
    channels: dict[str, Channel], cells: dict[str, Any], column: str
) -> None:
    channel = channels["monitoring_points"]
    context = Context(channel.settings_schema().load({**BALLOT, "strata": STRATA}), YEAR)
    messages = channel.entry_schema(context).validate({"unit": "u", **heard("E1", "basic"), **cells})
    assert list(messages) == [column]
    (sentence,) = _sentences(messages[column])
    assert text_of(sentence).zh != sentence


BAD: list[tuple[dict[str, Any], str]] = [
    ({**BALLOT, "ballot_share": "1.2"}, "less than or equal to 1"),
    ({**BALLOT, "ballot_share": 0.5}, "Not a plain decimal"),
    ({**BALLOT, "report_weights": {"resolved": "0.99"}}, "must sum to 1"),
    ({**BALLOT, "report_weights": {"closed": "1"}}, "Must be one of: answered_on_time"),
    ({**BALLOT, "report_weights": {}}, "must sum to 1"),
    ({**BALLOT, "preset": "100/80/60/0"}, "Missing data for required field."),
    ({**BALLOT, "preset": ["100/80/30", "50/50"]}, "otherwise it is a score"),
    ({key: value for key, value in BALLOT.items() if key != "dimensions"}, "Missing data"),
    ({**BALLOT, "strata": {"enterprise": "0.5", "village": "0.4"}}, "must sum to 1"),
]


@pytest.mark.parametrize(("settings", "reason"), BAD)
def test_settings_that_cannot_score_are_refused_with_the_reason(
    channels: dict[str, Channel], settings: dict[str, Any], reason: str
) -> None:
    found = _sentences(channels["monitoring_points"].settings_schema().validate(settings))
    assert any(reason in sentence for sentence in found), found
    assert all(text_of(sentence).zh != sentence for sentence in found)


def _sentences(part: Any) -> list[str]:
    if isinstance(part, dict):
        return [one for deeper in part.values() for one in _sentences(deeper)]
    return list(part)
