"""The tables of a bundle besides its entries: units, rolls, adjustments, decisions and earlier results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import MISSING, dataclass, fields, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from marshmallow import ValidationError

from pingyi.channels import Period
from pingyi.domain.errors import FieldError
from pingyi.domain.names import is_unit_code, is_unit_code_of_old
from pingyi.domain.scheme.values import ChannelPlan, Scheme
from pingyi.registry import current_registry, load_context
from pingyi.services.bundles.cells import Cells, Units, index_units
from pingyi.services.bundles.files import Faults, read_table
from pingyi.services.core.row_schemas import RowSchema, read_cells
from pingyi.services.intake.row_errors import at_row
from pingyi.services.periods.adjustments import AdjustmentRow, NewAdjustmentSchema
from pingyi.services.periods.decisions import DecisionRow, NewDecisionSchema, decision_errors
from pingyi.services.periods.earlier_results import PreviousRow, PreviousSchema, repeated_results
from pingyi.services.periods.rolls import RollRow, RollSchema, roll_errors
from pingyi.services.periods.unit_names import name_errors
from pingyi.services.periods.units import UnitRow, UnitSchema, unit_errors

UNITS, ROLLS, ADJUSTMENTS, DECISIONS, PREVIOUS = (
    "units.csv",
    "rolls.csv",
    "adjustments.csv",
    "decisions.csv",
    "previous.csv",
)
_COLUMNS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    UNITS: (("code", "name", "category"), ("parent", "subordination", "superior", "aliases")),
    ROLLS: (("channel", "name", "count"), ("stratum",)),
    ADJUSTMENTS: (("unit", "kind", "points", "reason", "document"), ("target",)),
    DECISIONS: (("kind", "unit", "channel", "category", "choice", "reason"), ()),
    PREVIOUS: (("period", "unit", "category", "total", "rank", "of"), ()),
}
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class _Rows(Generic[Made]):
    """The rows of one file with their numbers, wrong ones too: what is right of them is looked at further."""

    made: list[Made]
    numbers: list[int]


def _read(
    folder: Path, file: str, schema: RowSchema, faults: Faults, units: Units | None = None
) -> _Rows[Any]:
    """The rows of a file, none where an optional one is not there; with `units`, each names one of them."""
    rows: _Rows[Any] = _Rows([], [])
    path = folder / file
    if not path.exists():
        if file == UNITS:
            faults.note("file_missing", file)
        return rows
    required, optional = _COLUMNS[file]
    for line in read_table(path, file, (*required, *optional), required, faults):
        cells = Cells(file, line, faults, {**dict.fromkeys(line.cells, "text"), "unit": "unit"})
        row = _row(schema, cells)
        if units and row.unit:
            row = replace(row, unit=cells.unit(units))
        rows.made.append(row)
        rows.numbers.append(line.number)
    return rows


def _row(schema: RowSchema, cells: Cells) -> Any:
    try:
        return read_cells(schema, {name: cells.plain(name) for name in cells.row.cells})
    except ValidationError as error:
        cells.note_all(error)
        right = error.valid_data if isinstance(error.valid_data, dict) else {}
        blank = {each.name: "" for each in fields(schema.row) if each.default is MISSING}
        return schema.row(**{**blank, **right})


def _note(errors: Sequence[FieldError], file: str, rows: _Rows[Any], faults: Faults) -> None:
    for error in errors:
        faults.add(at_row(error, file, rows.numbers))


def read_units(folder: Path, scheme: Scheme, names: str, faults: Faults) -> Units:
    """units.csv; aliases are parted by semicolons, parents are codes of the same file."""
    rows: _Rows[UnitRow] = _read(folder, UNITS, UnitSchema(), faults)
    if not rows.made and not faults.of(UNITS):
        faults.note("no_units", UNITS)
    fits = is_unit_code if names == "folded" else is_unit_code_of_old
    categories = [category.key for category in scheme.categories]
    errors = unit_errors(rows.made, categories, (), fits, rows.numbers)
    if names == "folded":  # an evaluation from before keeps what it was published with
        errors += name_errors(rows.made, None, rows.numbers)
    _note(errors, UNITS, rows, faults)
    return index_units(rows.made, names, complete=not faults.of(UNITS))


def read_rolls(folder: Path, scheme: Scheme, faults: Faults) -> list[RollRow]:
    """rolls.csv: counts known beforehand, once for each channel, name and stratum."""
    rows: _Rows[RollRow] = _read(folder, ROLLS, RollSchema(), faults)
    plans = {plan.key: plan for plan in scheme.channels}
    errors = roll_errors(rows.made, list(plans), lambda channel: _strata(plans[channel]), rows.numbers)
    _note(errors, ROLLS, rows, faults)
    return rows.made


def _strata(plan: ChannelPlan) -> Sequence[str]:
    context = load_context(current_registry().channel(plan.plugin), plan.settings, Period())
    return tuple(context.settings.get("strata") or ())


def read_adjustments(folder: Path, units: Units, faults: Faults) -> list[AdjustmentRow]:
    """adjustments.csv: positive points, none for a veto or a disqualification."""
    return _read(folder, ADJUSTMENTS, NewAdjustmentSchema(), faults, units).made


def read_decisions(folder: Path, scheme: Scheme, units: Units, faults: Faults) -> list[DecisionRow]:
    """decisions.csv: a tie names its unit; switching off names a channel and a category."""
    rows: _Rows[DecisionRow] = _read(folder, DECISIONS, NewDecisionSchema(), faults, units)
    errors = decision_errors(rows.made, scheme, units.category_of, rows.numbers)
    _note(errors, DECISIONS, rows, faults)
    return rows.made


def read_previous(folder: Path, units: Units, faults: Faults) -> list[PreviousRow]:
    """previous.csv: one result of a unit in each earlier period; without a rank it was not ranked."""
    rows: _Rows[PreviousRow] = _read(folder, PREVIOUS, PreviousSchema(), faults, units)
    _note(repeated_results(rows.made, rows.numbers), PREVIOUS, rows, faults)
    return rows.made
