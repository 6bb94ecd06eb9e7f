"""The worth of a ballot's sums: integers over a common denominator, one Fraction at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from itertools import repeat
from math import lcm
from operator import mul
from typing import Any, NamedTuple

from pingyi.channels import Context, Sample, Score, Settings, Share, Tally
from pingyi.channels.families.ballot_settings import ONLY, PAPER
from pingyi.channels.types import Status, encode_name

NO_OPINION = "no_opinion"

# A named tuple made straight from a tuple costs a third of a call with its fields.
_share: Callable[[tuple[int, int]], Share] = partial(tuple.__new__, Share)
_sample: Callable[[tuple[Fraction, int, Fraction, int | None, str]], Sample] = partial(tuple.__new__, Sample)


class Cell(NamedTuple):
    """One stratum of a dimension (None: all answers pooled) and its relative weight."""

    stratum: str | None
    weight: int


Part = tuple[Cell, int, int, int]


class Dimension(NamedTuple):
    """A dimension, its weight (relative and exact), its cells, and the name of its sub-score."""

    key: str
    weight: int
    exact: Fraction
    cells: tuple[Cell, ...]
    fact: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What the settings alone say: worths and weights as integers, counters' names as they are stored.

    `scored`, `unscored`, `no_opinion` and `others` (all that is not scored, `width` a dimension) run through
    dimensions, in them strata, in them options.
    """

    worths: tuple[int, ...]
    whole: int
    dimensions: tuple[Dimension, ...]
    strata: tuple[str, ...]
    shares: tuple[str, ...]
    scored: tuple[str, ...]
    unscored: tuple[str, ...]
    no_opinion: tuple[str, ...]
    others: tuple[str, ...]
    width: int
    weighs: tuple[int, ...]
    total: int
    weights: dict[tuple[int, int, int, int], Fraction] = field(default_factory=dict)


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
    sums = _add_up(tally.counts, plan)
    facts: dict[str, Any] = {}
    status = _validity(tally, context, plan, sums, facts)
    if status is not None:
        return Score(None, status, n=sums.valid, facts=facts)
    facts.update(zip(plan.shares, map(_share, zip(sums.by_option, repeat(sums.scored))), strict=True))
    if NO_OPINION not in settings["options"]:
        facts["no_opinion_share"] = _share((sums.no_opinion, sums.scored + sums.unscored))
    rate, samples = _rate(sums, plan, context, facts)
    if "grades" in settings:
        _grade(settings, sums, plan, facts)
    return Score(rate, n=sums.valid, samples=samples, facts=facts)


def make_plan(settings: Settings) -> Plan:
    """Spell the counters' names and bring worths and weights to integers."""
    rates = {option: value / 100 for option, value in settings["options"].items()}
    whole = lcm(*(rate.denominator for rate in rates.values()))
    dimensions = settings.get("dimensions") or {ONLY: Fraction(1)}
    weights = integers(dimensions)
    total = sum(weights.values())
    strata = settings.get("strata") or {}
    cells = tuple(Cell(*pair) for pair in integers(strata).items()) if strata else (Cell(None, 1),)
    unscored = [option for option in settings["unscored"] if option not in PAPER]

    def names(options: Iterable[str]) -> tuple[str, ...]:
        tails = [() if cell.stratum is None else (cell.stratum,) for cell in cells]
        heads = [(("answer", key), tail) for key in dimensions for tail in tails]
        return tuple(encode_name((*head, option, *tail)) for head, tail in heads for option in options)

    return Plan(
        worths=tuple(int(rate * whole) for rate in rates.values()),
        whole=whole,
        dimensions=tuple(
            Dimension(key, weight, Fraction(weight, total), cells, f"{key}_score")
            for key, weight in weights.items()
        ),
        strata=tuple(strata),
        shares=tuple(f"{option}_share" for option in rates),
        scored=names(rates),
        unscored=names(unscored),
        no_opinion=names({NO_OPINION} & set(unscored)),
        others=names((*unscored, *PAPER)),
        width=len(cells) * len((*unscored, *PAPER)),
        weighs=tuple(weights.values()),
        total=total,
    )


def integers(weights: Mapping[str, Fraction]) -> dict[str, int]:
    """Bring relative weights to integers in the same proportion."""
    whole = lcm(*(weight.denominator for weight in weights.values()))
    return {key: int(weight * whole) for key, weight in weights.items()}


def _add_up(counts: Mapping[str, int], plan: Plan) -> Sums:
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
    return Sums(
        by_option=[sum(amounts[index::width]) for index in range(width)],
        parts=parts,
        valid=max(scored),
        returned=max(returned),
        total=plan.total if all(scored) else sum(map(mul, map(bool, scored), plan.weighs)),
        scored=sum(scored),
        unscored=sum(map(get, plan.unscored, repeat(0))) if plan.unscored else 0,
        no_opinion=sum(map(get, plan.no_opinion, repeat(0))) if plan.no_opinion else 0,
    )


def _validity(
    tally: Tally, context: Context, plan: Plan, sums: Sums, facts: dict[str, Any]
) -> Status | None:
    """Why these ballots are not scored, if so; puts the counted ballots into the facts."""
    settings = context.settings
    issued, reported = _known("issued", tally, context, plan), _known("returned", tally, context, plan)
    returned = sums.returned if reported is None else reported
    eligible = context.roll("eligible") if context.rolls else None
    if eligible is not None:
        facts["eligible"] = eligible
    if issued is not None:
        facts["issued"] = issued
    facts["returned"], facts["valid"] = returned, sums.valid
    if (issued is not None and returned > issued) or any(
        _overfull(stratum, tally, context) for stratum in plan.strata
    ):
        return "void"
    if sums.returned > returned:
        return "inconsistent"
    if "quorum" in settings and not _reached(returned, settings["quorum"], facts):
        return "below_quorum"
    return "too_few" if sums.valid < max(1, settings["n_min"]) else None


def _known(name: str, tally: Tally, context: Context, plan: Plan) -> int | None:
    """The unit's own number, else the shared one, else the roll's; None when nobody told."""
    for counts in (tally.counts, tally.shared.counts):
        total = counts.get(name, 0)
        for stratum in plan.strata:
            total += counts.get(encode_name((name, stratum)), 0)
        if total:
            return total
    return context.roll(name) if context.rolls else None


def _overfull(stratum: str, tally: Tally, context: Context) -> bool:
    found = [
        tally[name, stratum] or tally.shared[name, stratum] or context.roll(name, stratum)
        for name in ("returned", "issued")
    ]
    return found[0] is not None and found[1] is not None and found[0] > found[1]


def _reached(count: int, rule: Mapping[str, Any], facts: Mapping[str, Any], times: int = 1) -> bool:
    """Whether `count` is over, or at least, the rule's part of `times` its base; never of an unknown base."""
    base = facts.get(rule["of"])
    if base is None:
        return False
    part = rule["over"] if "over" in rule else rule["at_least"]
    reached, wanted = count * part.denominator, part.numerator * base * times
    return bool(reached > wanted if "over" in rule else reached >= wanted)


def _rate(
    sums: Sums, plan: Plan, context: Context, facts: dict[str, Any]
) -> tuple[Fraction, tuple[Sample, ...]]:
    """Make the rate and its samples; several dimensions give a sub-score each, empty ones spread theirs."""
    above, below, total, whole, rolls = 0, 1, sums.total, plan.whole, context.rolls
    several, square, simple = len(plan.dimensions) > 1, whole * whole, not plan.strata and total == plan.total
    samples = []
    for (key, weight, exact, _, fact), parts in zip(plan.dimensions, sums.parts, strict=True):
        if not parts:
            continue
        shares, worth, n = _pooled(parts) if len(parts) > 1 else _alone(*parts[0])
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


def _alone(cell: Cell, n: int, worth: int, _squares: int) -> tuple[int, int, int]:
    return cell.weight, worth, n


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
