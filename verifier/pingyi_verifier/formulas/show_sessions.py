"""F2 of the sessions of a hotline show."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from pingyi_verifier.formulas.counters import Counts, Ready, Rolls, Scored, Tallied, count_of, name_of
from pingyi_verifier.formulas.measures import Reading, credited, score_events, score_readings

ATTENDANCE = ("leader", "deputy", "other", "absent")
ASKED = ("answered_on_time", "resolved", "satisfied")


def tally_session(values: Mapping[str, Any], settings: Ready, _period: Mapping[str, Any]) -> Tallied:
    counts = {"session": 1}
    if "attended_by" in values:
        counts[name_of("attended", values["attended_by"])] = 1
    for measure in ASKED:
        of = values.get(settings["of"].get(measure, "questions"))
        if of and measure in values:
            counts["of/" + measure] = count_of(of)
            if count_of(values[measure]):
                counts["count/" + measure] = values[measure]
    return counts, {}


def score_sessions(counts: Counts, _shared: Counts, settings: Ready, _rolls: Rolls) -> Scored:
    """Attendance is worth 1 for a leader, 0 for nobody, what `credit` says between; the rest are rates."""
    sessions = counts.get("session", 0)
    if not sessions:
        return Scored(None, "no_cases", 0, {})
    facts = {"sessions": str(sessions)}
    pairs = {
        measure: (counts.get("count/" + measure, 0), counts.get("of/" + measure, 0)) for measure in ASKED
    }
    if any(good > of for good, of in pairs.values()):
        return Scored(None, "inconsistent", sessions, facts)
    came = {who: counts.get("attended/" + who, 0) for who in ATTENDANCE}
    n = sum(came.values())
    if n:
        facts.update({f"{who}_count": str(times) for who, times in came.items()})
    if settings["events"]:
        if sessions < settings["n_min"]:
            return Scored(None, "too_few", sessions, facts)
        answered, asked = pairs["answered_on_time"]
        return score_events({**came, "late": asked - answered}, settings, sessions, facts)
    readings = {
        measure: Reading(Fraction(good, of), Fraction(good, of), of)
        for measure, (good, of) in pairs.items()
        if of
    }
    if n:
        worth = came["leader"] + credited((came[who], part) for who, part in settings["credit"].items())
        readings["attended"] = Reading(Fraction(worth) / n, Fraction(n - came["absent"], n), n)
    return score_readings(readings, settings, sessions, facts)
