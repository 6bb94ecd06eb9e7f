"""From a snapshot to scores and an assessment: no database, only the registry's pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache, partial
from typing import Any

from pingyi.channels import Channel, Context, Period, Score, Share, Tally, Text, word
from pingyi.domain.assessment.assess import assess
from pingyi.domain.assessment.held_evidence import COUNTED, HELD, Counters, WholeResult, compare, with_held
from pingyi.domain.assessment.values import (
    Adjustment,
    AssessedUnit,
    Assessment,
    Decision,
    Inputs,
    PreviousResult,
)
from pingyi.domain.errors import Problem
from pingyi.domain.scheme.parse import parse_scheme
from pingyi.domain.scheme.values import ChannelPlan, Scheme
from pingyi.registry import Registry, load_context
from pingyi.services.core.plugin_timeouts import guarded

Snapshot = Mapping[str, Any]
Scores = dict[str, dict[str, Score]]
QUARANTINED = "quarantined"
EMPTY: Mapping[str, int] = {}


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A unit on a channel of which all evidence is held."""

    rate: None = None
    status: str = QUARANTINED
    veto: bool = False


@dataclass(frozen=True, slots=True)
class Scored:
    """What a snapshot comes to; `whole`: by unit, with held evidence counted; empty where nothing is held."""

    scheme: Scheme
    assessment: Assessment
    scores: Mapping[str, Mapping[str, Any]]
    whole: Mapping[str, WholeResult] = field(default_factory=dict)


def score_snapshot(registry: Registry, snapshot: Snapshot, plugin_seconds: float = 0) -> Scored:
    """Score and assess a snapshot. Pure: the same snapshot and plugins give the same result.

    Each channel may take `plugin_seconds` (0: any time). Problem plugin_failed names the package whose code
    raises, returns no Score or does not return; then nothing is assessed.
    """
    scheme = parse_scheme(snapshot["scheme"])
    for plan in scheme.channels:
        load_context(registry.channel(plan.plugin), plan.settings, Period())
    units = [AssessedUnit(code, category) for code, _, category, *_ in snapshot["units"]]
    counters = snapshot["counters"]
    score = partial(_channel_scores, registry, snapshot, seconds=plugin_seconds)
    scores = {plan.key: score(plan, counters.get(plan.key, {})) for plan in scheme.channels}
    inputs = Inputs(units=units, scores=scores, **_particulars(snapshot))
    assessment = assess(scheme, inputs)
    again = {
        plan.key: score(plan, {COUNTED: with_held(counters[plan.key])})
        for plan in scheme.channels
        if counters.get(plan.key, {}).get(HELD)
    }
    return Scored(scheme, assessment, scores, _whole(scheme, inputs, assessment, again))


def _whole(
    scheme: Scheme, inputs: Inputs, clean: Assessment, again: Mapping[str, Mapping[str, Any]]
) -> dict[str, WholeResult]:
    """The second ranking, from the scores of the channels on which something is held."""
    if not again:
        return {}
    return compare(clean, assess(scheme, replace(inputs, scores={**inputs.scores, **again})))


def _period(given: Mapping[str, Any]) -> Period:
    starts_on, ends_on = (
        date.fromisoformat(given[n]) if given[n] else None for n in ("starts_on", "ends_on")
    )
    return Period(starts_on=starts_on, ends_on=ends_on, time_zone=given["time_zone"])


def _channel_scores(
    registry: Registry,
    snapshot: Snapshot,
    plan: ChannelPlan,
    standings: Mapping[str, Counters],
    *,
    seconds: float,
) -> dict[str, Any]:
    channel = registry.channel(plan.plugin)
    rolls = {(name, stratum): count for key, name, stratum, count in snapshot["rolls"] if key == plan.key}
    counted, held = standings.get(COUNTED, {}), standings.get(HELD, {})
    if not counted and not held:
        return {}
    shared = Tally(counted.get("", EMPTY))
    with guarded(partial(_failed, plan, registry.version(plan.plugin)), seconds):
        context = load_context(channel, plan.settings, _period(snapshot["period"]), rolls)
        return {
            code: scored
            for code, *_ in snapshot["units"]
            if (scored := _unit_score(channel, context, counted.get(code, EMPTY), shared, code in held))
            is not None
        }


def _unit_score(
    channel: Channel,
    context: Context,
    counts: Mapping[str, int],
    shared: Tally,
    held: bool,
) -> Score | Quarantined | None:
    """The plugin's score; None where an entry per unit was due and none came."""
    if not counts and held:
        return Quarantined()
    if not counts and channel.due_per_unit:
        return None
    scored = channel.score(Tally(counts, shared), context)
    if not isinstance(scored, Score):
        raise TypeError(f"returned {type(scored).__name__}, not a Score")
    return scored


def _failed(plan: ChannelPlan, version: str, detail: str) -> Problem:
    message = Text(
        zh="渠道“{channel}”的插件“{plugin}”（{version}）在计分时出错：{detail}。"
        "本周期未产生结果；请更新或更换该插件后重新计算。",
        en="The plugin {plugin} ({version}) of channel {channel} failed while scoring: {detail}."
        " Nothing was assessed; mend or replace the plugin and assess again.",
    )
    named = message.format(channel=plan.key, plugin=plan.plugin, version=version, detail=detail)
    return Problem("plugin_failed", 500, named)


def _particulars(snapshot: Snapshot) -> dict[str, Any]:
    previous: dict[str, dict[str, PreviousResult]] = {}
    for earlier, unit, category, total, rank, of in snapshot["previous"]:
        result = PreviousResult(
            category=category, total=None if total is None else Decimal(total), rank=rank, of=of
        )
        previous.setdefault(earlier, {})[unit] = result
    return {
        "adjustments": [
            Adjustment(unit=unit, kind=kind, points=Decimal(points or 0), target=target)
            for unit, kind, points, target, *_ in snapshot["adjustments"]
        ],
        "decisions": [
            Decision(kind=kind, unit=unit, channel=channel, category=category, choice=choice)
            for kind, unit, channel, category, choice, _ in snapshot["decisions"]
        ],
        "previous": previous,
    }


def print_facts(facts: Mapping[str, Any]) -> dict[str, str]:
    """A score's facts as they are published (see `print_fact`)."""
    percents = _percents()
    printed: dict[str, str] = {}
    for name, value in facts.items():
        kind = type(value)
        if kind is Share:
            printed[name] = percents[(20_000 * value[0] // value[1] + 1) >> 1]
        else:
            printed[name] = str(value) if kind is int or kind is str else print_fact(value)
    return printed


def print_fact(value: Any) -> str:
    """A fact as published: a share in percent with two decimals half-up, a number or a word as it is."""
    if isinstance(value, (Share, Fraction)):
        part, whole = value if isinstance(value, Share) else value.as_integer_ratio()
        return _percents()[(20_000 * part // whole + 1) >> 1]
    if isinstance(value, Decimal):
        return word(value) if value.as_tuple().exponent == 0 else format(value, "f")
    return str(value)


@cache
def _percents() -> tuple[str, ...]:
    """The spelling of every number of hundredths of a percent from 0 to 10,000."""
    return tuple(f"{number // 100}.{number % 100:02d}" for number in range(10_001))
