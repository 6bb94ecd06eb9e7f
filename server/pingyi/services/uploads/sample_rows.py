"""The sample row of a template: an entry that the channel would take, of a unit that no period has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from marshmallow import ValidationError

from pingyi.channels.listed import TitledKey
from pingyi.channels.own_words import keys_named
from pingyi.domain.names import fold_name
from pingyi.services.core.bound_channels import BoundChannel
from pingyi.services.intake.entry_columns import Column, columns_of
from pingyi.services.uploads.column_headings import NAME_COLUMN
from pingyi.services.uploads.wide_columns import wide_columns

SAMPLE_UNIT = "示例 / Sample"
_SAMPLE_NAME = "此行不报送 / not delivered"
_OF_KIND = {"whole": "10", "decimal": "1", "percent": "98.06", "flag": "是"}
_USUAL_DAY = "2026-03-02"
Cells = Mapping[str, str]


def is_sample(working: BoundChannel, cells: Cells) -> bool:
    """Whether the filled cells of a row, by the labels of their columns, are those of a template's sample."""
    if not names_sample(cells.get("unit", "")):
        return False
    samples = (sample_row(working), wide_sample_row(working, wide_sheet(working)))
    return any(all(sample.get(label) == cell for label, cell in cells.items()) for sample in samples)


def names_sample(unit: str) -> bool:
    """Whether this stands where a sample row has its unit."""
    return unit.startswith(SAMPLE_UNIT[:2]) and fold_name(unit) == fold_name(SAMPLE_UNIT)


def sample_row(working: BoundChannel) -> dict[str, str]:
    """What stands in the sample row of a template, by label."""
    entry = _entry(working, {})
    return {**_labels(entry), "unit": SAMPLE_UNIT, NAME_COLUMN.label: _SAMPLE_NAME}


def wide_sample_row(working: BoundChannel, columns: Sequence[Column]) -> dict[str, str]:
    """The same for these columns of a wide template."""
    row: dict[str, str] = {}
    for across in dict.fromkeys(column.across for column in columns if column.across):
        entry = _entry(working, dict(across))
        row |= {
            column.label: entry[column.name]
            for column in columns
            if column.across == across and column.name in entry
        }
        plain = _labels({name: value for name, value in entry.items() if name not in dict(across)})
        row |= {column.label: plain[column.label] for column in columns if column.label in plain}
    return {**row, "unit": SAMPLE_UNIT, NAME_COLUMN.label: _SAMPLE_NAME}


def wide_sheet(working: BoundChannel) -> list[Column]:
    """The columns of a channel's wide template, the reason last; empty where nothing may stand across."""
    wide, plain = wide_columns(working), columns_of(working)
    axes = sorted(wide.axes, key=lambda axis: not axis.required)
    if not axes:
        return []
    across = [each for each in wide.columns.values() if [name for name, _ in each.across] == [axes[0].name]]
    left_out = {axes[0].name, *(column.name for column in across)}
    others = [column for column in plain if column.name not in left_out]
    before = [column for column in others if column.name not in {"evidence", "reason"}]
    return [*before, *across, *(column for column in others if column not in before)]


def _entry(working: BoundChannel, fixed: Mapping[str, str]) -> dict[str, Any]:
    """An entry that loads, as full as may be; where none does, the required columns alone."""
    columns = [column for column in columns_of(working) if column.name not in {*fixed, "reason"}]
    entry = {**dict(_filled(working, columns)), **fixed}
    needed = {column.name for column in columns if column.required} | fixed.keys()
    schema = working.plugin.entry_schema(working.context)
    for _ in columns:
        try:
            schema.load(entry)
        except ValidationError as error:
            spare = [name for name in error.messages_dict if name in entry and name not in needed]
            entry = {name: value for name, value in entry.items() if name not in spare}
            if not spare:
                break
        else:
            return entry
    return {name: value for name, value in entry.items() if name in needed}


def _filled(working: BoundChannel, columns: Sequence[Column]) -> Iterator[tuple[str, Any]]:
    mappings: dict[str, dict[str, str]] = {}
    for column in columns:
        if column.key and column.words:
            mappings.setdefault(column.name, {})[column.key] = _cell(working, column)
        elif not column.key:
            yield column.name, _cell(working, column)
    yield from mappings.items()


def _cell(working: BoundChannel, column: Column) -> str:
    field = working.plugin.entry_schema().fields.get(column.name)
    starts_on = working.context.period.starts_on
    day = starts_on.isoformat() if starts_on else _USUAL_DAY
    if column.words:
        return next(iter(column.words.values())).zh
    if isinstance(field, TitledKey):
        return next(iter(keys_named(working.context.settings, field.named_by)), "")
    if column.kind in {"moment", "month"}:
        return day if column.kind == "moment" else day[:7]
    return _OF_KIND.get(column.kind) or f"{column.title.zh}1"


def _labels(entry: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in entry.items():
        if isinstance(value, Mapping):
            found |= {f"{name}.{key}": inner for key, inner in value.items()}
        else:
            found[name] = value
    return found
