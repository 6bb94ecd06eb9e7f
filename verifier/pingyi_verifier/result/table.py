"""results.csv: the result as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any


def results_csv(scheme: Mapping[str, Any], document: Mapping[str, Any]) -> bytes:
    """results.csv: the same as a table, one row per unit."""
    keys = [plan["key"] for plan in scheme["channels"]]
    units = document["units"]
    facts = {key: sorted({name for unit in units for name in unit["channels"][key]["facts"]}) for key in keys}
    groups = [group["key"] for group in scheme.get("groups", [])]
    header = ["category", "unit", "name"]
    for key in keys:
        header += [key, f"{key}.n", f"{key}.status", *(f"{key}.{name}" for name in facts[key])]
    header += [*groups, "adjustments", "total", "rank", "of", "rank_low", "rank_high"]
    header += ["label", "grade", "status"]
    both = any("all_rank" in unit for unit in units)
    header += ["all_total", "all_rank", "review"] if both else []
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(header)
    for unit in units:
        row = [unit["category"], unit["unit"], unit["name"]]
        for key in keys:
            cell = unit["channels"][key]
            row += [
                cell["points"],
                cell["n"],
                cell["status"],
                *(cell["facts"].get(n, "") for n in facts[key]),
            ]
        row += [unit["groups"][key] for key in groups]
        row += [unit["adjustments"], unit["total"], unit["rank"], unit["of"], "", "", ""]
        row += [unit["grade"], unit["status"]]
        row += [unit["all_total"], unit["all_rank"], "true" if unit["review"] else "false"] if both else []
        table.writerow(row)
    return out.getvalue().encode()
