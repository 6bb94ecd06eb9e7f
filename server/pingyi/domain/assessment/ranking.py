"""Ranks on the published total inside one category (method.md 1.8 and 2.7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pingyi.domain.scheme.values import TiePolicy


def ranks_of(totals: Iterable[int], ties: TiePolicy) -> dict[int, int]:
    """The rank of every total, highest first.

    Competition ranks count the better units (1 2 2 4), dense ranks the better totals (1 2 2 3).
    """
    ranks: dict[int, int] = {}
    better = 0
    for place, (total, equal) in enumerate(sorted(Counter(totals).items(), reverse=True), start=1):
        ranks[total] = place if ties == "dense" else better + 1
        better += equal
    return ranks
