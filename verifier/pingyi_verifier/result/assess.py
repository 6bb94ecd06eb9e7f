"""The whole result, as results.json prints it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pingyi_verifier.formulas.numbers import decimal, shortest
from pingyi_verifier.result.adjustments import adjust, adjustments_by_unit
from pingyi_verifier.result.document import unit_document
from pingyi_verifier.result.lines import Line, Rated
from pingyi_verifier.result.notices import notices, switch_off_proposals
from pingyi_verifier.result.points import give_points
from pingyi_verifier.result.ranks import rank_members
from pingyi_verifier.result.totals import add_up


def assess(
    scheme: Mapping[str, Any], snapshot: Mapping[str, Any], scores: Mapping[str, Mapping[str, Rated]]
) -> dict[str, Any]:
    """The document that results.json prints: scores[channel][unit]; a unit without one did not submit."""
    lines = [Line(code, name, category) for code, name, category, *_ in snapshot["units"]]
    choices = {(row[3], row[2]): row[4] for row in snapshot["decisions"] if row[0] == "switch_off"}
    off = {matter for matter, choice in choices.items() if choice == "yes"}
    maxima = {plan["key"]: decimal(plan["max_points"]) for plan in scheme["channels"]}
    for line in lines:
        give_points(scheme, line, maxima, scores, off)
    add_up(scheme, lines, off)
    adjustments = adjustments_by_unit(snapshot)
    adjust(scheme, lines, adjustments)
    categories: dict[str, list[Line]] = {}
    for line in lines:
        categories.setdefault(line.category, []).append(line)
    for members in categories.values():
        rank_members(scheme, snapshot, members)
    order = {table["key"]: position for position, table in enumerate(scheme["categories"])}
    listed = sorted(lines, key=lambda line: (order[line.category], line.rank is None, line.rank or 0))
    return {
        "scheme": scheme["key"],
        "full_marks": shortest(scheme["full_marks"]),
        "decimals": scheme["decimals"],
        "channels": {plan["key"]: shortest(plan["max_points"]) for plan in scheme["channels"]},
        "units": [unit_document(scheme, line, adjustments[line.code]) for line in listed],
        "switch_off_proposals": switch_off_proposals(scheme, categories, choices),
        "notices": [
            notice for key, members in categories.items() for notice in notices(scheme, key, members)
        ],
    }


def add_whole(document: Mapping[str, Any], whole: Mapping[str, Any]) -> None:
    """Beside each unit's result the one with held evidence counted; review where the ranks differ."""
    others = {unit["unit"]: unit for unit in whole["units"]}
    for unit in document["units"]:
        other = others[unit["unit"]]
        unit["all_total"], unit["all_rank"] = other["total"], other["rank"]
        unit["all_points"] = {
            key: other["channels"][key]["points"]
            for key, cell in unit["channels"].items()
            if cell["points"] != other["channels"][key]["points"]
        }
        unit["review"] = unit["rank"] != other["rank"]
