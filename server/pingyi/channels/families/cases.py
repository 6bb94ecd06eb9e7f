"""Single cases (F2): one entry per state a case has reached; the later one corrects the earlier.

Counters: ("accepted",); for every scored measure ("of", measure) and ("count", measure), and for an opinion
with credit ("credit", "satisfied", opinion); ("event", event). Only an empty `signed_at` or `closed_at` means
"not yet"; a measure counts the cases in its denominator where it was given. A case not followed up was not
reached, one not reached was neither resolved nor satisfied. A case is due (or due for signing) once it is
done or its time has come by the end of the period.

Facts: `accepted`; `<measure>_n`, `<measure>_rate` (without credit) and `<measure>_score`, or
`<event>_count` and `<event>_deducted`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from pingyi.channels import Channel, Context, Count, Entry, Period, Score, Settings, Tally, Text
from pingyi.channels.families.case.measures import Reading, plan_of, read, score_events, score_rates, used
from pingyi.channels.families.case.schema import DEFAULT_OF, CaseEntry, CaseSettings
from pingyi.channels.families.case.titles import FACT_TITLES, WORDS

__all__ = ["CaseEntry", "CaseSettings", "channel", "score", "tally"]

ACCEPTED = Count(("accepted",))


def tally(entry: Entry, context: Context) -> Iterable[Count]:
    """Add a case to the denominators it is in and to the numerators it fulfils."""
    values, settings = entry.values, context.settings
    source, own = settings.get("source", {}), values.get("source")
    counts = []
    if source.get("*", own) == own:
        counts.append(ACCEPTED)
        counts += [Count(("event", event), n) for event, n in values.get("events", {}).items() if n]
    states = _states(values, _end(context.period))
    for measure in used(settings):
        wanted = source.get(measure, source.get("*"))
        if wanted is None or wanted == own:
            counts += _measure(measure, states, values, settings)
    return counts


def _measure(
    measure: str, states: Mapping[str, bool | None], values: Mapping[str, Any], settings: Settings
) -> Iterable[Count]:
    of = settings.get("of", {}).get(measure) or DEFAULT_OF[measure]
    state = states[measure]
    if not states[of] or state is None:
        return
    yield Count(("of", measure))
    if state:
        yield Count(("count", measure))
    elif measure == "satisfied" and values.get("opinion") in settings.get("credit", ()):
        yield Count(("credit", measure, values["opinion"]))


def _states(values: Mapping[str, Any], end: datetime | None) -> dict[str, bool | None]:
    """What is known of a case: yes, no, or None where it was not given."""
    sign_due_at, signed_at = values.get("sign_due_at"), values.get("signed_at")
    due_at, closed_at = values.get("due_at"), values.get("closed_at")
    followed_up = values.get("followed_up")
    reached = _given(values.get("reached"), followed_up)
    opinion = values.get("opinion")
    return {
        "accepted": True,
        "signed": signed_at is not None,
        "sign_due": _due(sign_due_at, signed_at, end),
        "signed_on_time": _in_time(sign_due_at, signed_at),
        "closed": closed_at is not None,
        "due": _due(due_at, closed_at, end),
        "on_time": _in_time(due_at, closed_at),
        "followed_up": followed_up,
        "reached": reached,
        "resolved": _given(values.get("resolved"), reached),
        "satisfied": _given(None if opinion is None else opinion == "satisfied", reached),
    }


def _given(value: bool | None, before: bool | None) -> bool | None:
    return False if value is None and before is False else value


def _due(time_limit: datetime | None, done: datetime | None, end: datetime | None) -> bool:
    return time_limit is not None and (done is not None or (end is not None and time_limit < end))


def _in_time(time_limit: datetime | None, done: datetime | None) -> bool | None:
    return None if time_limit is None else done is not None and done <= time_limit


def _end(period: Period) -> datetime | None:
    """The first moment after the period; None without dates."""
    if period.ends_on is None:
        return None
    return datetime.combine(period.ends_on + timedelta(days=1), time(), ZoneInfo(period.time_zone))


def score(tally: Tally, context: Context) -> Score:
    """Weighted rates, bands or events over the unit's cases (F2)."""
    plan, counts = plan_of(context), tally.counts
    accepted = counts.get("accepted", 0)
    if not accepted:
        return Score(None, "no_cases")
    facts: dict[str, Any] = {"accepted": accepted}
    if plan.events:
        if accepted < plan.n_min:
            return Score(None, "too_few", n=accepted, facts=facts)
        events = {event: counts.get(f"event/{event}", 0) for event, _ in plan.events}
        return score_events(events, plan, n=accepted, facts=facts)
    credit = context.settings.get("credit", {})
    readings = {rule.measure: _read(rule.measure, counts, credit) for rule in plan.rules}
    given = {measure: reading for measure, reading in readings.items() if reading is not None}
    return score_rates(given, plan, n=accepted, facts=facts)


def _read(measure: str, counts: Mapping[str, int], credit: Mapping[str, Fraction]) -> Reading | None:
    n, full = counts.get(f"of/{measure}", 0), counts.get(f"count/{measure}", 0)
    if not n:
        return None
    if measure != "satisfied":
        return read(full, n)
    return read(full, n, [(counts.get(f"credit/{measure}/{key}", 0), part) for key, part in credit.items()])


def needs_dates(_settings: Settings) -> frozenset[str]:
    """A case belongs to the period that accepted it: the period must have dates."""
    return frozenset({"dates"})


def channel(
    key: str,
    title: Text,
    entry_schema: type[CaseEntry] = CaseEntry,
    settings_schema: type[CaseSettings] = CaseSettings,
) -> Channel:
    """Make a channel of this family."""
    return Channel(
        key=key,
        title=title,
        family="cases",
        entry_schema=entry_schema,
        settings_schema=settings_schema,
        tally=tally,
        score=score,
        identity=("source", "case"),
        corrections_need_reason=False,
        needs=needs_dates,
        fact_titles=FACT_TITLES,
        words=WORDS,
    )
