"""The last places of a category, and who is tied at the cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pingyi_verifier.result.lines import Line

Codes = set[str]


def last_places(
    scheme: Mapping[str, Any], ranked: Sequence[Line], k: int, ties: Mapping[str, str]
) -> tuple[Codes, Codes]:
    """The last k, and those tied at the cut for whom a person has to decide."""
    inside: Codes = set()
    for tied in tied_together({line.code: line.total or 0 for line in ranked}):
        if len(inside) == k:
            break
        if len(tied) <= k - len(inside):
            inside |= set(tied)
            continue
        still = tied
        for key in scheme["policies"]["tie_break"]:
            values = {line.code: (line.points | line.groups)[key] for line in ranked if line.code in still}
            if None in values.values():
                continue  # what one of them lacks cannot compare them
            for equal in tied_together({code: points or 0 for code, points in values.items()}):
                if len(equal) > k - len(inside):
                    still = equal
                    break
                inside |= set(equal)
            if len(inside) == k:
                return inside, set()
        return by_choice(inside, still, k - len(inside), ties)
    return inside, set()


def tied_together(values: Mapping[str, int]) -> list[list[str]]:
    """Units of equal value together, the lowest first."""
    return [[c for c in values if values[c] == value] for value in sorted(set(values.values()))]


def by_choice(inside: Codes, tied: Sequence[str], left: int, ties: Mapping[str, str]) -> tuple[Codes, Codes]:
    """A person's decisions on a tie, and what must follow from them."""
    chosen = {code for code in tied if ties.get(code) == "in"}
    still = {code for code in tied if code not in ties}
    left -= len(chosen)
    if left <= 0:
        return inside | chosen, set()
    if len(still) <= left:
        return inside | chosen | still, set()
    return inside | chosen, still
