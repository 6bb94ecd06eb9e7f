"""One figure of the report: what was measured, beside what, and the goal it is held to."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value, its ratio to something plain of the same run, and whether its goal is met."""

    name: str
    value: str
    beside: str = ""
    goal: str = ""
    met: bool | None = None


def table(title: str, figures: Iterable[Figure]) -> str:
    """A Markdown table with columns of even width."""
    rows = [("measured", "value", "beside", "goal", "met")]
    rows += [
        (one.name, one.value, one.beside, one.goal, {None: "", True: "yes", False: "NO"}[one.met])
        for one in figures
    ]
    widths = [max(_width(row[at]) for row in rows) for at in range(5)]
    lines = [_line(row, widths) for row in rows]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([f"## {title}", "", lines[0], rule, *lines[1:], ""])


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    cells = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
    return f"| {' | '.join(cells)} |"


def _width(cell: str) -> int:
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in cell)
