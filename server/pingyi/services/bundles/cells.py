"""Reads single cells of a bundle's rows: text, choices, numbers, units; a wrong one is noted and None."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pingyi.channels.schema import MAX_COUNT, MAX_TEXT_CHARACTERS, MAX_WORD_CHARACTERS
from pingyi.domain.errors import FieldError
from pingyi.domain.names import fold_name
from pingyi.services.bundles.files import Faults, Row
from pingyi.services.core.unit_index import UnitIndex
from pingyi.services.periods.units import UnitRow

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,20})?")
_DIGITS = re.compile(r"[0-9]{1,13}")


@dataclass(frozen=True, slots=True)
class Units:
    """The units of a bundle, found by code or by any of their names; no index while the list is wrong."""

    rows: Mapping[str, UnitRow]
    index: UnitIndex | None

    def find(self, given: str) -> str | FieldError:
        """The code of the unit meant, or why there is none."""
        if self.index is None:
            return given
        found = self.index.find(given)
        return found if isinstance(found, FieldError) else found[0]


def index_units(rows: Sequence[UnitRow], *, complete: bool) -> Units:
    """Make the units findable by the same folding as the product's own list."""
    by_code = {row.code: position for position, row in enumerate(rows)}
    by_name: dict[str, dict[str, int]] = {}
    for row in rows:
        for name in (row.name, *row.aliases):
            if folded := fold_name(name):
                by_name.setdefault(folded, {})[row.code] = by_code[row.code]
    index = UnitIndex(by_code, {name: tuple(sorted(found.items())) for name, found in by_name.items()})
    return Units({row.code: row for row in rows}, index if complete else None)


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of one row of one file."""

    file: str
    row: Row
    faults: Faults

    def note(self, code: str, column: str, **values: object) -> None:
        self.faults.note(code, self.file, self.row.number, column, **values)

    def given(self, column: str) -> str:
        """The cell as it stands; "" also where the file has no such column."""
        return self.row.cells.get(column, "")

    def text(self, column: str, *, required: bool = False, limit: int = MAX_WORD_CHARACTERS) -> str:
        """A cell of one line."""
        found = self.given(column)
        if required and not found:
            self.note("required", column)
        if len(found) > limit or _CONTROL.search(found):
            self.note("text", column, limit=limit)
        return found

    def reason(self) -> str:
        """The cell that says why, always required."""
        return self.text("reason", required=True, limit=MAX_TEXT_CHARACTERS)

    def empty(self, *columns: str) -> None:
        """Cells that mean nothing here and must not be filled in."""
        for column in columns:
            if self.given(column):
                self.note("not_empty", column)

    def choice(self, column: str, choices: Sequence[str], default: str = "") -> str:
        """One of a few words."""
        found = self.given(column) or default
        if found not in choices:
            self.note("choice" if found else "required", column, choices=", ".join(choices))
        return found

    def decimal(self, column: str) -> Decimal | None:
        """A plain decimal; None where the cell is empty or wrong."""
        found = self.given(column)
        if not found:
            return None
        if not _DECIMAL.fullmatch(found):
            self.note("not_a_number", column)
            return None
        return Decimal(found)

    def whole(self, column: str, *, least: int = 0, required: bool = False) -> int | None:
        """A whole number; None where the cell is empty or wrong."""
        found = self.given(column)
        if not found:
            if required:
                self.note("required", column)
            return None
        if not _DIGITS.fullmatch(found) or not least <= int(found) <= MAX_COUNT:
            self.note("not_whole", column, least=least)
            return None
        return int(found)

    def unit(self, units: Units) -> str:
        """The code of the unit that the row is about."""
        given = self.text("unit", required=True)
        found = units.find(given) if given else ""
        if isinstance(found, FieldError):
            self.faults.add(_placed(found, self.file, self.row.number))
            return given
        return found


def _placed(error: FieldError, file: str, row: int) -> FieldError:
    return FieldError(code=error.code, message=error.message, file=file, row=row, column=error.column)
