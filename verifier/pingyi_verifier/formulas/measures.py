"""F2: weighted rates, bands or events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from pingyi_verifier.formulas.counters import HUNDRED, Counts, Ready, Scored
from pingyi_verifier.formulas.numbers import half_up, number, numbers_in, percent, spelled, whole_number

MOST_DECIMALS = 20
USUAL_OF = {
    "closed": "accepted",
    "signed_on_time": "sign_due",
    "on_time": "due",
    "followed_up": "closed",
    "reached": "followed_up",
    "resolved": "reached",
    "satisfied": "reached",
}


class Rule(NamedTuple):
    """A scored measure; `points` and `floor` in units of the sub-score, `per` None for a weight."""

    measure: str
    points: int
    floor: int
    per: Fraction | None
    full: Fraction


class Reading(NamedTuple):
    """A unit's measure: its rate with credit, its plain share, its cases (None: published without)."""

    rate: Fraction
    share: Fraction
    n: int | None


NOTHING = Reading(Fraction(0), Fraction(0), 0)


def prepare_measures(settings: Mapping[str, Any]) -> Ready:
    decimals = whole_number(settings["sub_score_decimals"])
    if not 0 <= decimals <= MOST_DECIMALS:
        raise ValueError(f"not a number of decimals: {decimals}")
    unit = 10**decimals
    rules = [
        Rule(measure, int(HUNDRED * weight * unit), 0, None, Fraction(1))
        for measure, weight in numbers_in(settings.get("weights")).items()
    ]
    for band in settings.get("bands", ()):
        points, full, per, floor = (number(band[key]) for key in ("points", "full", "per", "floor"))
        rules.append(Rule(band["measure"].strip(), int(points * unit), int(floor * unit), per * unit, full))
    of = {key.strip(): value.strip() for key, value in settings.get("of", {}).items()}
    source = settings.get("source", {})
    sources = {"*": source.strip()} if isinstance(source, str) else source
    sources = {key.strip(): value.strip() for key, value in sources.items()}
    return Ready(
        rules=rules,
        events=numbers_in(settings.get("events")),
        decimals=decimals,
        n_min=max(1, whole_number(settings["n_min"])),
        of=of,
        source=sources,
        credit=numbers_in(settings.get("credit")),
        counted=[
            (rule.measure, of.get(rule.measure) or USUAL_OF.get(rule.measure, ""), sources.get(rule.measure))
            for rule in rules
        ],
    )


def sub_score(rule: Rule, rate: Fraction) -> int:
    """Points for a rate, rounded half-up in units of the sub-score; a band stays within floor and points."""
    if rule.per is None:
        return half_up(rule.points * rate)
    short = rule.full - HUNDRED * rate
    return min(rule.points, max(rule.floor, half_up(rule.points - rule.per * short)))


def score_readings(
    readings: Mapping[str, Reading], settings: Ready, n: int | None, facts: dict[str, str]
) -> Scored:
    """Sum the rounded sub-scores over the full marks of the measures that have enough cases."""
    earned = total = 0
    for rule in settings["rules"]:
        reading = readings.get(rule.measure)
        if reading is None:
            continue
        if reading.n is not None:
            facts[f"{rule.measure}_n"] = str(reading.n)
            if reading.n < settings["n_min"]:
                continue
        points = sub_score(rule, reading.rate)
        earned += points
        total += rule.points
        facts[f"{rule.measure}_rate"] = percent(reading.share)
        facts[f"{rule.measure}_score"] = spelled(points, settings["decimals"])
    if not total:
        return Scored(None, "too_few", n, facts)
    return Scored(Fraction(earned, total), "ok", n, facts)


def score_events(counts: Counts, settings: Ready, n: int | None, facts: dict[str, str]) -> Scored:
    """100 less what each event costs, rounded event by event, at least 0."""
    unit = 10 ** settings["decimals"]
    left = full = HUNDRED * unit
    for event, off in settings["events"].items():
        times = counts.get(event, 0)
        deducted = half_up(times * off * unit)
        left -= deducted
        facts[f"{event}_count"] = str(times)
        facts[f"{event}_deducted"] = spelled(deducted, settings["decimals"])
    return Scored(Fraction(max(0, left), full), "ok", n, facts)


def credited(partly: Iterable[tuple[int, Fraction]]) -> Fraction:
    """So many, each worth a part of one."""
    return sum((count * part for count, part in partly), Fraction(0))
