"""From scores to points, totals, ranks, grades and proposed consequences: one pure function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import repeat
from typing import cast

from pingyi.domain.assessment.adjustments import Applied, Override, adjusted, applied_adjustments
from pingyi.domain.assessment.consequences import Choices
from pingyi.domain.assessment.points import ChannelColumn, channel_column
from pingyi.domain.assessment.standings import Standings, notices_of, standings_of
from pingyi.domain.assessment.switched_off import categories_off, switch_off_choices, switch_off_proposals
from pingyi.domain.assessment.totals import Layout, Totals, add_up, layout_of
from pingyi.domain.assessment.values import (
    AssessedUnit,
    Assessment,
    Inputs,
    Proposal,
    ResultStatus,
    UnitResult,
)
from pingyi.domain.rounding import half_up_scaled
from pingyi.domain.scheme.values import Scheme

UNRANKED = -1
Positions = Mapping[str, Sequence[int]]
Row = tuple[tuple[int | None, ...], tuple[str, ...], tuple[int | None, ...]]


def assess(scheme: Scheme, inputs: Inputs) -> Assessment:
    """Assess every unit of a frozen period (method.md 2.3 to 2.8). Pure: same inputs, same result.

    Raises ValueError on a rate outside [0, 1].
    """
    categories = _positions(inputs)
    choices = switch_off_choices(inputs.decisions)
    board = _board(scheme, inputs, categories, categories_off(choices))
    ties = _tie_choices(inputs)
    standings = {key: _standings(scheme, inputs, board, units, ties) for key, units in categories.items()}
    units = _results(scheme, inputs, board, standings)
    return Assessment(
        decimals=scheme.decimals,
        channels=tuple(channel.key for channel in scheme.channels),
        groups=tuple(group.key for group in scheme.groups),
        units=units,
        proposals=_proposals(scheme, units),
        switch_offs=tuple(switch_off_proposals(scheme.channels, board.channels, categories, choices)),
        notices=tuple(
            notice for key, one in standings.items() for notice in notices_of(scheme, key, one.ranked)
        ),
    )


@dataclass(frozen=True, slots=True)
class _Board:
    """All columns of an assessment over the units, before ranking."""

    channels: Sequence[ChannelColumn]
    sums: Totals
    applied: Sequence[Applied]
    totals: Sequence[int | None]
    coverage: Sequence[Fraction]
    overrides: Sequence[Override | None]
    eligible: Sequence[bool]


def _positions(inputs: Inputs) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for position, unit in enumerate(inputs.units):
        found.setdefault(unit.category, []).append(position)
    return found


def _board(
    scheme: Scheme, inputs: Inputs, categories: Positions, off: Mapping[str, frozenset[str]]
) -> _Board:
    layout = layout_of(scheme)
    channels = _channel_columns(scheme, inputs, off)
    there = [
        [units for key, units in categories.items() if key not in off.get(channel.key, ())]
        for channel in scheme.channels
    ]
    sums = add_up(layout, [column.points for column in channels], policy=scheme.policies.missing, there=there)
    by_unit = applied_adjustments(
        inputs.adjustments, bonus_cap=scheme.policies.bonus_cap, decimals=scheme.decimals
    )
    applied = [by_unit.get(unit.code, Applied()) for unit in inputs.units]
    full_marks = half_up_scaled(*scheme.full_marks.as_integer_ratio(), scheme.decimals)
    totals = [adjusted(total, one, full_marks) for total, one in zip(sums.totals, applied, strict=True)]
    coverage = _coverage(layout, channels)
    overrides = _overrides(channels, applied)
    least = Fraction(scheme.policies.min_coverage) / 100
    eligible = [
        total is not None and override is None and covered >= least
        for total, override, covered in zip(totals, overrides, coverage, strict=True)
    ]
    return _Board(channels, sums, applied, totals, coverage, overrides, eligible)


def _channel_columns(
    scheme: Scheme, inputs: Inputs, off: Mapping[str, frozenset[str]]
) -> list[ChannelColumn]:
    return [
        channel_column(
            channel,
            inputs.scores.get(channel.key, {}),
            inputs.units,
            decimals=scheme.decimals,
            off_in=off.get(channel.key, frozenset()),
        )
        for channel in scheme.channels
    ]


def _coverage(layout: Layout, channels: Sequence[ChannelColumn]) -> list[Fraction]:
    whole = Fraction(1)
    shares: dict[int, Fraction] = {}
    covered: list[Fraction] = []
    for row in zip(*(column.points for column in channels), strict=True):
        if None not in row:
            covered.append(whole)
            continue
        weight = sum(w for points, w in zip(row, layout.channel_weights, strict=True) if points is not None)
        if weight not in shares:
            shares[weight] = Fraction(weight, layout.full_weight)
        covered.append(shares[weight])
    return covered


def _overrides(channels: Sequence[ChannelColumn], applied: Sequence[Applied]) -> list[Override | None]:
    vetoed = frozenset().union(*(column.vetoes for column in channels))
    return [one.override or ("veto" if position in vetoed else None) for position, one in enumerate(applied)]


def _standings(
    scheme: Scheme, inputs: Inputs, board: _Board, units: Sequence[int], choices: Choices
) -> Standings:
    ranked = {inputs.units[unit].code: unit for unit in units if board.eligible[unit]}
    columns = _tie_break_columns(scheme, board)
    return standings_of(
        scheme,
        {code: cast("int", board.totals[unit]) for code, unit in ranked.items()},
        overridden=sum(board.overrides[unit] is not None for unit in units),
        tie_break=lambda code: [column[ranked[code]] for column in columns],
        choices=choices,
        previous=inputs.previous,
    )


def _tie_break_columns(scheme: Scheme, board: _Board) -> list[Sequence[int | None]]:
    columns: dict[str, Sequence[int | None]] = {
        channel.key: column.points for channel, column in zip(scheme.channels, board.channels, strict=True)
    }
    columns |= {group.key: column for group, column in zip(scheme.groups, board.sums.groups, strict=True)}
    return [columns[key] for key in scheme.policies.tie_break]


def _tie_choices(inputs: Inputs) -> Choices:
    ties = (decision for decision in inputs.decisions if decision.kind == "tie")
    return {decision.unit: "in" if decision.choice == "in" else "out" for decision in ties}


def _results(
    scheme: Scheme, inputs: Inputs, board: _Board, standings: Mapping[str, Standings]
) -> tuple[UnitResult, ...]:
    points = zip(*(column.points for column in board.channels), strict=True)
    statuses = zip(*(column.statuses for column in board.channels), strict=True)
    groups = zip(*board.sums.groups, strict=True) if scheme.groups else repeat(())
    rows = zip(points, statuses, groups, strict=False)
    return tuple(
        _result(board, standings[unit.category], position, unit, row)
        for position, (unit, row) in enumerate(zip(inputs.units, rows, strict=True))
    )


def _result(board: _Board, standings: Standings, position: int, unit: AssessedUnit, row: Row) -> UnitResult:
    points, statuses, groups = row
    total, ranked = board.totals[position], board.eligible[position]
    published = total if total is not None and ranked else UNRANKED
    falls, waits = standings.rules_on(unit.code)
    return UnitResult(
        unit=unit.code,
        category=unit.category,
        points=points,
        statuses=statuses,
        groups=groups,
        adjustments=board.applied[position].points,
        total=total,
        rank=standings.ranks.get(published),
        of=standings.ranked if ranked else None,
        grade=standings.grades.get(published, ""),
        status=board.overrides[position] or _status(ranked=ranked, waits=bool(waits)),
        coverage=board.coverage[position],
        in_bottom=unit.code in standings.last,
        consequences=falls,
        undecided=waits,
    )


def _status(*, ranked: bool, waits: bool) -> ResultStatus:
    if not ranked:
        return "not_ranked"
    return "needs_decision" if waits else "ranked"


def _proposals(scheme: Scheme, units: Sequence[UnitResult]) -> tuple[Proposal, ...]:
    return tuple(
        Proposal(result.unit, scheme.consequences[rule].action, rule)
        for result in units
        for rule in result.consequences
    )
