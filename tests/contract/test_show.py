"""The hotline show: who came, what an attendance is worth, and what became of the questions."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from pingyi.channels import Channel, Context, Entry, Period, Share
from pingyi.channels.messages import text_of

YEAR = Period(starts_on=date(2017, 1, 1), ends_on=date(2017, 12, 31))
CREDIT = {"deputy": "0.8", "other": "0.5"}
ALONE: dict[str, Any] = {"n_min": 1, "sub_score_decimals": 2}
ATTENDED: dict[str, Any] = {**ALONE, "weights": {"attended": "1"}, "credit": CREDIT}
WHOLE: dict[str, Any] = {"preset": ["40/20/20/20", "100/80/50"], "n_min": 1}


def came(*people: str) -> list[dict[str, Any]]:
    return [{"session": str(number), "attended_by": who} for number, who in enumerate(people)]


def asked(questions: int, **counts: int) -> dict[str, Any]:
    return {"session": "q", "questions": questions, **counts}


def test_attendance_is_worth_what_the_scheme_says(evaluate: Any) -> None:
    # 1 + 1 + 0.8 + 0.5 + 0 = 3.3 of 5 sessions.
    score = evaluate("hotline_show", ATTENDED, came("leader", "leader", "deputy", "other", "absent"))
    assert (score.rate, score.n) == (Fraction(66, 100), 5)
    assert score.facts["attended_score"] == Decimal("66.00")
    assert score.facts["attended_rate"] == Share(4, 5)
    assert (score.facts["leader_count"], score.facts["absent_count"]) == (2, 1)
    squares = 2 + Fraction(64, 100) + Fraction(25, 100)
    assert score.samples[0].sum_squares == squares - 5 * Fraction(66, 100) ** 2


def test_weights_join_attendance_and_handling(evaluate: Any) -> None:
    # attended 1.8 of 2: 40 x 0.9 = 36; 20 x 5/7 = 14.29; 20 x 4/7 = 11.43; 20 x 3/7 = 8.57; 70.29 of 100.
    rows = [
        {**asked(4, answered_on_time=3, resolved=2, satisfied=1), "session": "1", "attended_by": "leader"},
        {**asked(3, answered_on_time=2, resolved=2, satisfied=2), "session": "2", "attended_by": "deputy"},
    ]
    score = evaluate("hotline_show", WHOLE, rows)
    scores = [
        score.facts[f"{name}_score"] for name in ("attended", "answered_on_time", "resolved", "satisfied")
    ]
    assert scores == [Decimal("36.00"), Decimal("14.29"), Decimal("11.43"), Decimal("8.57")]
    assert score.rate == Fraction(7029, 10000)
    assert (score.facts["satisfied_rate"], score.facts["sessions"]) == (Share(3, 7), 2)


def test_bands_take_off_points_below_their_full_marks(evaluate: Any) -> None:
    # 90 percent answered in time: 20 - 1 x (95 - 90) = 15 of 20.
    band = {"measure": "answered_on_time", "points": "20", "full": "95", "per": "1", "floor": "0"}
    score = evaluate("hotline_show", {**ALONE, "bands": [band]}, [asked(10, answered_on_time=9)])
    assert score.rate == Fraction(15, 20)


def test_events_come_off_a_hundred(evaluate: Any) -> None:
    # 2 absences at 5, one deputy at 1.5, 3 late answers at 0.5: 100 - 10 - 1.5 - 1.5 = 87.
    settings = {**ALONE, "events": {"absent": "5", "deputy": "1.5", "late": "0.5"}}
    rows = [*came("leader", "absent", "absent", "deputy"), asked(9, answered_on_time=6)]
    score = evaluate("hotline_show", settings, rows)
    assert (score.rate, score.facts["late_count"]) == (Fraction(87, 100), 3)
    assert evaluate("hotline_show", {**settings, "n_min": 6}, rows).status == "too_few"


def test_denominator_may_be_an_earlier_step(evaluate: Any) -> None:
    settings = {**ALONE, "weights": {"satisfied": "1"}, "of": {"satisfied": "resolved"}}
    score = evaluate("hotline_show", settings, [asked(10, resolved=4, satisfied=3)])
    assert score.rate == Fraction(3, 4)


def test_cell_not_given_enters_neither_count(evaluate: Any) -> None:
    settings = {**ALONE, "weights": {"answered_on_time": "0.5", "satisfied": "0.5"}}
    rows = [asked(4, answered_on_time=2), {**asked(6, answered_on_time=6, satisfied=3), "session": "2"}]
    score = evaluate("hotline_show", settings, rows)
    assert (score.facts["answered_on_time_rate"], score.facts["satisfied_rate"]) == (
        Share(8, 10),
        Share(3, 6),
    )
    assert score.rate == Fraction(65, 100)


def test_session_without_questions_or_attendance_is_too_few_and_no_zero(evaluate: Any) -> None:
    assert evaluate("hotline_show", WHOLE, []).status == "no_cases"
    bare = evaluate(
        "hotline_show", WHOLE, [{"session": "1"}, {"session": "2", "questions": 0, "resolved": 0}]
    )
    assert (bare.status, bare.rate, bare.n) == ("too_few", None, 2)
    assert evaluate("hotline_show", WHOLE, came("absent")).rate == 0


@pytest.mark.parametrize("given", ["leader", "主要负责人", "LEADER"])
def test_attendance_may_be_given_in_chinese_or_english(channels: dict[str, Channel], given: str) -> None:
    schema = channels["hotline_show"].entry_schema(Context({}))
    assert schema.load({"unit": "u", "session": "1", "attended_by": given})["attended_by"] == "leader"


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"session": ""}, "session"),
        ({"attended_by": "nobody"}, "attended_by"),
        ({"date": "2018-01-01"}, "date"),
        ({"questions": 3, "resolved": 4}, "resolved"),
        ({"questions": 5, "resolved": 2, "satisfied": 3}, "satisfied"),
        ({"satisfied": 1}, "questions"),
        ({"questions": 1, "cases": "R-1、R-2"}, "cases"),
        ({"questions": 3, "cases": "R-1；R-1"}, "cases"),
        ({"attendees": "名" * 2001}, "attendees"),
    ],
)
def test_session_that_cannot_be_is_refused(
    channels: dict[str, Channel], cells: dict[str, Any], column: str
) -> None:
    channel = channels["hotline_show"]
    context = Context(channel.settings_schema().load({**WHOLE, "of": {"satisfied": "resolved"}}), YEAR)
    messages = channel.entry_schema(context).validate({"unit": "u", "session": "1", **cells})
    assert list(messages) == [column]
    assert text_of(messages[column][0]).zh != messages[column][0]


def test_names_and_cases_of_a_session_are_kept_and_count_nothing(channels: dict[str, Channel]) -> None:
    channel = channels["hotline_show"]
    context = Context(channel.settings_schema().load(WHOLE), YEAR)
    schema = channel.entry_schema(context)
    session = {"session": "1", "attended_by": "leader", "questions": 2}
    told = {"attendees": "王局长、李科长", "cases": "R-1、R-2"}
    plain, full = (schema.load({"unit": "u", **session, **more}) for more in ({}, told))
    assert {name: full[name] for name in told} == told
    assert [*channel.tally(Entry("u", plain), context)] == [*channel.tally(Entry("u", full), context)]
    assert schema.fields["attendees"].metadata["private"]


BAD: list[tuple[dict[str, Any], str]] = [
    ({**ATTENDED, "credit": {}}, "Say what a deputy's"),
    ({**ATTENDED, "credit": {"deputy": "0.8"}}, "Say what a deputy's"),
    ({**ATTENDED, "credit": {**CREDIT, "absent": "0.1"}}, "Must be one of: deputy, other."),
    ({**ATTENDED, "credit": {"deputy": "0.5", "other": "0.8"}}, "worth no less"),
    ({**ATTENDED, "credit": {"deputy": "1.1", "other": "0.8"}}, "less than or equal to 1"),
    ({**ALONE, "weights": {"resolved": "1"}, "credit": CREDIT}, "towards attended"),
    ({**ALONE, "weights": {"resolved": "0.99"}}, "must sum to 1"),
    ({**ALONE, "weights": {"closed": "1"}}, "Sessions show only"),
    ({**ATTENDED, "of": {"attended": "questions"}}, "Attendance is counted of the sessions."),
    ({**ALONE, "weights": {"resolved": "1"}, "of": {"resolved": "satisfied"}}, "Must be one of: questions"),
    ({**ALONE, "events": {"late_sign": "2"}}, "Must be one of: deputy, other, absent, late."),
    ({**ALONE, "preset": "100/80/50"}, "Give exactly one of"),
    ({**ATTENDED, "source": "radio"}, "Unknown field."),
    ({"preset": ["40/20/20/20", "100/80/50"]}, "Missing data for required field."),
]


@pytest.mark.parametrize(("settings", "reason"), BAD)
def test_settings_that_cannot_score_are_refused_with_the_reason(
    channels: dict[str, Channel], settings: dict[str, Any], reason: str
) -> None:
    messages = channels["hotline_show"].settings_schema().validate(settings)
    found = [one for part in messages.values() for one in _sentences(part)]
    assert any(reason in sentence for sentence in found), found
    assert all(text_of(sentence).zh != sentence for sentence in found)


def _sentences(part: Any) -> list[Any]:
    if isinstance(part, dict):
        return [one for deeper in part.values() for one in _sentences(deeper)]
    return list(part)
