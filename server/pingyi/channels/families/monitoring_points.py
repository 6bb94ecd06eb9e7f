"""Monitoring points (F5): what an enterprise or village thinks of a unit, and what became of its reports.

Counters: ("answer", dimension, option[, stratum]) for each answer; ("reports",) its number; for each of
`answered_on_time`, `resolved` and `satisfied` that was given ("of", measure) and ("count", measure); and
shared ("point", stratum, point), with a month also ("month", month, stratum, point): how many distinct names
there are is the coverage.

The ballot part is the ballots' score (F3) of the answers, the report part the weighted rates of the measures.
A measure without reports spreads its weight, a unit without reports keeps the ballot part alone; too few
answers are `too_few`, more of a measure than reports is `inconsistent`. `n` is the answers' `valid`.

Facts: the ballots', `reports`, `<measure>_rate`, `ballot_part`, `report_part`; of the channel `points`,
`registered` and `coverage` (not where more points spoke than are registered).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any, NamedTuple

from pingyi.channels import Channel, Context, Count, Entry, Sample, Score, Settings, Share, Tally, Text
from pingyi.channels.families.ballot import score as ballot_score
from pingyi.channels.families.ballot import titles
from pingyi.channels.families.ballot.plan import integers
from pingyi.channels.families.point_schema import MEASURES, PointEntry, PointSettings

__all__ = ["PointEntry", "PointSettings", "channel", "score", "tally"]

FACT_TITLES = {
    **titles.FACT_TITLES,
    "reports": Text(zh="反映问题", en="reports"),
    "*_rate": Text(zh="{word}率", en="{word} rate"),
    "ballot_part": Text(zh="测评部分", en="ballot part"),
    "report_part": Text(zh="办理部分", en="report part"),
    "points": Text(zh="监测点", en="points"),
    "registered": Text(zh="登记监测点", en="registered"),
    "coverage": Text(zh="覆盖率", en="coverage"),
}
WORDS = {
    "answered_on_time": Text(zh="按时答复", en="answered on time"),
    "resolved": Text(zh="解决", en="resolved"),
    **titles.WORDS,
}


def tally(entry: Entry, context: Context) -> Iterable[Count]:
    """Add the answers, the reports and what became of them; and, shared, that the point spoke."""
    values = entry.values
    name = (values["stratum"], context.named(values["point"]))
    stratum = name[:1] if "strata" in context.settings else ()
    yield Count(("point", *name), shared=True)
    if values.get("month"):
        yield Count(("month", values["month"], *name), shared=True)
    for dimension, option in values.get("answers", {}).items():
        yield Count(("answer", dimension, option, *stratum))
    reports = values.get("reports")
    if reports:
        yield Count(("reports",), reports)
        for measure in MEASURES:
            if measure in values:
                yield Count(("of", measure), reports)
                yield Count(("count", measure), values[measure])


class Report(NamedTuple):
    """A measure with reports: its relative weight, and how many were good of how many."""

    measure: str
    weight: int
    good: int
    of: int


def score(tally: Tally, context: Context) -> Score:
    """The ballot part and the report part by `ballot_share` (F5)."""
    counts, settings = tally.counts, context.settings
    ballots = ballot_score.score(tally, context)
    facts = {**ballots.facts, "reports": counts.get("reports", 0), **_coverage(tally, context)}
    reports = _read(counts, settings)
    if any(report.good > report.of for report in reports):
        return Score(None, "inconsistent", n=ballots.n, facts=facts)
    facts |= {f"{measure}_rate": Share(good, of) for measure, _, good, of in reports}
    if ballots.rate is None or not reports:
        return replace(ballots, facts=facts)
    share: Fraction = settings["ballot_share"]
    above, below, total = _sum(reports)
    facts["ballot_part"], facts["report_part"] = ballots.rate, Share(above, below * total)
    (part, parts), (good, of) = share.as_integer_ratio(), ballots.rate.as_integer_ratio()
    rate = Fraction(part * good * below * total + (parts - part) * above * of, parts * of * below * total)
    answers = [sample._replace(weight=sample.weight * share) for sample in ballots.samples]
    samples = (*answers, *_samples(reports, 1 - share, total))
    return Score(rate, n=ballots.n, samples=samples, facts=facts)


def _read(counts: Mapping[str, int], settings: Settings) -> list[Report]:
    weights = integers(settings["report_weights"])
    found = [
        Report(measure, weight, counts.get(f"count/{measure}", 0), counts.get(f"of/{measure}", 0))
        for measure, weight in weights.items()
    ]
    return [report for report in found if report.of]


def _sum(reports: Iterable[Report]) -> tuple[int, int, int]:
    """The weighted sum of the rates as a quotient (above, below), and the sum of the weights."""
    above, below, total = 0, 1, 0
    for _, weight, good, of in reports:
        above, below, total = above * of + weight * good * below, below * of, total + weight
    return above, below, total


def _samples(reports: Iterable[Report], share: Fraction, total: int) -> Iterable[Sample]:
    """A sample for each measure, in a block of its own: measures of the same reports go together."""
    for measure, weight, good, of in reports:
        spread = Fraction(good * (of - good), of)
        yield Sample(share * weight / total, of, spread, block=f"reports/{measure}")


def _coverage(tally: Tally, context: Context) -> dict[str, Any]:
    """How many points spoke, of all units together, and of how many that are registered."""
    points = tally.shared.distinct("point")
    registered = context.roll("registered")
    if registered is None:
        return {"points": points}
    facts: dict[str, Any] = {"points": points, "registered": registered}
    if points <= registered != 0:
        facts["coverage"] = Share(points, registered)
    return facts


def needs_registered(_settings: Settings) -> frozenset[str]:
    """Coverage is measured against the points that are registered."""
    return frozenset({"registered"})


def channel(
    key: str,
    title: Text,
    entry_schema: type[PointEntry] = PointEntry,
    settings_schema: type[PointSettings] = PointSettings,
) -> Channel:
    """Make a channel of this family."""
    return Channel(
        key=key,
        title=title,
        family="monitoring_points",
        entry_schema=entry_schema,
        settings_schema=settings_schema,
        tally=tally,
        score=score,
        identity=("unit", "point", "month"),
        needs=needs_registered,
        fact_titles=FACT_TITLES,
        words=WORDS,
    )
