"""The demonstration's single cases and sessions, scored by hand: the published points are the same."""

from __future__ import annotations

import json
from contextvars import Context
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import pytest
from tests.integration.demonstration.conftest import Played

from pingyi.domain.scheme.parse import parse_scheme
from pingyi.schemes import shipped_scheme
from pingyi_demonstration.data.deliveries import deliveries
from pingyi_demonstration.data.units import evaluated_units


def results(played: Played) -> dict[str, dict[str, Any]]:
    answer = Context().run(played.client.get, "/periods/maanshan-2017/results.json")
    return {unit["unit"]: unit for unit in json.loads(answer.data)["units"]}


def newest(channel: str, *identity: str) -> dict[str, list[dict[str, Any]]]:
    """What stands on a channel in the end, by unit: of one identity only the entry delivered last."""
    planned = deliveries(parse_scheme(shipped_scheme("maanshan-2017")), evaluated_units())
    standing: dict[tuple[Any, ...], Any] = {}
    for entry in (entry for delivery in planned if delivery.channel == channel for entry in delivery.entries):
        standing[tuple(entry[name] for name in identity)] = entry
    codes = {alias: unit.code for unit in evaluated_units() for alias in unit.aliases}
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in standing.values():
        found.setdefault(codes.get(entry["unit"], entry["unit"]), []).append(entry)
    return found


def two(value: Decimal | Fraction) -> Decimal:
    """Rounded half-up to a hundredth."""
    exact = Fraction(value)
    return (Decimal(exact.numerator) / exact.denominator).quantize(Decimal("0.01"), ROUND_HALF_UP)


def points_of(parts: list[tuple[int, Fraction, int]]) -> str:
    """8 points of (weight, what was reached, of how many); fewer than 5 leave the measure out."""
    given = [(weight, reached / of) for weight, reached, of in parts if of >= 5]
    if not given:
        return ""
    sub_scores = sum(two(weight * rate) for weight, rate in given)
    return str(two(Fraction(sub_scores) / sum(weight for weight, _ in given) * 8))


def counted(cases: list[dict[str, Any]], **values: str) -> int:
    return sum(all(case.get(name) == value for name, value in values.items()) for case in cases)


def in_time(cases: list[dict[str, Any]], done: str, limit: str) -> int:
    """A limit without a time ends with its day."""
    return sum(case.get(done, "9")[: len(case[limit])] <= case[limit] for case in cases)


def due(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [case for case in cases if "closed_at" in case or case["due_at"] <= "2017-12-31"]


@pytest.mark.mission("002-27")
def test_hotline_is_scored_from_single_cases(played: Played) -> None:
    units = results(played)
    for code, cases in newest("hotline_12345", "source", "case").items():
        reached = counted(cases, reached="是")
        opinions = counted(cases, opinion="satisfied") + Fraction(9, 10) * counted(cases, opinion="basic")
        # Who was followed up and not reached, or closed and not followed up, is in no denominator.
        parts = [
            (10, Fraction(in_time(cases, "signed_at", "sign_due_at")), len(cases)),
            (50, Fraction(counted(cases, resolved="是")), reached),
            (40, opinions, reached),
        ]
        found = units[code]["channels"]["hotline_12345"]
        assert (found["points"], found["n"]) == (points_of(parts), len(cases)), code


@pytest.mark.mission("002-28")
def test_web_messages_are_scored_from_single_cases(played: Played) -> None:
    units = results(played)
    for code, cases in newest("web_messages", "source", "case").items():
        closed = sum("closed_at" in case for case in cases)
        parts = [
            (20, Fraction(closed), len(cases)),
            (30, Fraction(counted(cases, opinion="satisfied")), counted(cases, reached="是")),
            (25, Fraction(in_time(due(cases), "closed_at", "due_at")), len(due(cases))),
            (25, Fraction(counted(cases, followed_up="是")), closed),
        ]
        found = units[code]["channels"]["web_messages"]
        assert (found["points"], found["n"]) == (points_of(parts), len(cases)), code


@pytest.mark.mission("002-29")
def test_newspapers_are_scored_from_single_cases(played: Played) -> None:
    units = results(played)
    for code, cases in newest("newspaper", "source", "case").items():
        closed = sum("closed_at" in case for case in cases)
        parts = [
            (30, Fraction(in_time(due(cases), "closed_at", "due_at")), len(due(cases))),
            (30, Fraction(closed), len(cases)),
            (40, Fraction(counted(cases, opinion="satisfied")), counted(cases, reached="是")),
        ]
        found = units[code]["channels"]["newspaper"]
        assert (found["points"], found["n"]) == (points_of(parts), len(cases)), code


@pytest.mark.mission("002-26")
def test_show_is_scored_from_its_sessions(played: Played) -> None:
    worth = {"主要负责人": 10, "分管负责人": 8, "其他人员": 5, "缺席": 0}
    units = results(played)
    for code, sessions in newest("hotline_show", "unit", "session").items():
        questions = sum(session["questions"] for session in sessions)
        came = Fraction(sum(worth[session["attended_by"]] for session in sessions), 10 * len(sessions))
        answered = Fraction(sum(session["answered_on_time"] for session in sessions), questions)
        satisfied = Fraction(sum(session["satisfied"] for session in sessions), questions)
        hundred = two(30 * came) + two(30 * answered) + two(40 * satisfied)
        found = units[code]["channels"]["hotline_show"]
        assert (found["points"], found["n"]) == (str(two(hundred * 8 / 100)), 3), code
