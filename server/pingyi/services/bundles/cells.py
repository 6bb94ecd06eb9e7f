"""Reads single cells of a bundle's rows: choices and units; a wrong one is noted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from marshmallow import ValidationError

from pingyi.domain.errors import FieldError
from pingyi.domain.names import fold_name, fold_unit_name
from pingyi.registry import field_errors
from pingyi.services.bundles.files import Faults, Row
from pingyi.services.core.unit_index import UnitIndex
from pingyi.services.intake.row_errors import at_row
from pingyi.services.periods.units import UnitRow
from pingyi.services.spreadsheets.cell_values import UnreadableError, cell_text, place_of


@dataclass(frozen=True, slots=True)
class Units:
    """The units of a bundle, found by code or by any of their names; no index while the list is wrong."""

    rows: Mapping[str, UnitRow]
    index: UnitIndex | None

    def category_of(self, code: str) -> str | None:
        """A unit's category, None where there is no such unit."""
        return self.rows[code].category if code in self.rows else None

    def find(self, given: str) -> str | FieldError:
        """The code of the unit meant, or why there is none."""
        if self.index is None:
            return given
        found = self.index.find(given)
        return found if isinstance(found, FieldError) else found[0]


def index_units(rows: Sequence[UnitRow], names: str, *, complete: bool) -> Units:
    """Make the units findable by the same folding as the product's own list, see `Period.names`."""
    fold = fold_name if names == "exact" else fold_unit_name
    by_code = {row.code: position for position, row in enumerate(rows)}
    by_name: dict[str, dict[str, int]] = {}
    for row in rows:
        for name in (row.name, *row.aliases):
            if folded := fold(name):
                by_name.setdefault(folded, {})[row.code] = by_code[row.code]
    found = {name: tuple(sorted(codes.items())) for name, codes in by_name.items()}
    index = UnitIndex(by_code, found, fold)
    return Units({row.code: row for row in rows}, index if complete else None)


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of one row of one file; `kinds`: which of its columns are read as those of any table."""

    file: str
    row: Row
    faults: Faults
    kinds: Mapping[str, str] = field(default_factory=dict)

    def note(self, code: str, column: str, **values: object) -> None:
        self.faults.note(code, self.file, self.row.number, column, **values)

    def given(self, column: str) -> str:
        """The cell as it stands; "" also where the file has no such column."""
        return self.row.cells.get(column, "")

    def plain(self, column: str) -> str:
        """The cell in the plain form of its column's kind; one that cannot be read is noted."""
        found = self.given(column)
        if not found or column not in self.kinds:
            return found
        place = place_of(self.row.number - 1, list(self.row.cells).index(column))
        try:
            return cell_text(self.kinds[column], found, place)
        except UnreadableError as error:
            self.faults.add(replace(error.at(self.row.number, column), file=self.file))
            return found

    def choice(self, column: str, choices: Sequence[str], default: str) -> str:
        """One of a few words, `default` where the cell is empty."""
        found = self.given(column) or default
        if found not in choices:
            self.note("choice", column, choices=", ".join(choices))
        return found

    def note_all(self, error: ValidationError) -> None:
        """Note what a schema refuses of this row, each under its column."""
        for each in field_errors(error.messages, "/0"):
            self.faults.add(at_row(each, self.file, [self.row.number]))

    def unit(self, units: Units) -> str:
        """The code of the unit that the row is about."""
        given = self.plain("unit")
        found = units.find(given)
        if isinstance(found, FieldError):
            self.faults.add(_placed(found, self.file, self.row.number))
            return given
        return found


def _placed(error: FieldError, file: str, row: int) -> FieldError:
    return FieldError(code=error.code, message=error.message, file=file, row=row, column=error.column)
