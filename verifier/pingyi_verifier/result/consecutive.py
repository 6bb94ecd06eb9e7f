"""Last places over several periods."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pingyi_verifier.result.last_places import Codes


def in_every_period(
    snapshot: Mapping[str, Any],
    inside: Codes,
    waiting: Codes,
    when: Mapping[str, Any],
    ties: Mapping[str, str],
) -> tuple[Codes, Codes]:
    """Of the last k now, those who were so in each of the periods before, where a rule wants several."""
    before = when.get("consecutive", 1) - 1
    if not before:
        return inside, waiting
    periods: dict[str, dict[str, tuple[Any, Any, Any]]] = {}
    for earlier, unit, category, _, rank, of in snapshot["previous"]:
        periods.setdefault(earlier, {})[unit] = (category, rank, of)
    if len(periods) < before:
        return set(), set()
    newest = [periods[key] for key in sorted(periods, key=natural)[-before:]]
    members: Codes = set()
    undecided: Codes = set()
    for code in inside | waiting:
        places = {place_then(results, code, when["k"]) for results in newest}
        if "out" in places:
            continue
        unsettled = "tied" in places and code not in ties
        if code in waiting or unsettled:
            undecided.add(code)
        elif "tied" not in places or ties[code] == "in":
            members.add(code)
    return members, undecided


def place_then(results: Mapping[str, tuple[Any, Any, Any]], code: str, k: int) -> str:
    """Whether a unit was in the last k of its category in an earlier period, out, or tied at the cut."""
    category, rank, of = results.get(code, ("", None, None))
    if rank is None or of is None:
        return "out"
    ranks = [other[1] for other in results.values() if other[0] == category and other[1] is not None]
    better = sum(other < rank for other in ranks) if len(ranks) == of else rank - 1
    if of - better <= k:
        return "in"
    return "tied" if of - better - ranks.count(rank) < k else "out"


def natural(key: str) -> list[tuple[str, int]]:
    """Keys in the order of their numbers, 2017-9 before 2017-10: pairs of text and the digits behind it."""
    pairs = re.findall(r"(\D*)(\d*)", key)
    return [(text, int(digits) if digits else -1) for text, digits in pairs if text or digits]
