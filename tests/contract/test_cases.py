"""Single cases and totals: what counts as due, what is not given, what contradicts itself."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from pingyi.channels import Channel, Context, Period, Share
from pingyi.channels.messages import text_of

YEAR = Period(starts_on=date(2017, 1, 1), ends_on=date(2017, 12, 31))
SETTINGS: dict[str, Any] = {"n_min": 1, "sub_score_decimals": 2}


def only(measure: str, **more: Any) -> dict[str, Any]:
    return {**SETTINGS, "weights": {measure: "1"}, **more}


def case(**cells: Any) -> dict[str, Any]:
    return {"case": "1", "accepted_at": "2017-06-01T10:00", **cells}


@pytest.mark.parametrize(
    ("cells", "share"),
    [
        ({"due_at": "2017-06-10", "closed_at": "2017-06-10T17:00"}, Share(1, 1)),
        ({"due_at": "2017-06-10T12:00", "closed_at": "2017-06-10"}, Share(0, 1)),
        ({"due_at": "2017-06-10"}, Share(0, 1)),
        ({"due_at": "2017-12-31"}, Share(0, 1)),
        ({"due_at": "2018-01-10", "closed_at": "2018-01-09"}, Share(1, 1)),
        ({"due_at": "2018-01-10"}, None),
        ({"closed_at": "2017-06-05"}, None),
        ({"due_at": "2017-12-31T16:30:00+00:00"}, None),
    ],
)
def test_case_is_due_once_it_is_done_or_its_time_has_come(
    evaluate: Any, cells: dict[str, Any], share: Share | None
) -> None:
    score = evaluate("hotline", only("on_time"), [case(**cells)], period=YEAR)
    assert score.facts.get("on_time_rate") == share
    assert score.status == ("ok" if share else "too_few")


def test_case_not_yet_signed_counts_once_its_time_has_come(evaluate: Any) -> None:
    rows = [case(sign_due_at="2017-06-02"), case(sign_due_at="2017-06-02", signed_at="2017-06-01T10:05")]
    score = evaluate("hotline", only("signed_on_time"), rows, period=YEAR)
    assert score.rate == Fraction(1, 2)


def test_cell_not_given_enters_neither_count(evaluate: Any) -> None:
    rows = [
        case(followed_up="是", reached="是", opinion="satisfied"),
        case(followed_up="是", reached="是"),
        case(followed_up="是", reached="否"),
        case(followed_up="否"),
        case(),
    ]
    usual = evaluate("hotline", only("satisfied"), rows, period=YEAR)
    assert usual.facts["satisfied_rate"] == Share(1, 1)
    followed_up = only("satisfied", of={"satisfied": "followed_up"})
    assert evaluate("hotline", followed_up, rows, period=YEAR).facts["satisfied_rate"] == Share(1, 2)
    accepted = only("satisfied", of={"satisfied": "accepted"})
    assert evaluate("hotline", accepted, rows, period=YEAR).facts["satisfied_rate"] == Share(1, 3)


def test_credit_scores_and_the_rate_stays_plain(evaluate: Any) -> None:
    reached = {"followed_up": True, "reached": True}
    rows = [case(opinion=word, **reached) for word in ("satisfied", "basic", "dissatisfied")]
    score = evaluate("hotline", only("satisfied", credit={"basic": "0.9"}), rows, period=YEAR)
    assert score.facts["satisfied_score"] == Decimal("63.33")
    assert score.facts["satisfied_rate"] == Share(1, 3)
    mean = Fraction(19, 30)
    assert score.samples[0].sum_squares == 1 + Fraction(81, 100) - 3 * mean * mean


def test_measure_below_n_min_is_dropped_and_its_weight_spread(evaluate: Any) -> None:
    settings = {"weights": {"closed": "0.6", "satisfied": "0.4"}, "n_min": 2, "sub_score_decimals": 2}
    rows = [
        case(closed_at="2017-06-02", followed_up=True, reached=True, opinion="dissatisfied"),
        case(case="2"),
    ]
    score = evaluate("hotline", settings, rows, period=YEAR)
    assert score.rate == Fraction(1, 2)
    assert (score.n, score.facts["satisfied_n"]) == (2, 1)
    assert "satisfied_score" not in score.facts


def test_source_narrows_a_measure(evaluate: Any) -> None:
    rows = [case(source="12345", closed_at="2017-06-02"), case(source="paper")]
    assert evaluate("hotline", only("closed"), rows, period=YEAR).rate == Fraction(1, 2)
    narrowed = evaluate("hotline", only("closed", source={"closed": "12345"}), rows, period=YEAR)
    assert (narrowed.rate, narrowed.n) == (1, 2)
    assert evaluate("hotline", only("closed", source="paper"), rows, period=YEAR).n == 1


def test_unit_without_cases_is_not_rated(evaluate: Any) -> None:
    assert evaluate("hotline", only("closed"), [], period=YEAR).status == "no_cases"


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"accepted_at": "2016-12-31"}, "accepted_at"),
        ({"accepted_at": "2017-12-31T16:30:00+00:00"}, "accepted_at"),
        ({"accepted_at": "9999-12-31T23:59:59-12:00"}, "accepted_at"),
        ({"accepted_at": "1.6.2017"}, "accepted_at"),
        ({"closed_at": "2017-05-31"}, "closed_at"),
        ({"reached": "是"}, "followed_up"),
        ({"followed_up": "是", "resolved": "是"}, "reached"),
        ({"followed_up": "是", "reached": "否", "opinion": "satisfied"}, "reached"),
        ({"followed_up": "是", "reached": "是", "opinion": "delighted"}, "opinion"),
        ({"followed_up": "perhaps"}, "followed_up"),
        ({"events": {"late": 1}}, "events"),
        ({"events": "late"}, "events"),
    ],
)
def test_contradictory_case_is_refused_in_both_languages(
    channels: dict[str, Channel], cells: dict[str, Any], column: str
) -> None:
    channel = channels["hotline"]
    context = Context(channel.settings_schema().load(only("satisfied")), YEAR)
    messages = channel.entry_schema(context).validate({"unit": "u", **case(**cells)})
    assert list(messages) == [column]
    assert text_of(messages[column][0]).zh != messages[column][0]


def test_date_alone_is_the_end_of_its_day(channels: dict[str, Channel]) -> None:
    schema = channels["hotline"].entry_schema(Context({}, YEAR))
    loaded = schema.load({"unit": "u", "case": "1", "accepted_at": "2017-06-01"})
    assert loaded["accepted_at"].isoformat() == "2017-06-01T23:59:59+08:00"


def test_published_rates_average_plainly_without_n(evaluate: Any) -> None:
    rows = [{"month": "2017-01", "measure": "closed", "rate": "90"}]
    rows.append({"month": "2017-02", "measure": "closed", "rate": "95.5"})
    score = evaluate("hotline_totals", {**only("closed"), "n_min": 50}, rows)
    assert score.rate == Fraction("0.9275")
    assert (score.n, score.samples) == (None, ())


def test_published_rates_with_their_totals_are_pooled_with_counts(evaluate: Any) -> None:
    rows: list[dict[str, Any]] = [{"month": "2017-01", "measure": "closed", "rate": "90", "of": 10}]
    rows.append({"month": "2017-02", "measure": "closed", "count": 30, "of": 30})
    score = evaluate("hotline_totals", only("closed"), rows)
    assert (score.rate, score.n) == (Fraction(39, 40), 40)


@pytest.mark.parametrize(
    "rows",
    [
        [{"measure": "closed", "rate": "90"}, {"measure": "closed", "rate": "90", "of": 10}],
        [{"measure": "closed", "rate": "90"}, {"measure": "closed", "count": 9, "of": 10}],
        [
            {"measure": "closed", "count": 9, "of": 10},
            {"measure": "closed", "month": "2017-01", "count": 1, "of": 1},
        ],
        [{"measure": "satisfied", "count": 9, "of": 10}, {"measure": "basic", "count": 2}],
        [{"measure": "satisfied", "rate": "100"}, {"measure": "basic", "count": 2}],
        [{"measure": "satisfied", "count": 5, "of": 10}, {"measure": "basic", "count": 2, "of": 9}],
    ],
)
def test_totals_that_contradict_each_other_are_inconsistent(
    evaluate: Any, rows: list[dict[str, Any]]
) -> None:
    settings = {"weights": {"closed": "0.5", "satisfied": "0.5"}, "credit": {"basic": "0.9"}, **SETTINGS}
    score = evaluate("hotline_totals", settings, rows)
    assert (score.status, score.rate) == ("inconsistent", None)


@pytest.mark.parametrize(
    "cells",
    [
        {"measure": "closed", "count": 3},
        {"measure": "closed", "count": 3, "of": 2},
        {"measure": "closed", "count": 3, "of": 4, "rate": "75"},
        {"measure": "closed"},
        {"measure": "closed", "rate": "100.1"},
        {"measure": "closed", "rate": "50", "of": 0},
        {"measure": "resolved", "count": 1, "of": 2},
        {"measure": "closed", "count": 1, "of": 2, "month": "2018-01"},
        {"measure": "closed", "count": 1, "of": 2, "month": "2017-13"},
    ],
)
def test_total_that_cannot_be_is_refused_in_both_languages(
    channels: dict[str, Channel], cells: dict[str, Any]
) -> None:
    channel = channels["hotline_totals"]
    context = Context(channel.settings_schema().load(only("closed")), YEAR)
    messages = channel.entry_schema(context).validate({"unit": "u", **cells})
    assert len(messages) == 1
    sentence = next(iter(messages.values()))[0]
    assert text_of(sentence).zh != sentence
