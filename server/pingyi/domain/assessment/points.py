"""Points of a channel: the exact rate times its maximum, rounded once (method.md 2.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from pingyi.domain.assessment.values import NOT_SUBMITTED, SWITCHED_OFF, AssessedUnit, Rated
from pingyi.domain.scheme.values import ChannelPlan

Column = list[int | None]


@dataclass(frozen=True, slots=True)
class ChannelColumn:
    """One channel over all units in order: points in units of 10**-decimals, statuses, vetoed positions."""

    points: Column
    statuses: list[str]
    vetoes: frozenset[int]


def channel_column(
    channel: ChannelPlan,
    scores: Mapping[str, Rated],
    units: Sequence[AssessedUnit],
    *,
    decimals: int,
    off_in: frozenset[str] = frozenset(),
) -> ChannelColumn:
    """Score every unit on one channel; in the categories of `off_in` the channel does not exist.

    Raises ValueError on a rate outside [0, 1].
    """
    full, parts = (Fraction(channel.max_points) * int(10**decimals)).as_integer_ratio()
    points: Column = []
    statuses: list[str] = []
    vetoes: set[int] = set()
    for position, unit in enumerate(units):
        scored = scores.get(unit.code)
        if scored is None or unit.category in off_in:
            points.append(None)
            statuses.append(SWITCHED_OFF if unit.category in off_in else NOT_SUBMITTED)
            continue
        if scored.veto:
            vetoes.add(position)
        statuses.append(scored.status)
        rate = scored.rate
        if rate is None:
            points.append(None)
            continue
        numerator, denominator = rate.as_integer_ratio()
        if not 0 <= numerator <= denominator:
            raise ValueError(f"the rate of {unit.code} on {channel.key} is outside 0 to 1: {rate}")
        denominator *= parts
        points.append((2 * numerator * full + denominator) // (2 * denominator))
    return ChannelColumn(points, statuses, frozenset(vetoes))
