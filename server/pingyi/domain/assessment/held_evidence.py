"""The second ranking: what a result comes to where held evidence counts like the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pingyi.domain.assessment.values import Assessment

COUNTED, HELD = "counted", "held"
Counters = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class WholeResult:
    """A unit with held evidence counted: total, rank, and points on the channels where they are others.

    Whole numbers of 10**-decimals as in `Assessment`. `review`: the rank is not that of the counted evidence.
    """

    total: int | None
    rank: int | None
    points: Mapping[str, int | None]
    review: bool


def with_held(standings: Mapping[str, Counters]) -> Counters:
    """A channel's counted counters with its held ones added, unit code -> name -> amount; no zeros."""
    counted = standings.get(COUNTED, {})
    added = {code: _sum(counted.get(code, {}), counts) for code, counts in standings.get(HELD, {}).items()}
    return {code: counts for code, counts in {**counted, **added}.items() if counts}


def _sum(counted: Mapping[str, int], held: Mapping[str, int]) -> dict[str, int]:
    total = {name: counted.get(name, 0) + amount for name, amount in held.items()}
    return {name: amount for name, amount in {**counted, **total}.items() if amount}


def compare(clean: Assessment, whole: Assessment) -> dict[str, WholeResult]:
    """By unit code, what the assessment with held evidence says beside the one without."""
    found: dict[str, WholeResult] = {}
    for one, other in zip(clean.units, whole.units, strict=True):
        pairs = zip(clean.channels, one.points, other.points, strict=True)
        found[one.unit] = WholeResult(
            total=other.total,
            rank=other.rank,
            points={key: points for key, before, points in pairs if before != points},
            review=one.rank != other.rank,
        )
    return found
