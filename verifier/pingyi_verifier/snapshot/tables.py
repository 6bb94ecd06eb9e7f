"""The tables beside the snapshot: units, rolls, adjustments, decisions and earlier results.

A cell is text and says the same only where it is the same text: 007 is not 7. Only in the columns that hold
numbers, and nowhere else, 1.50 says the same as 1.5.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from pingyi_verifier.folder.csv_tables import read_rows
from pingyi_verifier.formulas.numbers import shortest
from pingyi_verifier.report.sentences import Text

PLAIN_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?")
Cells = tuple[str, ...]


class Table(NamedTuple):
    """A table: its columns as the snapshot's rows have them, which hold numbers, whether order counts."""

    name: str
    columns: Cells
    numbers: frozenset[str] = frozenset()
    in_order: bool = False

    @property
    def file(self) -> str:
        return f"{self.name}.csv"


TABLES = (
    Table("units", ("code", "name", "category", "subordination", "superior"), in_order=True),
    Table("rolls", ("channel", "name", "stratum", "count"), frozenset({"count"})),
    Table("adjustments", ("unit", "kind", "points", "target", "reason", "document"), frozenset({"points"})),
    Table("decisions", ("kind", "unit", "channel", "category", "choice", "reason")),
    Table(
        "previous",
        ("period", "unit", "category", "total", "rank", "of"),
        frozenset({"total", "rank", "of"}),
    ),
)
IF_EMPTY = {"target": "total"}


def wrong_tables(files: Mapping[str, bytes], snapshot: Mapping[str, Any]) -> list[Text]:
    """The tables that do not say what the frozen snapshot says."""
    faults = []
    for table in TABLES:
        printed, frozen = printed_rows_of(table, files), frozen_rows_of(table, snapshot)
        if printed != frozen if table.in_order else Counter(printed) != Counter(frozen):
            more, fewer = Counter(printed) - Counter(frozen), Counter(frozen) - Counter(printed)
            faults.append(unlike_snapshot(table.file, first_of(more), first_of(fewer)))
    return faults


def printed_rows_of(table: Table, files: Mapping[str, bytes]) -> list[Cells]:
    """The rows of a file; a missing file has none, a missing column is empty."""
    if table.file not in files:
        return []
    return [
        tuple(cell_of(table, column, row.get(column) or IF_EMPTY.get(column, "")) for column in table.columns)
        for row in read_rows(files[table.file], table.file)
    ]


def frozen_rows_of(table: Table, snapshot: Mapping[str, Any]) -> list[Cells]:
    """The rows of the snapshot."""
    return [
        tuple(cell_of(table, column, value) for column, value in zip(table.columns, row, strict=True))
        for row in snapshot[table.name]
    ]


def cell_of(table: Table, column: str, value: Any) -> str:
    """A cell as it is compared; null is empty."""
    if column in table.numbers:
        return number_cell(value)
    if value is not None and type(value) is not str:
        raise TypeError(f"{column} is not text")
    return value or ""


def number_cell(value: Any) -> str:
    """A number in its shortest spelling; whatever else stands in its place is compared as text."""
    if value is None:
        return ""
    plain = type(value) is int or (type(value) is str and PLAIN_NUMBER.fullmatch(value))
    return shortest(value) if plain else str(value)


def first_of(rows: Counter[Cells]) -> str:
    return ",".join(next(iter(rows), ()))


def unlike_snapshot(name: str, printed: str, frozen: str) -> Text:
    """What a file says and what the snapshot says; nothing of either where only their order differs."""
    if not printed and not frozen:
        zh, en = "内容或次序不同", "content or order differ"
    else:
        zh = f"文件为“{printed or '—'}”，快照为“{frozen or '—'}”"
        en = f"file: {printed or '—'}; snapshot: {frozen or '—'}"
    return Text(
        zh=f"{name} 与冻结的快照不符：{zh}。", en=f"{name} does not say what the frozen snapshot says: {en}."
    )
