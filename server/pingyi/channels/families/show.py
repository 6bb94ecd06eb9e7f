"""Sessions of a hotline show (F2): who came from the unit, and what became of the questions.

Counters: ("session",); ("attended", who); for each of `answered_on_time`, `resolved` and `satisfied` that was
given with its denominator ("of", measure) and ("count", measure).

A leader's attendance is worth 1, an absence 0; a deputy's and another's what the setting `credit` says.
Events are attendances and `late` (a question not answered in time). More of a measure than of its
denominator is `inconsistent`; a unit without sessions is `no_cases`. `n` is the sessions.

Facts: `sessions`; `<who>_count` where known; `<measure>_n`, `<measure>_rate` (`attended_rate`: anyone came)
and `<measure>_score`, or `<event>_count` and `<event>_deducted`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from pingyi.channels import Channel, Context, Count, Entry, Score, Share, Tally, Text
from pingyi.channels.families.case.measures import Reading, plan_of, read, score_events, score_rates
from pingyi.channels.families.case.titles import MEASURE_TITLES
from pingyi.channels.families.show_schema import ATTENDANCE, COUNTED, SessionEntry, ShowSettings

__all__ = ["ATTENDANCE", "SessionEntry", "ShowSettings", "channel", "score", "tally"]

FACT_TITLES = {
    "sessions": Text(zh="场次", en="sessions"),
    "leader_count": Text(zh="主要负责人上线", en="leader count"),
    "deputy_count": Text(zh="分管负责人上线", en="deputy count"),
    "other_count": Text(zh="其他人员上线", en="other count"),
    "absent_count": Text(zh="缺席", en="absent count"),
    **MEASURE_TITLES,
}
WORDS = {
    "leader": Text(zh="主要负责人", en="leader"),
    "deputy": Text(zh="分管负责人", en="deputy"),
    "other": Text(zh="其他人员", en="other"),
    "absent": Text(zh="缺席", en="absent"),
    "late": Text(zh="逾期答复", en="late"),
    "attended": Text(zh="上线", en="attended"),
    "answered_on_time": Text(zh="按时答复", en="answered on time"),
    "resolved": Text(zh="解决", en="resolved"),
    "satisfied": Text(zh="满意", en="satisfied"),
}


def tally(entry: Entry, context: Context) -> Iterable[Count]:
    """Add the session, who came, and each measure that was given."""
    values, denominators = entry.values, context.settings.get("of", {})
    yield Count(("session",))
    if "attended_by" in values:
        yield Count(("attended", values["attended_by"]))
    for measure in COUNTED:
        of = values.get(denominators.get(measure, "questions"))
        if of and measure in values:
            yield Count(("of", measure), of)
            yield Count(("count", measure), values[measure])


def score(tally: Tally, context: Context) -> Score:
    """Weighted rates, bands or events over the unit's sessions (F2)."""
    plan, counts = plan_of(context), tally.counts
    sessions = counts.get("session", 0)
    if not sessions:
        return Score(None, "no_cases")
    came = {who: counts.get(f"attended/{who}", 0) for who in ATTENDANCE}
    facts: dict[str, Any] = {"sessions": sessions}
    pairs = {measure: _pair(counts, measure) for measure in COUNTED}
    if any(count > of for count, of in pairs.values()):
        return Score(None, "inconsistent", n=sessions, facts=facts)
    if any(came.values()):
        facts |= {f"{who}_count": count for who, count in came.items()}
    if plan.events:
        if sessions < plan.n_min:
            return Score(None, "too_few", n=sessions, facts=facts)
        answered, of = pairs["answered_on_time"]
        return score_events({**came, "late": of - answered}, plan, n=sessions, facts=facts)
    readings = {measure: read(count, of) for measure, (count, of) in pairs.items() if of}
    if any(came.values()):
        readings["attended"] = _attendance(came, context.settings.get("credit", {}))
    return score_rates(readings, plan, n=sessions, facts=facts)


def _pair(counts: Mapping[str, int], measure: str) -> tuple[int, int]:
    return counts.get(f"count/{measure}", 0), counts.get(f"of/{measure}", 0)


def _attendance(came: Mapping[str, int], credit: Mapping[str, Fraction]) -> Reading:
    """The sessions' worth; its plain share is the sessions that anyone attended."""
    n = sum(came.values())
    worth = read(came["leader"], n, [(came[who], part) for who, part in credit.items()])
    return worth._replace(share=Share(n - came["absent"], n))


def channel(
    key: str,
    title: Text,
    entry_schema: type[SessionEntry] = SessionEntry,
    settings_schema: type[ShowSettings] = ShowSettings,
) -> Channel:
    """Make a channel of this family."""
    return Channel(
        key=key,
        title=title,
        family="show",
        entry_schema=entry_schema,
        settings_schema=settings_schema,
        tally=tally,
        score=score,
        identity=("unit", "session"),
        fact_titles=FACT_TITLES,
        words=WORDS,
    )
