"""Measures of case handling (F2): weighted rates, threshold bands or events; sub-scores are rounded once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Any, NamedTuple

from pingyi.channels import Context, Sample, Score, Settings, Share

HUNDRED = 100


class Reading(NamedTuple):
    """A measure of one unit: its rate above / below, with credit; `n` (None: published without it).

    `sum_squares` is what a sample needs, `share` the plain share without credit.
    """

    above: int
    below: int
    n: int | None
    sum_squares: Fraction | None
    share: Share


def read(full: int | Fraction, n: int, partly: Sequence[tuple[int, Fraction]] = ()) -> Reading:
    """Read `n` cases: `full` count whole, `partly` so many the part their opinion is credited with."""
    whole = lcm(full.denominator, *[part.denominator for _, part in partly])
    earned = full.numerator * (whole // full.denominator)
    squares = earned * whole
    for count, part in partly:
        credit = part.numerator * (whole // part.denominator)
        earned += count * credit
        squares += count * credit * credit
    spread = Fraction(n * squares - earned * earned, n * whole * whole)
    return Reading(earned, n * whole, n, spread, Share(full.numerator, full.denominator * n))


class Rule(NamedTuple):
    """A measure's full marks in units of 10**-decimals; a band's floor and, as quotients, slope and full."""

    measure: str
    points: int
    floor: int
    per: tuple[int, int] | None
    full: tuple[int, int]

    def sub_score(self, above: int, below: int) -> int:
        """Round half-up in those units: points * rate, or points - per * (full - 100 * rate), or floor."""
        if self.per is None:
            return _half_up(self.points * above, below)
        short = self.full[0] * below - HUNDRED * above * self.full[1]
        if short <= 0:
            return self.points
        parts = self.per[1] * self.full[1] * below
        return max(self.floor, _half_up(self.points * parts - self.per[0] * short, parts))

    def weight(self, above: int, below: int, total: int) -> Fraction:
        """The measure's weight in the rate; of a band its slope, 0 at its full marks and at its floor."""
        if self.per is None:
            return Fraction(self.points, total)
        short = self.full[0] * below - HUNDRED * above * self.full[1]
        parts = self.per[1] * self.full[1] * below
        inside = short > 0 and (self.points - self.floor) * parts > self.per[0] * short
        return Fraction(HUNDRED * self.per[0], self.per[1] * total) if inside else Fraction(0)


class Plan(NamedTuple):
    """What the settings alone say."""

    rules: tuple[Rule, ...]
    events: tuple[tuple[str, Fraction], ...]
    unit: int
    decimals: int
    n_min: int


def plan_of(context: Context) -> Plan:
    """Make the plan of these settings once."""
    plan: Plan | None = context.cache.get("measures")
    if plan is None:
        plan = context.cache["measures"] = _make_plan(context.settings)
    return plan


def used(settings: Settings) -> tuple[str, ...]:
    """The measures that the settings score."""
    if "bands" in settings:
        return tuple(band["measure"] for band in settings["bands"])
    return tuple(settings.get("weights", ()))


def _make_plan(settings: Settings) -> Plan:
    decimals = settings["sub_score_decimals"]
    unit = 10**decimals
    rules = [
        Rule(measure, int(HUNDRED * weight * unit), 0, None, (1, 1))
        for measure, weight in settings.get("weights", {}).items()
    ]
    for band in settings.get("bands", ()):
        per, full = band["per"] * unit, band["full"]
        points, floor = int(band["points"] * unit), int(band["floor"] * unit)
        rules.append(Rule(band["measure"], points, floor, per.as_integer_ratio(), full.as_integer_ratio()))
    events = tuple((event, off * unit) for event, off in settings.get("events", {}).items())
    return Plan(tuple(rules), events, unit, decimals, max(1, settings["n_min"]))


def _half_up(above: int, below: int) -> int:
    return (2 * above + below) // (2 * below)


def score_rates(
    readings: Mapping[str, Reading], plan: Plan, *, n: int | None, facts: dict[str, Any]
) -> Score:
    """Rounded sub-scores over the full marks of the measures that remain (F2a, F2b).

    `readings` holds the measures with at least one case; those below n_min are dropped, their weight spread;
    none left is `too_few`. Adds `<measure>_n`, `<measure>_rate` (without credit) and `<measure>_score` to
    `facts`.
    """
    kept: list[tuple[Rule, Reading]] = []
    for rule in plan.rules:
        reading = readings.get(rule.measure)
        if reading is None:
            continue
        if reading.n is not None:
            facts[f"{rule.measure}_n"] = reading.n
        if reading.n is None or reading.n >= plan.n_min:
            kept.append((rule, reading))
    if not kept:
        return Score(None, "too_few", n=n, facts=facts)
    total = sum([rule.points for rule, _ in kept])
    earned = 0
    samples = []
    for rule, (above, below, count, sum_squares, share) in kept:
        sub_score = rule.sub_score(above, below)
        earned += sub_score
        facts[f"{rule.measure}_rate"] = share
        facts[f"{rule.measure}_score"] = _printed(sub_score, plan)
        if count is not None and sum_squares is not None:
            samples.append(Sample(rule.weight(above, below, total), count, sum_squares))
    return Score(Fraction(earned, total), n=n, samples=tuple(samples), facts=facts)


def score_events(counts: Mapping[str, int], plan: Plan, *, n: int | None, facts: dict[str, Any]) -> Score:
    """100 less what the events cost, each rounded, at least 0 (F2c).

    Adds `<event>_count` and `<event>_deducted` to `facts`.
    """
    full = left = HUNDRED * plan.unit
    for event, off in plan.events:
        count = counts.get(event, 0)
        deducted = _half_up(count * off.numerator, off.denominator)
        left -= deducted
        facts[f"{event}_count"] = count
        facts[f"{event}_deducted"] = _printed(deducted, plan)
    return Score(Fraction(max(0, left), full), n=n, facts=facts)


def _printed(units: int, plan: Plan) -> Decimal:
    # Not scaleb: that would round to the context's 28 digits.
    return Decimal(f"{units}E-{plan.decimals}")
