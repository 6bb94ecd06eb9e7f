"""The same scores with held evidence counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from pingyi_verifier.formulas.channels import FAMILIES
from pingyi_verifier.record.bundle import Bundle
from pingyi_verifier.report.sentences import Text, UnfitError
from pingyi_verifier.result.lines import NOT_SUBMITTED, Rated
from pingyi_verifier.result.scores import scores_or_fault, take_over_vetoes


def score_whole(bundle: Bundle, key: str) -> dict[str, Rated] | Text | None:
    """The same with held evidence counted; None where nothing is held on this channel too."""
    family, standings = FAMILIES.get(bundle.plans[key]["plugin"]), bundle.snapshot["counters"].get(key, {})
    if family is None or not standings.get("held"):
        return None
    whole = {**bundle.snapshot, "counters": {key: {"counted": with_held(standings)}}}
    return scores_or_fault(family, bundle.plans[key], whole)


def with_held(standings: Mapping[str, Mapping[str, Mapping[str, int]]]) -> dict[str, dict[str, int]]:
    """Counted and held counters of a channel in one, by unit."""
    together: dict[str, Counter[str]] = {}
    for standing in ("counted", "held"):
        for unit, counts in standings.get(standing, {}).items():
            together.setdefault(unit, Counter()).update(counts)
    sums = {unit: {name: n for name, n in counts.items() if n} for unit, counts in together.items()}
    return {unit: counts for unit, counts in sums.items() if counts}


def score_all_whole(
    bundle: Bundle,
    computed: Mapping[str, Any],
    scores: Mapping[str, dict[str, Rated]],
    printed: Mapping[str, Any],
) -> dict[str, dict[str, Rated]]:
    """Every channel's scores with held evidence counted; those of foreign channels as they are printed."""
    if wrong := next((score for score in computed.values() if isinstance(score, Text)), None):
        raise UnfitError(*wrong)
    whole = {key: score if computed[key] is None else computed[key] for key, score in scores.items()}
    foreign = [key for key in scores if bundle.plans[key]["plugin"] not in FAMILIES]
    if not any(held_on(bundle, key) for key in foreign):
        return whole
    for key in foreign:
        whole[key] = {unit["unit"]: printed_whole(bundle, unit, key) for unit in printed["units"]}
    held = frozenset().union(*(held_on(bundle, key) for key in foreign))
    outside = [
        {"unit": unit["unit"], "status": "veto"}
        for unit in printed["units"]
        if unit["all_rank"] is None and (unit["status"] == "veto" or held & {"", unit["unit"]})
    ]
    take_over_vetoes(whole, foreign, bundle.snapshot, {"units": outside})
    return whole


def held_on(bundle: Bundle, key: str) -> frozenset[str]:
    """The units of which something is held on a channel; "" stands for the channel as a whole."""
    return frozenset(bundle.snapshot["counters"].get(key, {}).get("held", {}))


def printed_whole(bundle: Bundle, unit: Mapping[str, Any], key: str) -> Rated:
    """A foreign channel's score with held evidence counted, as results.json prints it."""
    points = unit["channels"][key]["points"]
    if held_on(bundle, key) & {"", unit["unit"]}:
        points = unit["all_points"].get(key, points)
    return Rated(None, "ok" if points else NOT_SUBMITTED, printed=points)
