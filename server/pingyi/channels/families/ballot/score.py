"""The worth of a ballot's sums: integers over a common denominator, one Fraction at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import repeat
from operator import mul
from typing import Any

from pingyi.channels import Context, Sample, Score, Settings, Share, Tally
from pingyi.channels.families.ballot.plan import NO_OPINION, Cell, Plan, make_plan
from pingyi.channels.types import Status, encode_name

# A named tuple made straight from a tuple costs a third of a call with its fields.
_share: Callable[[tuple[int, int]], Share] = partial(tuple.__new__, Share)
_sample: Callable[[tuple[Fraction, int, Fraction, int | None, str]], Sample] = partial(tuple.__new__, Sample)

Part = tuple[Cell, int, int, int]


@dataclass(slots=True)
class Sums:
    """What a unit's counters add up to; `parts`: for each dimension its cells that have answers.

    A part holds the cell, the number of answers, their summed worth and their summed squares; `total` is
    the weight of the dimensions with answers.
    """

    by_option: list[int]
    parts: list[list[Part]]
    valid: int
    returned: int
    total: int
    scored: int
    unscored: int
    no_opinion: int


def score(tally: Tally, context: Context) -> Score:
    """Mean worth of the scored answers over strata and dimensions (F3); validity, quorum and grade (F4)."""
    settings = context.settings
    plan = context.cache.get("ballots")
    if plan is None:
        plan = context.cache["ballots"] = make_plan(settings)
    sums = add_up(tally.counts, plan)
    facts: dict[str, Any] = {}
    status = _validity(tally, context, plan, sums, facts)
    if status is not None:
        return Score(None, status, n=sums.valid, facts=facts)
    facts.update(zip(plan.shares, map(_share, zip(sums.by_option, repeat(sums.scored))), strict=True))
    if NO_OPINION not in settings["options"]:
        facts["no_opinion_share"] = _share((sums.no_opinion, sums.scored + sums.unscored))
    rate, samples = rate_of(sums, plan, context, facts)
    if "grades" in settings:
        _grade(settings, sums, plan, facts)
    return Score(rate, n=sums.valid, samples=samples, facts=facts)


def add_up(counts: Mapping[str, int], plan: Plan) -> Sums:
    get, worths, width, extra = counts.get, plan.worths, len(plan.worths), plan.width
    amounts, others = list(map(get, plan.scored, repeat(0))), list(map(get, plan.others, repeat(0)))
    parts: list[list[Part]] = []
    scored: list[int] = []
    returned: list[int] = []
    start = at = 0
    for dimension in plan.dimensions:
        found: list[Part] = []
        for cell in dimension.cells:
            answers = amounts[start : start + width]
            start += width
            n = sum(answers)
            if n:
                earned = list(map(mul, answers, worths))
                found.append((cell, n, sum(earned), sum(map(mul, earned, worths))))
        valid = found[0][1] if len(found) == 1 else sum([part[1] for part in found])
        parts.append(found)
        scored.append(valid)
        returned.append(valid + sum(others[at : at + extra]))
        at += extra
    total = plan.total if all(scored) else sum(map(mul, map(bool, scored), plan.weighs))
    unscored = sum(map(get, plan.unscored, repeat(0)))
    no_opinion = unscored if plan.no_opinion == plan.unscored else sum(map(get, plan.no_opinion, repeat(0)))
    by_option = [sum(amounts[index::width]) for index in range(width)]
    return Sums(by_option, parts, max(scored), max(returned), total, sum(scored), unscored, no_opinion)


def _validity(tally: Tally, context: Context, plan: Plan, sums: Sums, facts: dict[str, Any]) -> Status | None:
    """Why these ballots are not scored, if so; puts the counted ballots into the facts."""
    settings = context.settings
    sources = tally.counts, tally.shared.counts
    issued, reported = _known("issued", sources, context, plan), _known("returned", sources, context, plan)
    returned = sums.returned if reported is None else reported
    eligible = context.roll("eligible") if context.rolls else None
    if eligible is not None:
        facts["eligible"] = eligible
    if issued is not None:
        facts["issued"] = issued
    facts["returned"], facts["valid"] = returned, sums.valid
    verdict = _verdict(issued, reported, sums.returned)
    if plan.strata and verdict != "void":
        others = [_stratum_verdict(stratum, tally, context, plan) for stratum in plan.strata]
        verdict = "void" if "void" in others else verdict or next(filter(None, others), None)
    if verdict is not None:
        return verdict
    if "quorum" in settings and not _reached(returned, settings["quorum"], facts):
        return "below_quorum"
    return "too_few" if sums.valid < max(1, settings["n_min"]) else None


def _known(name: str, sources: Iterable[Mapping[str, int]], context: Context, plan: Plan) -> int | None:
    """The unit's own number, else the shared one, else the roll's; None when nobody told."""
    for counts in sources:
        total = counts.get(name, 0)
        for stratum in plan.strata:
            total += counts.get(encode_name((name, stratum)), 0)
        if total:
            return total
    return context.roll(name) if context.rolls else None


def _verdict(issued: int | None, reported: int | None, shown: int) -> Status | None:
    """More returned than issued is void; more answers than returned ballots contradict each other."""
    if issued is not None and (shown if reported is None else reported) > issued:
        return "void"
    return "inconsistent" if reported is not None and shown > reported else None


def _stratum_verdict(stratum: str, tally: Tally, context: Context, plan: Plan) -> Status | None:
    issued, reported = (
        tally[name, stratum] or tally.shared[name, stratum] or context.roll(name, stratum)
        for name in ("issued", "returned")
    )
    if issued is None and reported is None:
        return None
    shown = dict.fromkeys((dimension.key for dimension in plan.dimensions), 0)
    for name, amount in tally.items():
        if name[0] == "answer" and name[-1] == stratum:
            shown[name[1]] += amount
    return _verdict(issued, reported, max(shown.values()))


def _reached(count: int, rule: Mapping[str, Any], facts: Mapping[str, Any], times: int = 1) -> bool:
    """Whether `count` is over, or at least, the rule's part of `times` its base; never of an unknown base."""
    base = facts.get(rule["of"])
    if base is None:
        return False
    part = rule["over"] if "over" in rule else rule["at_least"]
    reached, wanted = count * part.denominator, part.numerator * base * times
    return bool(reached > wanted if "over" in rule else reached >= wanted)


def rate_of(
    sums: Sums, plan: Plan, context: Context, facts: dict[str, Any]
) -> tuple[Fraction, tuple[Sample, ...]]:
    """Make the rate and its samples; several dimensions give a sub-score each, empty ones spread theirs."""
    above, below, total, whole, rolls = 0, 1, sums.total, plan.whole, context.rolls
    several, square, simple = len(plan.dimensions) > 1, whole * whole, not plan.strata and total == plan.total
    samples = []
    for (key, weight, exact, _, fact), parts in zip(plan.dimensions, sums.parts, strict=True):
        if not parts:
            continue
        if len(parts) > 1:
            shares, worth, n = _pooled(parts)
        else:
            (_, shares), n, worth, _ = parts[0]
        for (stratum, share), answers, earned, squares in parts:
            population = context.roll("eligible", stratum) if rolls else None
            weighs = exact if simple else _weight(plan, weight, total, share, shares)
            spread = Fraction(answers * squares - earned * earned, answers * square)
            samples.append(_sample((weighs, answers, spread, population, key)))
        if several:
            facts[fact] = _share((worth, n * whole))
        above = above * n + weight * worth * below
        below *= n
    return Fraction(above, below * total * whole), tuple(samples)


def _weight(plan: Plan, weight: int, total: int, share: int, shares: int) -> Fraction:
    wanted = (weight, total, share, shares)
    exact = plan.weights.get(wanted)
    if exact is None:
        exact = plan.weights[wanted] = Fraction(weight * share, total * shares)
    return exact


def _pooled(parts: Sequence[Part]) -> tuple[int, int, int]:
    """The weights of the strata with answers, and the dimension's worth over its answers."""
    above, below, shares = 0, 1, 0
    for (_, weight), n, worth, _ in parts:
        above = above * n + weight * worth * below
        below *= n
        shares += weight
    return shares, above, below * shares


def _grade(settings: Settings, sums: Sums, plan: Plan, facts: dict[str, Any]) -> None:
    """Find the first grade whose options reach their part (of as many ballots as dimensions)."""
    counts = dict(zip(settings["options"], sums.by_option, strict=True))
    answers = {**facts, "valid": sums.scored}
    for rule in settings["grades"]:
        if "of" not in rule:
            facts["grade"] = rule["key"]
            return
        times = 1 if rule["of"] == "valid" else len(plan.dimensions)
        if _reached(sum(counts[option] for option in rule["options"]), rule, answers, times):
            facts["grade"] = rule["key"]
            return
