"""F2 of totals that somebody else counted."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from pingyi_verifier.formulas.counters import (
    HUNDRED,
    Counts,
    Ready,
    Rolls,
    Scored,
    Tallied,
    count_of,
    name_of,
)
from pingyi_verifier.formulas.measures import NOTHING, Reading, credited, score_events, score_readings
from pingyi_verifier.formulas.numbers import digits_of


def tally_totals(values: Mapping[str, Any], _settings: Ready, _period: Mapping[str, Any]) -> Tallied:
    """The row's figures, and in ("given", measure, form, span) how it gave them."""
    measure, of, rate = values["measure"], values.get("of"), values.get("rate")
    span = "month" if values.get("month") else "whole"
    if rate is not None:
        form = "bare" if of is None else "of"
        counted = (
            {name_of("rate", measure, rate): 1} if of is None else {name_of("rate_of", measure, rate): of}
        )
    else:
        form = "alone" if of is None else "of"
        counted = {name_of("count", measure): values["count"], name_of("of", measure): of or 0}
    counts = {name: amount for name, amount in counted.items() if count_of(amount)}
    counts[name_of("given", measure, form, span)] = 1
    return counts, {}


def forms_of(counts: Counts, measure: str) -> set[str]:
    """In what forms and spans a measure was given."""
    return {
        word
        for form in ("of", "bare", "alone")
        for span in ("month", "whole")
        if counts.get(f"given/{measure}/{form}/{span}")
        for word in (form, span)
    }


def published(counts: Counts, start: str) -> tuple[Fraction, int]:
    """The sum of published rates (1 is all), each as often as it counts, and how often that is."""
    total, times = Fraction(0), 0
    for name, amount in counts.items():
        if amount and name.startswith(start):
            digits, decimals = digits_of(name[len(start) :])
            total += Fraction(digits * amount, HUNDRED * 10**decimals)
            times += amount
    return total, times


def score_totals(counts: Counts, _shared: Counts, settings: Ready, _rolls: Rolls) -> Scored:
    keys = [*(rule.measure for rule in settings["rules"]), *settings["credit"], *settings["events"]]
    delivered = {key: forms for key in keys if (forms := forms_of(counts, key))}
    if not delivered:
        return Scored(None, "no_cases", 0, {})
    if any({"of", "bare"} <= forms or {"month", "whole"} <= forms for forms in delivered.values()):
        return Scored(None, "inconsistent", None, {})
    if settings["events"]:
        times = {event: counts.get("count/" + event, 0) for event in settings["events"]}
        return score_events(times, settings, None, {})
    readings = {}
    for rule in settings["rules"]:
        if rule.measure in delivered:
            credit = settings["credit"] if rule.measure == "satisfied" else {}
            reading = read_totals(counts, rule.measure, credit, "bare" in delivered[rule.measure])
            if reading is None:
                return Scored(None, "inconsistent", None, {})
            if reading.n != 0:
                readings[rule.measure] = reading
    if not readings:
        return Scored(None, "no_cases", 0, {})
    known = [reading.n for reading in readings.values() if reading.n is not None]
    return score_readings(readings, settings, max(known, default=None), {})


def read_totals(counts: Counts, measure: str, credit: Mapping[str, Fraction], bare: bool) -> Reading | None:
    """Pooled cases, or the plain mean of rates published without `of`; None where they contradict."""
    partly = [(counts.get("count/" + key, 0), part) for key, part in credit.items()]
    others = sum(count for count, _ in partly)
    if bare:
        total, times = published(counts, f"rate/{measure}/")
        if others:
            return None
        return Reading(total / times, total / times, None) if times else NOTHING
    earned, more = published(counts, f"rate_of/{measure}/")
    n, good = counts.get("of/" + measure, 0) + more, counts.get("count/" + measure, 0) + earned
    if good + others > n or any(counts.get("of/" + key, 0) not in (0, n) for key in credit):
        return None
    if not n:
        return NOTHING
    return Reading((good + credited(partly)) / n, Fraction(good, n), n)
