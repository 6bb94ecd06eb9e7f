"""Numbers with more digits than a Decimal context keeps, and times on two sides of a change of the clocks."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from pingyi.channels import Context, EntrySchema, Moment, Period

LONG = "123456789012345.12345678901234567890"


def test_spread_of_a_panel_keeps_every_digit(evaluate: Any) -> None:
    settings = {"scale": "999999999999999", "trim": 0, "n_min": 1}
    rows = [{"rater": "a", "score": LONG}, {"rater": "b", "score": "0.00000000000000000001"}]
    score = evaluate("panel", settings, rows)
    assert str(score.facts["spread"]) == "123456789012345.12345678901234567889"


def test_deduction_of_an_event_keeps_every_digit(evaluate: Any) -> None:
    settings = {"events": {"late_sign": "99.12345678901234567891"}, "n_min": 1, "sub_score_decimals": 20}
    row = {"month": "2017-01", "measure": "late_sign", "count": 10**9}
    facts = evaluate("hotline_totals", settings, [row]).facts
    assert facts["late_sign_deducted"] == Decimal("99123456789.01234567891000000000")
    assert len(facts["late_sign_deducted"].as_tuple().digits) == 31


class _Times(EntrySchema):
    since = Moment()
    until = Moment()


def test_times_without_an_offset_are_compared_as_moments() -> None:
    schema = _Times(Context({}, Period(time_zone="Europe/Berlin")))
    found = schema.load({"unit": "u", "since": "2017-10-29T01:30", "until": "2017-10-29T03:30"})
    assert found["until"] - found["since"] == timedelta(hours=3)
    assert found["since"].isoformat() == "2017-10-29T01:30:00+02:00"
    assert found["until"] == datetime(2017, 10, 29, 2, 30, tzinfo=UTC)
    given = schema.load({"unit": "u", "since": "2017-10-29T01:30:00-03:30"})["since"]
    assert given.isoformat() == "2017-10-29T01:30:00-03:30"
