"""A unit's page as plain values: each channel beside its category, and what else went into the total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from pingyi.channels import Text
from pingyi.domain.rounding import half_up_scaled, spell_scaled
from pingyi.domain.scheme.values import ChannelPlan
from pingyi.registry import Registry
from pingyi.services.periods.adjustments import ADJUSTMENT_TITLES
from pingyi.services.results.result import ChannelResult, Result, UnitResult, points_of
from pingyi.site.board import BoardLine, BoardPart, board_of, part_points, parts_of, thousandths
from pingyi.site.labels import STATUS_TITLES, ordered_facts


@dataclass(frozen=True, slots=True)
class ChannelLine:
    """A unit on one channel; `mean` and `median` over the rated units of its category, half-up.

    `whole`: the points with held evidence counted, None where they are the same.
    """

    plan: ChannelPlan
    score: ChannelResult
    mean: str
    median: str
    bar: int
    marker: int | None
    status: Text
    facts: tuple[tuple[Text, Text], ...]
    whole: str | None


@dataclass(frozen=True, slots=True)
class PartLines:
    """A part of the total with its channels; `points` "" where nothing was rated."""

    part: BoardPart
    points: str
    channels: tuple[ChannelLine, ...]


@dataclass(frozen=True, slots=True)
class AdjustmentLine:
    """An adjustment as it is shown; `applied` is False for one that is listed only."""

    title: Text
    points: str
    reason: str
    document: str
    applied: bool


@dataclass(frozen=True, slots=True)
class UnitCard:
    """Everything the page of one unit shows."""

    line: BoardLine
    category_title: Text
    parts: tuple[PartLines, ...]
    adjustments: tuple[AdjustmentLine, ...]
    evidence: int
    rated: int


def unit_card(result: Result, unit: UnitResult, registry: Registry) -> UnitCard:
    """Lay out one unit; `result` holds its whole category, `registry` the channels that title their facts."""
    category = result.scheme.category(unit.category)
    if category is None:
        raise LookupError(f"category {unit.category} is not in its scheme")
    board = board_of(result, category)
    peers = [line.unit for line in (*board.ranked, *board.unranked)]
    line = next(line for line in (*board.ranked, *board.unranked) if line.unit.code == unit.code)
    parts = tuple(
        PartLines(
            part,
            part_points(part, unit),
            tuple(_channel(result, unit, peers, p, registry) for p in part.channels),
        )
        for part in parts_of(result.scheme)
    )
    return UnitCard(
        line=line,
        category_title=category.title,
        parts=parts,
        adjustments=tuple(adjustment_line(item) for item in unit.items),
        evidence=sum(score.n or 0 for score in unit.scores),
        rated=sum(bool(score.points) for score in unit.scores),
    )


def _channel(
    result: Result, unit: UnitResult, peers: Sequence[UnitResult], position: int, registry: Registry
) -> ChannelLine:
    plan, score = result.scheme.channels[position], unit.scores[position]
    rated = [points for peer in peers if (points := points_of(peer.scores[position].points)) is not None]
    values = [Fraction(points) for points in rated]
    mean = sum(values, Fraction(0)) / len(values) if values else None
    points = points_of(score.points)
    return ChannelLine(
        plan=plan,
        score=score,
        mean=_spell(mean, result.scheme.decimals),
        median=_spell(_median(values), result.scheme.decimals),
        bar=0 if points is None else thousandths(points, plan.max_points),
        marker=None if mean is None else int(mean * 1000 / Fraction(plan.max_points)),
        status=STATUS_TITLES.get(score.status, Text(zh=score.status, en=score.status)),
        facts=tuple(ordered_facts(registry.installed(plan.plugin), score.facts, plan.settings)),
        whole=unit.whole.points.get(plan.key) if unit.whole else None,
    )


def _median(values: Sequence[Fraction]) -> Fraction | None:
    if not values:
        return None
    ordered, middle = sorted(values), len(values) // 2
    return ordered[middle] if len(values) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _spell(value: Fraction | None, decimals: int) -> str:
    if value is None:
        return ""
    return spell_scaled(half_up_scaled(value.numerator, value.denominator, decimals), decimals)


def adjustment_line(item: Mapping[str, str]) -> AdjustmentLine:
    """An item of a unit's adjustments in words."""
    kind, points = item.get("kind", ""), item.get("points", "")
    sign = "+" if kind == "bonus" else "−"
    return AdjustmentLine(
        title=ADJUSTMENT_TITLES.get(kind, Text(zh=kind, en=kind)),
        points=f"{sign}{points}" if points else "",
        reason=item.get("reason", ""),
        document=item.get("document", ""),
        applied=item.get("target") != "linked",
    )
