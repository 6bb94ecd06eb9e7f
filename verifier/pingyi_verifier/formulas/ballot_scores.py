"""F3 and F4: the score of ballots: turnout, quorum, shares, rate, grade."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from pingyi_verifier.formulas.ballots import TURNOUT
from pingyi_verifier.formulas.counters import Counts, Ready, Rolls, Scored, name_of, roll
from pingyi_verifier.formulas.numbers import percent


class Sums(NamedTuple):
    """A unit's ballots: for each dimension its strata with answers (stratum, answers, their worth summed);
    answers by option; scored, unscored and "no opinion" answers; valid and returned ballots."""

    parts: dict[str, list[tuple[str, int, int]]]
    by_option: dict[str, int]
    scored: int
    unscored: int
    no_opinion: int
    valid: int
    shown: int


def sum_ballots(counts: Counts, settings: Ready) -> Sums:
    get, worths = counts.get, settings["worths"]
    by_option = [0] * len(worths)
    parts: dict[str, list[tuple[str, int, int]]] = {}
    scored_all = unscored_all = no_opinion = valid = shown = 0
    for dimension, cells in settings["cells"].items():
        scored = unscored = paper = 0
        strata = parts[dimension] = []
        for stratum, scored_names, unscored_names, no_opinion_names, paper_names in cells:
            answers = [get(name, 0) for name in scored_names]
            n = sum(answers)
            if n:
                strata.append((stratum, n, sum(a * value for a, value in zip(answers, worths, strict=True))))
                by_option = [a + b for a, b in zip(by_option, answers, strict=True)]
            scored += n
            unscored += sum(get(name, 0) for name in unscored_names)
            no_opinion += sum(get(name, 0) for name in no_opinion_names)
            paper += sum(get(name, 0) for name in paper_names)
        scored_all += scored
        unscored_all += unscored
        valid, shown = max(valid, scored), max(shown, scored + unscored + paper)
    by_name = dict(zip(settings["options"], by_option, strict=True))
    return Sums(parts, by_name, scored_all, unscored_all, no_opinion, valid, shown)


def turnout(name: str, counts: Counts, shared: Counts, settings: Ready, rolls: Rolls) -> int | None:
    """Issued or returned ballots: the unit's own number, else the channel's, else the roll."""
    names = [name, *(name_of(name, stratum) for stratum in settings["strata"] if settings["weighted"])]
    own, all_units = (sum(table.get(each, 0) for each in names) for table in (counts, shared))
    return own or all_units or roll(rolls, name)


def contradiction(issued: int | None, returned: int | None, shown: int) -> str:
    """More returned than issued is void; more answered than returned is inconsistent; "" is neither."""
    if issued is not None and (shown if returned is None else returned) > issued:
        return "void"
    return "inconsistent" if returned is not None and shown > returned else ""


def stratum_contradiction(stratum: str, counts: Counts, shared: Counts, settings: Ready, rolls: Rolls) -> str:
    """The same inside one stratum."""
    issued, returned = (
        counts.get(name_of(name, stratum), 0)
        or shared.get(name_of(name, stratum), 0)
        or roll(rolls, name, stratum)
        for name in TURNOUT
    )
    if issued is None and returned is None:
        return ""
    shown = 0
    for cells in settings["cells"].values():
        for each, *tables in cells:
            if each == stratum:
                scored_names, unscored_names, _, paper_names = tables
                names = (*scored_names, *unscored_names, *paper_names)
                shown = max(shown, sum(counts.get(name, 0) for name in names))
    return contradiction(issued, returned, shown)


def reaches(count: int, threshold: tuple[str, Fraction, bool], bases: Mapping[str, int], times: int) -> bool:
    """Whether a count is at least (or over) a part of `times` a number; never of an unknown one."""
    of, part, over = threshold
    if of not in bases:
        return False
    wanted = part * bases[of] * times
    return count > wanted if over else count >= wanted


def rate_ballots(sums: Sums, settings: Ready, facts: dict[str, str]) -> Fraction:
    """The weighted mean over dimensions of their mean worths; empty strata and dimensions spread theirs."""
    total, weights = Fraction(0), 0
    for dimension, weight in settings["dimensions"]:
        parts = sums.parts[dimension]
        if not parts:
            continue
        shares = sum(settings["strata"][stratum] for stratum, _, _ in parts)
        worth = sum((Fraction(settings["strata"][s] * earned, n) for s, n, earned in parts), Fraction(0))
        rate = worth / (shares * settings["whole_worth"])
        if len(settings["dimensions"]) > 1:
            facts[f"{dimension}_score"] = percent(rate)
        total += weight * rate
        weights += weight
    return total / weights


def score_ballots(counts: Counts, shared: Counts, settings: Ready, rolls: Rolls) -> Scored:
    sums = sum_ballots(counts, settings)
    issued, reported = (turnout(name, counts, shared, settings, rolls) for name in TURNOUT)
    returned = sums.shown if reported is None else reported
    known = {"eligible": roll(rolls, "eligible"), "issued": issued, "returned": returned, "valid": sums.valid}
    bases = {name: count for name, count in known.items() if count is not None}
    facts = {name: str(count) for name, count in bases.items()}
    problems = [contradiction(issued, reported, sums.shown)]
    if settings["weighted"]:
        problems += [stratum_contradiction(s, counts, shared, settings, rolls) for s in settings["strata"]]
    for status in ("void", "inconsistent"):
        if status in problems:
            return Scored(None, status, sums.valid, facts)
    if settings["quorum"] and not reaches(returned, settings["quorum"], bases, 1):
        return Scored(None, "below_quorum", sums.valid, facts)
    if sums.valid < settings["n_min"]:
        return Scored(None, "too_few", sums.valid, facts)
    for option, count in sums.by_option.items():
        facts[f"{option}_share"] = percent(Fraction(count, sums.scored))
    if "no_opinion" not in sums.by_option:
        facts["no_opinion_share"] = percent(Fraction(sums.no_opinion, sums.scored + sums.unscored))
    rate = rate_ballots(sums, settings, facts)
    if settings["grades"]:
        facts["grade"] = grade_of(sums, settings, bases)
    return Scored(rate, "ok", sums.valid, facts)


def grade_of(sums: Sums, settings: Ready, bases: Mapping[str, int]) -> str:
    """The first grade whose options are enough; answers of several dimensions are of as many ballots."""
    for key, options, threshold in settings["grades"]:
        if threshold is None:
            return str(key)
        count = sum(sums.by_option[option] for option in options)
        if threshold[0] == "valid":
            reached = reaches(count, threshold, {"valid": sums.scored}, 1)
        else:
            reached = reaches(count, threshold, bases, len(settings["dimensions"]))
        if reached:
            return str(key)
    raise ValueError("the last grade has a threshold")
