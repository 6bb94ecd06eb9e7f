"""F2 of single cases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from pingyi_verifier.formulas.counters import Counts, Ready, Rolls, Scored, Tallied, count_of, name_of
from pingyi_verifier.formulas.measures import Reading, credited, score_events, score_readings


@cache
def end_of(ends_on: str | None, zone: str) -> datetime | None:
    """The first moment after the period; None where it has no dates."""
    if not ends_on:
        return None
    following = date.fromisoformat(ends_on) + timedelta(days=1)
    try:
        return datetime(following.year, following.month, following.day, tzinfo=ZoneInfo(zone))
    except KeyError:
        # Some systems have no zone data; China's time is +08:00 since 1991.
        if zone != "Asia/Shanghai":
            raise
        return datetime.fromisoformat(f"{following}T00:00:00+08:00")


def moment(text: str | None) -> datetime | None:
    """A time of an entry, which always has its offset."""
    return None if text is None else datetime.fromisoformat(text)


def due(limit: datetime | None, done: datetime | None, end: datetime | None) -> bool:
    """A case is due once it is done, or when its time is over before the period ends."""
    return limit is not None and (done is not None or (end is not None and limit < end))


def in_time(limit: datetime | None, done: datetime | None) -> bool | None:
    return None if limit is None else done is not None and done <= limit


def after(answer: bool | None, before: bool | None) -> bool | None:
    """What was not answer is no where the step before it was not reached."""
    return False if answer is None and before is False else answer


def states_of(values: Mapping[str, Any], end: datetime | None) -> dict[str, bool | None]:
    """What is known of a case: yes, no, or None where it was not given."""
    get = values.get
    signed, closed = moment(get("signed_at")), moment(get("closed_at"))
    sign_limit, limit = moment(get("sign_due_at")), moment(get("due_at"))
    followed_up, opinion = get("followed_up"), get("opinion")
    reached = after(get("reached"), followed_up)
    return {
        "accepted": True,
        "signed": signed is not None,
        "sign_due": due(sign_limit, signed, end),
        "signed_on_time": in_time(sign_limit, signed),
        "closed": closed is not None,
        "due": due(limit, closed, end),
        "on_time": in_time(limit, closed),
        "followed_up": followed_up,
        "reached": reached,
        "resolved": after(get("resolved"), reached),
        "satisfied": after(None if opinion is None else opinion == "satisfied", reached),
    }


def tally_case(values: Mapping[str, Any], settings: Ready, period: Mapping[str, Any]) -> Tallied:
    """("accepted",), ("event", event); for each measure ("of", ...), ("count", ...) or ("credit", ...)."""
    counts: dict[str, int] = {}
    source, of_all = values.get("source"), settings["source"].get("*")
    if of_all is None or of_all == source:
        counts["accepted"] = 1
        for event, times in values.get("events", {}).items():
            if count_of(times):
                counts[name_of("event", event)] = times
    states = states_of(values, end_of(period["ends_on"], period["time_zone"]))
    for measure, of, own_source in settings["counted"]:
        wanted, state = own_source or of_all, states[measure]
        if (wanted is not None and wanted != source) or not states[of] or state is None:
            continue
        counts["of/" + measure] = 1
        if state:
            counts["count/" + measure] = 1
        elif measure == "satisfied" and values.get("opinion") in settings["credit"]:
            counts[name_of("credit", measure, values["opinion"])] = 1
    return counts, {}


def score_cases(counts: Counts, _shared: Counts, settings: Ready, _rolls: Rolls) -> Scored:
    accepted = counts.get("accepted", 0)
    if not accepted:
        return Scored(None, "no_cases", 0, {})
    facts = {"accepted": str(accepted)}
    if settings["events"]:
        if accepted < settings["n_min"]:
            return Scored(None, "too_few", accepted, facts)
        times = {event: counts.get("event/" + event, 0) for event in settings["events"]}
        return score_events(times, settings, accepted, facts)
    readings = {}
    for rule in settings["rules"]:
        of, good = counts.get("of/" + rule.measure, 0), counts.get("count/" + rule.measure, 0)
        credit = settings["credit"] if rule.measure == "satisfied" else {}
        partly = credited((counts.get("credit/satisfied/" + key, 0), part) for key, part in credit.items())
        if of:
            readings[rule.measure] = Reading((good + partly) / of, Fraction(good, of), of)
    return score_readings(readings, settings, accepted, facts)
