"""A unit in results.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pingyi_verifier.formulas.numbers import percent
from pingyi_verifier.result.adjustments import Adjustment
from pingyi_verifier.result.lines import Line, spell


def unit_document(scheme: Mapping[str, Any], line: Line, adjustments: Sequence[Adjustment]) -> dict[str, Any]:
    """A unit's line as results.json prints it."""
    decimals = scheme["decimals"]
    status = "needs_decision" if line.undecided else "ranked"
    return {
        "unit": line.code,
        "name": line.name,
        "category": line.category,
        "status": line.override or (status if line.ranked else "not_ranked"),
        "total": spell(line.total, decimals),
        "rank": line.rank,
        "of": line.of,
        "grade": line.grade,
        "adjustments": spell(line.adjustment, decimals),
        "adjustment_items": [item_document(one) for one in adjustments],
        "coverage_percent": percent(line.coverage),
        "proposed_actions": line.proposed,
        "undecided_actions": line.undecided,
        "groups": {key: spell(points, decimals) for key, points in line.groups.items()},
        "channels": {
            key: {
                "points": spell(line.points[key], decimals),
                "status": cell.status,
                "n": cell.n,
                "facts": dict(cell.facts),
            }
            for key, cell in line.cells.items()
        },
    }


def item_document(adjustment: Adjustment) -> dict[str, str]:
    """An adjustment below its unit: every column but the unit's, none of them null."""
    columns = adjustment._asdict()
    del columns["unit"]
    return {name: value or "" for name, value in columns.items()}
