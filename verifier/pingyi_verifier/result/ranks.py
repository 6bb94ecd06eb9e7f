"""Ranks, grades and last places of one category."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pingyi_verifier.formulas.numbers import decimal
from pingyi_verifier.result.consecutive import in_every_period
from pingyi_verifier.result.last_places import last_places
from pingyi_verifier.result.lines import Line


def rank_members(scheme: Mapping[str, Any], snapshot: Mapping[str, Any], members: Sequence[Line]) -> None:
    """Ranks, grades and last places of one category."""
    ranked = [line for line in members if line.ranked]
    totals = sorted((line.total or 0 for line in ranked), reverse=True)
    better = {total: totals.index(total) for total in set(totals)}  # units with a higher total
    if scheme["policies"]["ties"] == "dense":
        ranks = {total: place for place, total in enumerate(sorted(better, reverse=True), 1)}
    else:
        ranks = {total: above + 1 for total, above in better.items()}
    grades = grades_of(scheme, better, len(totals))
    for line in ranked:
        at = line.total or 0
        line.rank, line.of, line.grade = ranks[at], len(ranked), grades.get(at, "")
    overridden = sum(bool(line.override) for line in members)
    ties = {row[1]: row[4] for row in snapshot["decisions"] if row[0] == "tie"}
    for rule in scheme.get("consequences", []):
        when = rule["when"]
        k = when["k"] - (overridden if when.get("overrides_use_places") else 0)
        inside, waiting = last_places(scheme, ranked, max(k, 0), ties)
        inside, waiting = in_every_period(snapshot, inside, waiting, when, ties)
        for line in ranked:
            if line.code in inside:
                line.proposed.append(rule["action"])
            if line.code in waiting:
                line.undecided.append(rule["action"])


def grades_of(scheme: Mapping[str, Any], better: Mapping[int, int], ranked: int) -> dict[int, str]:
    """Total -> grade: by lower bounds, or by shares of the places with equal totals in the better grade."""
    table = scheme.get("grades")
    if table is None:
        return {}
    if table.get("from"):
        scale = 10 ** scheme["decimals"]
        bounds = [(key, decimal(bound) * scale) for key, bound in table["from"].items()]
        return {total: next(key for key, bound in bounds if total >= bound) for total in better}
    graded: dict[int, str] = {}
    upto, keys = 0, list(table["shares"])
    for key in keys:
        upto += int(decimal(table["shares"][key]) * ranked)
        for total, above in better.items():
            if total not in graded and (key == keys[-1] or above < upto):
                graded[total] = key
    return graded
