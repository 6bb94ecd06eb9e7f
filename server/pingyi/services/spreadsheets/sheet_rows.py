"""The rows of a sheet in the making: empty ends cut off, limits kept, each row encoded at once."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from pingyi.services.spreadsheets.sheet_cells import Cell, Merge, RefusedError
from pingyi.services.spreadsheets.writing.shields import unshielded

MAX_ROWS = 50_000
# A few rows above the data are titles and headings.
MAX_LINES = MAX_ROWS + 20
MAX_COLUMNS = 500
FIRST_LINES = 20
MOST_MERGES = 50_000
_EMPTY = msgspec.Raw(b"[]")


@dataclass
class SheetRows:
    """Takes rows by their number from 0; `most` rows, or all that a file may have."""

    name: str
    most: int = MAX_LINES
    rows: list[msgspec.Raw] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)
    whole: bool = True
    from_1904: bool = False

    def add(self, number: int, cells: list[Cell]) -> bool:
        """Keep a row that is not empty, without our shields; False once no more rows are asked for."""
        while cells and cells[-1] in _BLANK:
            cells.pop()
        if not cells:
            return True
        if len(cells) > MAX_COLUMNS:
            raise RefusedError("file_too_complex")
        if number >= self.most:
            if self.most == MAX_LINES:
                raise RefusedError("too_many_rows")
            self.whole = False
            return False
        self.rows.extend([_EMPTY] * (number - len(self.rows)))
        bare = [unshielded(cell) if isinstance(cell, str) else cell for cell in cells]
        self.rows.append(msgspec.Raw(_ENCODER.encode(bare)))
        return True

    def hide_row(self, number: int) -> None:
        """A row that people do not see."""
        if number < MAX_LINES:
            self.hidden_rows.append(number)

    def hide_columns(self, first: int, last: int) -> None:
        """Columns that people do not see."""
        self.hidden_columns.extend(range(first, min(last + 1, MAX_COLUMNS)))

    def merge(self, merge: Merge) -> None:
        """Cells that people see as one, by their corners."""
        top, left, bottom, right = merge
        if len(self.merges) < MOST_MERGES and top < MAX_LINES and left < MAX_COLUMNS:
            self.merges.append((top, left, min(bottom, MAX_LINES), min(right, MAX_COLUMNS)))

    def answer(self) -> dict[str, object]:
        """The sheet as it is told, see `Sheet`; a hidden row that holds nothing is no matter."""
        filled = {number for number in self.hidden_rows if number < len(self.rows)}
        return {
            "name": self.name,
            "rows": self.rows,
            "hidden_rows": sorted(number for number in filled if self.rows[number] is not _EMPTY),
            "hidden_columns": self.hidden_columns,
            "merges": self.merges,
            "whole": self.whole,
            "from_1904": self.from_1904,
        }


_BLANK = ("",)
_ENCODER = msgspec.json.Encoder()
