"""Composes the result of a scored snapshot: names, spellings and order, as they are stored and printed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pingyi.channels import Score
from pingyi.domain.assessment.values import Assessment
from pingyi.domain.assessment.values import UnitResult as AssessedResult
from pingyi.services.results.result import ChannelResult, Result, UnitResult, WholeResult
from pingyi.services.results.score import Scored, print_fact, print_facts


def result_in_memory(period_key: str, content: Mapping[str, Any], scored: Scored) -> Result:
    """The result of a scored snapshot, before it has a revision."""
    assessment = scored.assessment
    names = {code: name for code, name, *_ in content["units"]}
    items: dict[str, list[Mapping[str, str]]] = {}
    for unit, kind, points, target, reason, document in content["adjustments"]:
        item = {
            "kind": kind,
            "points": points or "",
            "target": target,
            "reason": reason,
            "document": document,
        }
        items.setdefault(unit, []).append(item)
    previous: dict[str, Mapping[str, Any]] = {}
    for earlier, unit, category, total, rank, of in content["previous"]:
        previous[unit] = {
            "period": earlier,
            "category": category,
            "total": total or "",
            "rank": rank,
            "of": of,
        }
    units = [_unit(scored, one, names, items, previous) for one in assessment.units]
    order = {category.key: position for position, category in enumerate(scored.scheme.categories)}
    units.sort(key=lambda unit: (order[unit.category], unit.rank is None, unit.rank or 0))
    return Result(
        period=period_key,
        scheme=scored.scheme,
        units=units,
        switch_offs=_switch_offs(assessment),
        notices=[
            {"code": n.code, "category": n.category, "zh": n.message.zh, "en": n.message.en}
            for n in assessment.notices
        ],
    )


def _switch_offs(assessment: Assessment) -> list[dict[str, Any]]:
    return [
        {"category": one.category, "channel": one.channel, "missing": one.missing, "units": one.units}
        for one in assessment.switch_offs
    ]


def _unit(
    scored: Scored,
    one: AssessedResult,
    names: Mapping[str, str],
    items: Mapping[str, list[Mapping[str, str]]],
    previous: Mapping[str, Mapping[str, Any]],
) -> UnitResult:
    spell = scored.assessment.spell
    rules = scored.scheme.consequences
    per_cent = one.coverage * 100
    return UnitResult(
        code=one.unit,
        name=names[one.unit],
        category=one.category,
        status=one.status,
        total=spell(one.total),
        rank=one.rank,
        of=one.of,
        grade=one.grade,
        adjustments=spell(one.adjustments),
        coverage_percent=print_fact(per_cent / 100),
        in_bottom=one.in_bottom,
        groups=dict(zip(scored.assessment.groups, map(spell, one.groups), strict=True)),
        scores=list(_channel_results(scored, one)),
        actions=[rules[position].action for position in one.consequences],
        undecided=[rules[position].action for position in one.undecided],
        items=items.get(one.unit, ()),
        previous=previous.get(one.unit),
        whole=_whole(scored, one.unit),
    )


def _whole(scored: Scored, code: str) -> WholeResult | None:
    whole, spell = scored.whole.get(code), scored.assessment.spell
    if whole is None:
        return None
    points = {key: spell(value) for key, value in whole.points.items()}
    return WholeResult(spell(whole.total), whole.rank, points, whole.review)


def _channel_results(scored: Scored, one: AssessedResult) -> Iterable[ChannelResult]:
    spell = scored.assessment.spell
    for key, points, status in zip(scored.assessment.channels, one.points, one.statuses, strict=True):
        score = scored.scores[key].get(one.unit)
        printed = print_facts(score.facts) if isinstance(score, Score) else {}
        yield ChannelResult(spell(points), status, getattr(score, "n", 0), printed)
