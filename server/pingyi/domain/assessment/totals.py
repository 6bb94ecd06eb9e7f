"""Sums of points over groups up to the total, by the scheme's policy for missing channels (method.md 2.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import cast

from pingyi.domain.assessment.points import Column
from pingyi.domain.rounding import half_up_scaled
from pingyi.domain.scheme.values import MissingPolicy, Scheme

TOP = ""
Members = Mapping[str, Sequence[int]]
Combine = Callable[[Sequence[Column], Sequence[int], int], Column]


@dataclass(frozen=True, slots=True)
class Layout:
    """A scheme as positions: which channels and groups each group sums, innermost first.

    Weights are the maximum points as whole numbers over one common denominator; only their ratios matter.
    """

    group_keys: tuple[str, ...]
    inward_first: tuple[int, ...]
    channels_of: Members
    groups_of: Members
    channel_weights: tuple[int, ...]
    group_weights: tuple[int, ...]

    @property
    def full_weight(self) -> int:
        """The weight of full_marks."""
        return sum(self.channel_weights)


@dataclass(frozen=True, slots=True)
class Totals:
    """Group points by the scheme's order of groups, and totals; each a column over the units."""

    groups: list[Column]
    totals: Column


def layout_of(scheme: Scheme) -> Layout:
    """Lay out the groups of a validated scheme."""
    group_keys = tuple(group.key for group in scheme.groups)
    parents = tuple(group.parent for group in scheme.groups)
    weights = _whole_weights([Fraction(channel.max_points) for channel in scheme.channels])
    group_weights = dict.fromkeys(group_keys, 0)
    for channel, weight in zip(scheme.channels, weights, strict=True):
        for key in _upwards(channel.group, scheme):
            group_weights[key] += weight
    depths = [len(list(_upwards(key, scheme))) for key in group_keys]
    return Layout(
        group_keys=group_keys,
        inward_first=tuple(sorted(range(len(group_keys)), key=lambda position: -depths[position])),
        channels_of=_members([channel.group for channel in scheme.channels]),
        groups_of=_members(parents),
        channel_weights=weights,
        group_weights=tuple(group_weights.values()),
    )


def add_up(
    layout: Layout,
    columns: Sequence[Column],
    *,
    policy: MissingPolicy,
    there: Sequence[Iterable[Sequence[int]]],
) -> Totals:
    """Sum the channels' columns to group points and totals, all in units of 10**-decimals.

    `there`: for each channel, the units of each category where it exists. Where it is switched off, its
    points are reallocated under any policy. Under `reallocate_flat` a group's points are those of its rated
    channels. A unit with nothing rated has no total.
    """
    if policy == "reallocate_flat":
        totals = _level(columns, layout.channel_weights, layout.full_weight)
        return Totals(_group_columns(layout, columns, _rated_sum), totals)
    filled = columns
    if policy != "reallocate":
        mean = policy == "category_mean"
        filled = [
            _filled(column, units, with_mean=mean) for column, units in zip(columns, there, strict=True)
        ]
    groups = _group_columns(layout, filled, _level)
    totals = _top(layout, filled, groups)
    return Totals(groups, totals) if filled is columns else _without_unrated(columns, Totals(groups, totals))


def _whole_weights(maxima: Sequence[Fraction]) -> tuple[int, ...]:
    denominator = lcm(*(maximum.denominator for maximum in maxima))
    return tuple(int(maximum * denominator) for maximum in maxima)


def _upwards(key: str, scheme: Scheme) -> Iterator[str]:
    parents = {group.key: group.parent for group in scheme.groups}
    while key != TOP:
        yield key
        key = parents[key]


def _members(owners: Sequence[str]) -> Members:
    found: dict[str, list[int]] = {}
    for position, owner in enumerate(owners):
        found.setdefault(owner, []).append(position)
    return found


def _level(columns: Sequence[Column], weights: Sequence[int], weight_of_all: int) -> Column:
    """Sum columns row by row; where cells are empty, raise what is there to the worth of all, half-up."""
    rows = cast("Iterable[tuple[int, ...]]", zip(*columns, strict=True))
    return [_reallocated(row, weights, weight_of_all) if None in row else sum(row) for row in rows]


def _reallocated(row: Sequence[int | None], weights: Sequence[int], weight_of_all: int) -> int | None:
    points = weight = 0
    for value, worth in zip(row, weights, strict=True):
        if value is not None:
            points += value
            weight += worth
    return (2 * points * weight_of_all + weight) // (2 * weight) if weight else None


def _rated_sum(columns: Sequence[Column], _weights: Sequence[int], _weight_of_all: int) -> Column:
    rows = zip(*columns, strict=True)
    return [sum(value for value in row if value is not None) if any_rated(row) else None for row in rows]


def any_rated(row: Iterable[int | None]) -> bool:
    """Whether a row holds any points."""
    return any(value is not None for value in row)


def _group_columns(layout: Layout, columns: Sequence[Column], combine: Combine) -> list[Column]:
    groups: list[Column] = [[] for _ in layout.group_keys]
    for position in layout.inward_first:
        members, weights = _members_of(layout, layout.group_keys[position], columns, groups)
        groups[position] = combine(members, weights, layout.group_weights[position])
    return groups


def _top(layout: Layout, columns: Sequence[Column], groups: Sequence[Column]) -> Column:
    members, weights = _members_of(layout, TOP, columns, groups)
    return _level(members, weights, layout.full_weight)


def _members_of(
    layout: Layout, key: str, columns: Sequence[Column], groups: Sequence[Column]
) -> tuple[list[Column], list[int]]:
    channels, inner = layout.channels_of.get(key, ()), layout.groups_of.get(key, ())
    members = [columns[position] for position in channels] + [groups[position] for position in inner]
    weights = [layout.channel_weights[position] for position in channels]
    return members, weights + [layout.group_weights[position] for position in inner]


def _without_unrated(columns: Sequence[Column], sums: Totals) -> Totals:
    rated = [any_rated(row) for row in zip(*columns, strict=True)]
    if all(rated):
        return sums
    blank = [
        [value if kept else None for value, kept in zip(column, rated, strict=True)]
        for column in (*sums.groups, sums.totals)
    ]
    return Totals(blank[:-1], blank[-1])


def _filled(column: Column, categories: Iterable[Sequence[int]], *, with_mean: bool) -> Column:
    """The column with the gaps of each category closed: with the mean of its rated units, or with 0."""
    filled = list(column)
    for units in categories:
        rated = [value for value in (column[unit] for unit in units) if value is not None]
        if len(rated) == len(units) or (with_mean and not rated):
            continue
        value = half_up_scaled(sum(rated), len(rated), 0) if with_mean else 0
        for unit in units:
            if column[unit] is None:
                filled[unit] = value
    return filled
