"""F5: monitoring points: their ballots and what became of their reports."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from pingyi_verifier.formulas.ballot_scores import score_ballots
from pingyi_verifier.formulas.ballots import prepare_ballots
from pingyi_verifier.formulas.counters import Counts, Ready, Rolls, Scored, Tallied, count_of, name_of, roll
from pingyi_verifier.formulas.numbers import number, numbers_in, percent
from pingyi_verifier.formulas.show_sessions import ASKED


def prepare_points(settings: Mapping[str, Any]) -> Ready:
    return Ready(
        prepare_ballots(settings),
        ballot_share=number(settings["ballot_share"]),
        report_weights=numbers_in(settings["report_weights"]),
    )


def tally_point(values: Mapping[str, Any], settings: Ready, _period: Mapping[str, Any]) -> Tallied:
    """Answers and reports of the unit; shared, that the point spoke, nameless where its name is withheld."""
    stratum, month = values["stratum"], values.get("month")
    speaker = (stratum, values["point"]) if "point" in values else (stratum,)
    tail = (stratum,) if settings["weighted"] else ()
    counts = {
        name_of("answer", dimension, option, *tail): 1
        for dimension, option in values.get("answers", {}).items()
    }
    reports = values.get("reports")
    if reports:
        counts["reports"] = count_of(reports)
        for measure in ASKED:
            if measure in values:
                counts["of/" + measure] = reports
                if count_of(values[measure]):
                    counts["count/" + measure] = values[measure]
    shared = {name_of("point", *speaker): 1}
    if month:
        shared[name_of("month", month, *speaker)] = 1
    return counts, shared


def score_points(counts: Counts, shared: Counts, settings: Ready, rolls: Rolls) -> Scored:
    """`ballot_share` of the ballots' score, the rest the weighted rates of the points' own reports."""
    ballots = score_ballots(counts, shared, settings, rolls)
    facts = {**ballots.facts, "reports": str(counts.get("reports", 0)), **coverage(shared, rolls)}
    reports = [
        (measure, weight, counts.get("count/" + measure, 0), counts.get("of/" + measure, 0))
        for measure, weight in settings["report_weights"].items()
        if counts.get("of/" + measure, 0)
    ]
    if any(good > of for _, _, good, of in reports):
        return Scored(None, "inconsistent", ballots.n, facts)
    facts.update({f"{measure}_rate": percent(Fraction(good, of)) for measure, _, good, of in reports})
    if ballots.rate is None or not reports:
        return ballots._replace(facts=facts)
    worth = sum((weight * Fraction(good, of) for _, weight, good, of in reports), Fraction(0))
    part = worth / sum(weight for _, weight, _, _ in reports)
    facts["ballot_part"] = percent(ballots.rate)
    facts["report_part"] = percent(part)
    share = settings["ballot_share"]
    return Scored(share * ballots.rate + (1 - share) * part, "ok", ballots.n, facts)


def coverage(shared: Counts, rolls: Rolls) -> dict[str, str]:
    """How many points spoke, of how many that are registered; no share where more spoke than there are."""
    points = sum(1 for name, times in shared.items() if times and name.startswith("point/"))
    registered = roll(rolls, "registered")
    facts = {"points": str(points)}
    if registered is not None:
        facts["registered"] = str(registered)
        if 0 < registered >= points:
            facts["coverage"] = percent(Fraction(points, registered))
    return facts


def coarse(shared: Counts) -> dict[str, int]:
    """The channel's counters without the points' names: ("point", type) and ("month", month, type)."""
    sums: dict[str, int] = {}
    for name, amount in shared.items():
        words = name.split("/")
        private = (words[0] == "point" and len(words) == 3) or (words[0] == "month" and len(words) == 4)
        shown = "/".join(words[:-1]) if private else name
        sums[shown] = sums.get(shown, 0) + amount
    return sums


PRIVATE_POINTS = ("point/", "month/")
