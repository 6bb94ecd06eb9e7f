"""What each family of channels is sent, and what must be counted of it, said here once more by hand."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pingyi.channels import Channel
from pingyi.registry import load_registry

UNITS = 84
HOT = "mobile_qr"
OPTIONS = ("very_satisfied", "satisfied", "basic", "dissatisfied", "no_opinion")
ITEMS = tuple(f"i{n}" for n in range(24))
COUNTED = ("answered_on_time", "resolved", "satisfied")
ANSWERS = 'unscored = ["no_opinion"]\nn_min = 1\nshown_as = "rate"'
RATES = 'weights = { on_time = "0.5", closed = "0.5" }\nn_min = 1\nsub_score_decimals = 2'
LISTED = "items = [{}]".format(", ".join(f'{{ key = "{key}", deduct = "0.1" }}' for key in ITEMS))

Row = dict[str, Any]
Counts = dict[str, int]
Draw = random.Random


@dataclass(frozen=True, slots=True)
class Family:
    """Settings; the name of a row by its number (of its unit, of all); what it says; what it counts."""

    settings: str
    name: Callable[[int, int], Row]
    say: Callable[[Draw], Row]
    count: Callable[[Mapping[str, Any]], Counts]
    most: int = 1_000_000


@cache
def channels() -> dict[str, Channel]:
    """The channels that are bundled; each has one of its own name in the load."""
    return {key: each.channel for key, each in sorted(load_registry().channels.items())}


def family_of(plugin: str) -> Family:
    return FAMILIES[channels()[plugin].family]


def row(family: Family, number: int, draw: Draw) -> Row:
    """The row with this number, over all units in turn."""
    return {"unit": f"u{number % UNITS + 1}", **family.name(number // UNITS, number), **family.say(draw)}


def shared_counts(family: Family, row: Mapping[str, Any]) -> Counts:
    """What a row adds for the channel as a whole."""
    if family is not FAMILIES["monitoring_points"]:
        return {}
    point = f"{row['stratum']}/{row['point']}"
    return {f"point/{point}": 1, f"month/{row['month']}/{point}": 1}


def _case(draw: Draw) -> Row:
    return {
        "accepted_at": "2017-03-01T09:30:00+08:00",
        "due_at": "2017-03-08T00:00:00+08:00",
        "closed_at": f"2017-03-{draw.randrange(2, 15):02}T16:00:00+08:00",
    }


def _case_counts(row: Mapping[str, Any]) -> Counts:
    in_time = {"count/on_time": 1} if row["closed_at"] <= row["due_at"] else {}
    return {"accepted": 1, "of/closed": 1, "count/closed": 1, "of/on_time": 1, **in_time}


def _total_counts(row: Mapping[str, Any]) -> Counts:
    measure = row["measure"]
    return {f"given/{measure}/of/month": 1, f"count/{measure}": row["count"], f"of/{measure}": row["of"]}


def _finding_counts(row: Mapping[str, Any]) -> Counts:
    examined = {"examined": 1} if row["state"] in {"confirmed", "withdrawn"} else {}
    return {**examined, f"item/{row['item']}": 1} if row["state"] == "confirmed" else examined


def _measures(of: str) -> Callable[[Draw], Row]:
    return lambda draw: {of: 30, **{measure: draw.randrange(1, 30) for measure in COUNTED}}


def _measure_counts(row: Mapping[str, Any], of: str) -> Counts:
    rates = {f"of/{measure}": row[of] for measure in COUNTED}
    return {**rates, **{f"count/{measure}": row[measure] for measure in COUNTED}}


def _session_counts(row: Mapping[str, Any]) -> Counts:
    return {"session": 1, f"attended/{row['attended_by']}": 1, **_measure_counts(row, "questions")}


def _point_counts(row: Mapping[str, Any]) -> Counts:
    answers = {f"answer/{dimension}/{option}": 1 for dimension, option in row["answers"].items()}
    return {**answers, "reports": row["reports"], **_measure_counts(row, "reports")}


FAMILIES = {
    "ballots": Family(
        f'preset = "100/80/60/0"\n{ANSWERS}',
        lambda n, _: {"batch": f"b{n // len(OPTIONS)}", "option": OPTIONS[n % len(OPTIONS)]},
        lambda draw: {"count": draw.randrange(1, 50)},
        lambda row: {f"answer/overall/{row['option']}": row["count"]},
    ),
    "partner": Family(
        'scale = "100"',
        lambda *_: {},
        lambda draw: {"score": str(draw.randrange(1, 100))},
        lambda row: {f"mark/{row['score']}": 1},
        most=1,
    ),
    "panel": Family(
        'scale = "100"\ntrim = 1\nn_min = 3',
        lambda n, _: {"rater": f"r{n}"},
        lambda draw: {"score": str(draw.randrange(1, 100))},
        lambda row: {f"mark/{row['score']}": 1},
    ),
    "cases": Family(RATES, lambda _, n: {"source": "12345", "case": f"c{n}"}, _case, _case_counts),
    "case_totals": Family(
        RATES,
        lambda n, _: {"month": f"2017-{n // 2 + 1:02}", "measure": ("closed", "on_time")[n % 2]},
        lambda draw: {"count": draw.randrange(1, 50), "of": 50},
        _total_counts,
        most=24,
    ),
    "checklist": Family(
        LISTED,
        lambda n, _: {"item": ITEMS[n]},
        lambda draw: {"count": draw.randrange(1, 9)},
        lambda row: {"examined": 1, f"item/{row['item']}": row["count"]},
        most=len(ITEMS),
    ),
    "findings": Family(
        LISTED,
        lambda n, number: {"finding": f"f{number}", "item": ITEMS[n % len(ITEMS)]},
        lambda draw: {"state": draw.choice(("recorded", "confirmed", "withdrawn"))},
        _finding_counts,
    ),
    "show": Family(
        'preset = ["100/80/50", "40/20/20/20"]\nn_min = 1',
        lambda n, _: {"session": f"s{n}"},
        lambda draw: {
            "attended_by": draw.choice(("leader", "deputy", "other", "absent")),
            **_measures("questions")(draw),
        },
        _session_counts,
    ),
    "monitoring_points": Family(
        f'preset = ["100/80/60/0", "50/50"]\n{ANSWERS}\ndimensions = {{ overall = "1" }}',
        lambda n, _: {"stratum": ("enterprise", "village")[n % 2], "point": f"p{n}", "month": "2017-03"},
        lambda draw: {"answers": {"overall": draw.choice(OPTIONS)}, **_measures("reports")(draw)},
        _point_counts,
    ),
}
