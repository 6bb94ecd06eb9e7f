"""Checklists: capped deductions, the gated bonus, the veto, and what is examined without a finding."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from pingyi.channels import Channel, Context
from pingyi.channels.messages import text_of

LATE = {"key": "late", "deduct": "2.5", "cap": "20"}
FEES = {"key": "fees", "deduct": "5"}
ACCIDENT = {"key": "accident", "veto": True}
AWARD = {"key": "award", "bonus": "2", "cap": "10"}
PILOT = {"key": "pilot", "bonus": "15"}
PLAIN: dict[str, Any] = {"items": [LATE, FEES, ACCIDENT]}
NATIONAL: dict[str, Any] = {"items": [LATE, FEES, ACCIDENT, AWARD, PILOT], "preset": "national"}


def found(**counts: int) -> list[dict[str, Any]]:
    return [{"item": item, "count": count} for item, count in counts.items()]


def test_deductions_stop_at_their_caps(evaluate: Any) -> None:
    # 9 x 2.5 = 22.5, capped at 20; 2 x 5 = 10 without a cap; 100 - 30 = 70.
    score = evaluate("checklist", PLAIN, found(late=9, fees=2))
    assert (score.rate, score.n, score.veto) == (Fraction(70, 100), 2, False)
    assert score.facts == {
        "late_count": 9,
        "late_deducted": Decimal(20),
        "fees_count": 2,
        "fees_deducted": Decimal(10),
        "deducted": Decimal(30),
        "accident_count": 0,
    }


def test_deductions_never_fall_below_nothing(evaluate: Any) -> None:
    score = evaluate("checklist", PLAIN, found(fees=10**12))
    assert (score.rate, score.status) == (0, "ok")
    assert score.facts["deducted"] == 5 * 10**12


def test_row_without_an_item_is_examined_and_nothing_found(evaluate: Any) -> None:
    score = evaluate("checklist", PLAIN, [{}])
    assert (score.rate, score.n) == (1, 1)
    assert evaluate("checklist", PLAIN, []).status == "no_cases"


def test_veto_is_a_rate_of_zero_outside_the_ranking(evaluate: Any) -> None:
    score = evaluate("checklist", NATIONAL, found(accident=1, award=3))
    assert (score.rate, score.status, score.veto) == (0, "ok", True)
    assert score.facts["veto"] == "accident"
    assert evaluate("checklist", NATIONAL, found(accident=0)).veto is False


@pytest.mark.parametrize(
    ("counts", "points", "bonus", "surplus"),
    [
        ({"fees": 4, "pilot": 1}, "80", "0", "0"),  # 80 is not over 80
        ({"late": 7, "pilot": 1}, "97.5", "15", "0"),  # 82.5 + 15
        ({"late": 2, "award": 9}, "100", "10", "5"),  # 95 + 18, capped at 10
        ({"award": 5, "pilot": 2}, "100", "20", "20"),  # 10 + 30, together capped at 20
    ],
)
def test_bonus_counts_from_the_gate_on_and_its_surplus_is_a_fact(
    evaluate: Any, counts: dict[str, int], points: str, bonus: str, surplus: str
) -> None:
    score = evaluate("checklist", NATIONAL, found(**counts))
    assert score.rate * 100 == Fraction(points)
    assert (score.facts["bonus"], score.facts["surplus"]) == (Decimal(bonus), Decimal(surplus))


@pytest.mark.parametrize("gate", ["80", 80, {"at_least": "80"}])
def test_gate_is_reached_at_its_points_unless_they_must_be_passed(evaluate: Any, gate: Any) -> None:
    settings = {"items": [FEES, AWARD], "bonus_gate": gate}
    assert evaluate("checklist", settings, found(fees=4, award=1)).rate == Fraction(82, 100)
    assert evaluate("checklist", settings, found(fees=5, award=1)).rate == Fraction(75, 100)


def test_points_of_any_size_are_printed_exactly(evaluate: Any) -> None:
    tiny = {"items": [{"key": "a", "deduct": "0.00000000000000000001"}, {"key": "b", "deduct": "1"}]}
    score = evaluate("checklist", tiny, found(a=1, b=10**12))
    assert score.facts["deducted"] == Decimal("1000000000000.00000000000000000001")
    assert str(evaluate("checklist", PLAIN, found(late=2)).facts["deducted"]) == "5"


def test_correction_of_an_item_needs_a_reason(channels: dict[str, Channel]) -> None:
    channel = channels["checklist"]
    assert channel.identity == ("unit", "item")
    assert channel.corrections_need_reason
    assert channel.due_per_unit


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ({"item": "parking", "count": 1}, "item"),
        ({"item": "late"}, "count"),
        ({"count": 2}, "item"),
        ({"item": "late", "count": "1.5"}, "count"),
    ],
)
def test_row_that_is_not_of_this_list_is_refused(
    channels: dict[str, Channel], row: dict[str, Any], column: str
) -> None:
    channel = channels["checklist"]
    context = Context(channel.settings_schema().load(PLAIN))
    messages = channel.entry_schema(context).validate({"unit": "u", **row})
    assert list(messages) == [column]
    assert text_of(messages[column][0]).zh != messages[column][0]


BAD: list[tuple[dict[str, Any], str]] = [
    ({}, "Missing data for required field."),
    ({"items": []}, "Shorter than minimum length 1."),
    ({"items": [LATE, LATE]}, "An item stands here twice."),
    ({"items": [{"key": "late"}]}, "An item has exactly one of"),
    ({"items": [{**LATE, "bonus": "1"}]}, "An item has exactly one of"),
    ({"items": [{**LATE, "veto": True}]}, "An item has exactly one of"),
    ({"items": [{"key": "late", "veto": False}]}, "An item has exactly one of"),
    ({"items": [{**ACCIDENT, "cap": "5"}]}, "A cap limits points"),
    ({"items": [{**LATE, "cap": "2"}]}, "A cap limits points"),
    ({"items": [{**LATE, "deduct": "0"}]}, "Must be greater than 0."),
    ({"items": [{**LATE, "deduct": 2.5}]}, "Not a plain decimal"),
    ({"items": [{**LATE, "weight": "1"}]}, "Unknown field."),
    ({"items": [AWARD], "bonus_gate": "80"}, "leave every unit at full marks"),
    ({"items": [FEES, AWARD]}, "say from which points on"),
    ({"items": [FEES], "bonus_gate": "80"}, "No item adds anything here."),
    ({"items": [FEES], "bonus_cap": "5"}, "No item adds anything here."),
    ({"items": [FEES, AWARD], "bonus_gate": "101"}, "less than or equal to 100"),
    ({"items": [FEES, AWARD], "bonus_gate": 80.0}, "Not a plain decimal"),
    ({"items": [FEES, AWARD], "bonus_gate": {"over": "80", "at_least": "80"}}, "Not a number of points"),
    ({"items": [FEES, AWARD], "bonus_gate": {"above": "80"}}, "Not a number of points"),
]


@pytest.mark.parametrize("key", ["checklist", "inspections"])
@pytest.mark.parametrize(("settings", "reason"), BAD)
def test_items_that_cannot_score_are_refused_with_the_reason(
    channels: dict[str, Channel], key: str, settings: dict[str, Any], reason: str
) -> None:
    sentences = _sentences(channels[key].settings_schema().validate(settings))
    assert any(reason in sentence for sentence in sentences), sentences
    assert all(text_of(sentence).zh != sentence for sentence in sentences)


def _sentences(messages: Any) -> list[str]:
    if isinstance(messages, dict):
        return [one for part in messages.values() for one in _sentences(part)]
    return (
        [one for part in messages for one in _sentences(part)] if isinstance(messages, list) else [messages]
    )
