"""A row of an entries file, and an entry of the record as such a row: cells compared as text.

A row is one text, which two rows share only if they have the same cells, one for each column of the file.
"""

from __future__ import annotations

import json
from typing import Any

from pingyi_verifier.record.bundle import Reader

BETWEEN = "\x1f"
NOT_SHOWN = f"{BETWEEN}\x1e{BETWEEN}"  # stands behind an entry of which no column shows some value
PLAIN = frozenset((str, int))


def row_of(cells: list[str]) -> str:
    """The cells as one text; with the mark between cells inside one, in a spelling that no other row has."""
    row = BETWEEN.join(cells)
    if row.count(BETWEEN) < len(cells) or not cells:
        return row
    return BETWEEN * len(cells) + json.dumps(cells)


def row_of_entry(values: dict[str, Any], reader: Reader) -> str:
    """An entry's cells in the order of the columns; `NOT_SHOWN` behind them where no column shows a value."""
    if values.keys() <= reader.known:
        cells = [values.get(column, "") for column in reader.columns]
        kinds = set(map(type, cells))
        if kinds <= PLAIN:
            return row_of(list(map(str, cells)))
        if dict not in kinds:
            return row_of([cell if type(cell) is str else spelt(cell) for cell in cells])
    by_column: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            by_column |= {f"{name}.{key}": spelt(cell) for key, cell in value.items()}
        else:
            by_column[name] = spelt(value)
    left_out = any(cell for column, cell in by_column.items() if column not in reader.known)
    return row_of([by_column.get(column, "") for column in reader.columns]) + (NOT_SHOWN if left_out else "")


def spelt(value: Any) -> str:
    """A value as a cell."""
    if value is None:
        return ""
    return ("false", "true")[value] if isinstance(value, bool) else str(value)


def shown_row(row: str) -> str:
    """A row for a person to read."""
    shown = row.removesuffix(NOT_SHOWN).replace(BETWEEN, ",")
    return f"{shown} …" if row.endswith(NOT_SHOWN) else shown
