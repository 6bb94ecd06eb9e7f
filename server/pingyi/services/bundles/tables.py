"""The tables of a bundle besides its entries: units, rolls, adjustments, decisions and earlier results."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from pingyi.channels import Settings
from pingyi.channels.schema import MAX_TEXT_CHARACTERS
from pingyi.domain.scheme.values import Scheme
from pingyi.services.bundles.cells import Cells, Units, index_units
from pingyi.services.bundles.files import Faults, read_table
from pingyi.services.periods.adjustments import ADJUSTMENT_TITLES, WITHOUT_POINTS, AdjustmentRow
from pingyi.services.periods.decisions import DecisionRow
from pingyi.services.periods.earlier_results import PreviousRow
from pingyi.services.periods.rolls import RollRow
from pingyi.services.periods.units import UnitRow

UNITS, ROLLS, ADJUSTMENTS, DECISIONS, PREVIOUS = (
    "units.csv",
    "rolls.csv",
    "adjustments.csv",
    "decisions.csv",
    "previous.csv",
)
ROLL_NAMES = ("eligible", "issued", "registered")
_COLUMNS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    UNITS: (("code", "name", "category"), ("parent", "subordination", "superior", "aliases")),
    ROLLS: (("channel", "name", "count"), ("stratum",)),
    ADJUSTMENTS: (("unit", "kind", "points", "reason", "document"), ("target",)),
    DECISIONS: (("kind", "unit", "channel", "category", "choice", "reason"), ()),
    PREVIOUS: (("period", "unit", "category", "total", "rank", "of"), ()),
}
_ALIASES = re.compile(r"[;；|]")
Made = TypeVar("Made")


def _read(folder: Path, file: str, faults: Faults, make: Callable[[Cells], Made]) -> list[tuple[int, Made]]:
    """What `make` makes of each row, with the row's number; an optional file that is not there has none."""
    path = folder / file
    if not path.exists():
        if file == UNITS:
            faults.note("file_missing", file)
        return []
    required, optional = _COLUMNS[file]
    rows = read_table(path, file, (*required, *optional), required, faults)
    return [(row.number, make(Cells(file, row, faults))) for row in rows]


def _refuse_repeats(
    made: Sequence[tuple[int, Made]], same: Callable[[Made], object], file: str, column: str, faults: Faults
) -> None:
    first: dict[object, int] = {}
    for number, row in made:
        earlier = first.setdefault(same(row), number)
        if earlier != number:
            faults.note("repeated", file, number, column, above=earlier)


def read_units(folder: Path, scheme: Scheme, faults: Faults) -> Units:
    """units.csv; aliases are parted by semicolons, parents are codes of the same file."""
    categories = [category.key for category in scheme.categories]
    made = _read(folder, UNITS, faults, lambda cells: _unit(cells, categories))
    if not made and not faults.of(UNITS):
        faults.note("no_units", UNITS)
    _refuse_repeats([pair for pair in made if pair[1].code], lambda unit: unit.code, UNITS, "code", faults)
    _check_parents(made, faults)
    return index_units([unit for _, unit in made], complete=not faults.of(UNITS))


def _unit(cells: Cells, categories: Sequence[str]) -> UnitRow:
    code, category = cells.text("code", required=True), cells.text("category", required=True)
    if "/" in code or code in {".", ".."}:
        cells.note("code_unfit", "code")
    if category and category not in categories:
        cells.note("category_unknown", "category", given=category, known=", ".join(categories))
    aliases = cells.text("aliases", limit=MAX_TEXT_CHARACTERS)
    return UnitRow(
        code=code,
        name=cells.text("name", required=True),
        category=category,
        parent=cells.text("parent"),
        subordination=cells.text("subordination"),
        superior=cells.text("superior"),
        aliases=tuple(name.strip() for name in _ALIASES.split(aliases) if name.strip()),
    )


def _check_parents(made: Sequence[tuple[int, UnitRow]], faults: Faults) -> None:
    parents = {unit.code: unit.parent for _, unit in made}
    for number, unit in made:
        if unit.parent and unit.parent not in parents:
            faults.note("parent_unknown", UNITS, number, "parent", given=unit.parent)
        path = [unit.code]
        while (above := parents.get(path[-1], "")) and above not in path:
            path.append(above)
        if above and above == unit.code:
            faults.note("parent_cycle", UNITS, number, "parent", path=" → ".join([*path, above]))


def read_rolls(folder: Path, scheme: Scheme, faults: Faults) -> list[RollRow]:
    """rolls.csv: counts known beforehand, once for each channel, name and stratum."""
    channels = [channel.key for channel in scheme.channels]
    made = _read(folder, ROLLS, faults, lambda cells: _roll(cells, channels))
    _refuse_repeats(made, lambda roll: (roll.channel, roll.name, roll.stratum), ROLLS, "name", faults)
    return [roll for _, roll in made]


def _roll(cells: Cells, channels: Sequence[str]) -> RollRow:
    channel = cells.text("channel", required=True)
    if channel and channel not in channels:
        cells.note("channel_unknown", "channel", given=channel, known=", ".join(channels))
    return RollRow(
        channel=channel,
        name=cells.choice("name", ROLL_NAMES),
        count=cells.whole("count", required=True) or 0,
        stratum=cells.text("stratum"),
    )


def check_strata(folder: Path, channel: str, settings: Settings, faults: Faults) -> None:
    """A roll's stratum must be one that the channel weighs, where it weighs any."""
    strata = settings.get("strata")
    if not strata or not (folder / ROLLS).exists() or faults.of(ROLLS):
        return
    required, optional = _COLUMNS[ROLLS]
    for row in read_table(folder / ROLLS, ROLLS, (*required, *optional), required, Faults()):
        cells = Cells(ROLLS, row, faults)
        if cells.given("channel") == channel and cells.given("stratum"):
            cells.choice("stratum", tuple(strata))


def read_adjustments(folder: Path, units: Units, faults: Faults) -> list[AdjustmentRow]:
    """adjustments.csv: positive points, none for a veto or a disqualification."""
    return [row for _, row in _read(folder, ADJUSTMENTS, faults, lambda cells: _adjustment(cells, units))]


def _adjustment(cells: Cells, units: Units) -> AdjustmentRow:
    kind = cells.choice("kind", tuple(ADJUSTMENT_TITLES))
    points: Decimal | None = None
    if kind in WITHOUT_POINTS:
        cells.empty("points")
    else:
        if not cells.given("points"):
            cells.note("required", "points")
        points = cells.decimal("points")
        if points is not None and points <= 0:
            cells.note("not_positive", "points")
    return AdjustmentRow(
        unit=cells.unit(units),
        kind=kind,
        points=points,
        reason=cells.reason(),
        document=cells.text("document", limit=MAX_TEXT_CHARACTERS),
        target=cells.choice("target", ("total", "linked"), "total"),
    )


def read_decisions(folder: Path, scheme: Scheme, units: Units, faults: Faults) -> list[DecisionRow]:
    """decisions.csv: a tie names its unit; switching off names a channel and a category."""
    made = _read(folder, DECISIONS, faults, lambda cells: _decision(cells, scheme, units))
    _refuse_repeats(
        made, lambda row: (row.kind, row.unit, row.channel, row.category), DECISIONS, "kind", faults
    )
    return [row for _, row in made]


def _decision(cells: Cells, scheme: Scheme, units: Units) -> DecisionRow:
    kind, reason = cells.choice("kind", ("tie", "switch_off")), cells.reason()
    category = cells.text("category")
    if kind == "tie":
        cells.empty("channel")
        unit = cells.unit(units)
        row = units.rows.get(unit)
        if category and row and row.category != category:
            cells.note("category_other", "category", category=row.category)
        return DecisionRow(kind=kind, choice=cells.choice("choice", ("in", "out")), reason=reason, unit=unit)
    cells.empty("unit")
    channel = cells.choice("channel", [plan.key for plan in scheme.channels])
    category = cells.choice("category", [plan.key for plan in scheme.categories])
    choice = cells.choice("choice", ("yes", "no"))
    return DecisionRow(kind=kind, choice=choice, reason=reason, channel=channel, category=category)


def read_previous(folder: Path, units: Units, faults: Faults) -> list[PreviousRow]:
    """previous.csv: one result of a unit in each earlier period; without a rank it was not ranked."""
    made = _read(folder, PREVIOUS, faults, lambda cells: _previous(cells, units))
    _refuse_repeats(made, lambda row: (row.period, row.unit), PREVIOUS, "unit", faults)
    return [row for _, row in made]


def _previous(cells: Cells, units: Units) -> PreviousRow:
    rank, of = cells.whole("rank", least=1), cells.whole("of")
    if rank is not None and of is not None and rank > of:
        cells.note("rank_beyond", "rank")
    return PreviousRow(
        period=cells.text("period", required=True),
        unit=cells.unit(units),
        category=cells.text("category", required=True),
        total=cells.decimal("total"),
        rank=rank,
        of=of,
    )
