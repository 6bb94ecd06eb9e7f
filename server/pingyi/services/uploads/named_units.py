"""Rows that give a unit's code and its name: both must mean the same unit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from sqlalchemy import Connection, bindparam, select

from pingyi.channels import Text
from pingyi.db import json_words
from pingyi.domain.errors import FieldError
from pingyi.models import PeriodUnit, Unit
from pingyi.services.core.unit_index import KNOWN_NAMES_OF_UNIT, unit_index
from pingyi.services.intake.parse_rows import ReadEntry
from pingyi.services.uploads.read_table import SheetRow

_NAMES = (
    select(Unit.code, PeriodUnit.name, KNOWN_NAMES_OF_UNIT.label("names"))
    .join(PeriodUnit, PeriodUnit.unit_id == Unit.id)
    .where(PeriodUnit.period_id == bindparam("period"), Unit.code.in_(json_words("codes")))
)


def disagreements(
    connection: Connection, period_id: int, rows: Sequence[SheetRow]
) -> Iterator[tuple[int, FieldError]]:
    """The place and the error of each row whose name is not that of the unit it is about."""
    both = [(at, row) for at, row in enumerate(rows) if row.name and "unit" in row.given]
    if not both:
        return
    index = unit_index(
        connection, period_id, {one for _, row in both for one in (row.name, str(row.given["unit"]))}
    )
    for at, row in both:
        unit, named = index.find(str(row.given["unit"])), index.find(row.name)
        # An unknown unit is told by the services that would store the row.
        if not isinstance(unit, FieldError) and unit != named:
            message = _DISAGREE.format(unit=row.given["unit"], code=unit[0], name=row.name)
            yield (
                at,
                FieldError(code="unit_disagrees", message=message, row=row.number, column="unit"),
            )


def loosely_named(
    connection: Connection, period_id: int, rows: Sequence[SheetRow], entries: Sequence[ReadEntry]
) -> dict[int, dict[str, str]]:
    """For rows that name a unit by neither its code nor one of its names as written: its code and name."""
    given = {row.number: str(row.given.get("unit", "")) for row in rows}
    codes = {
        row.number: entry.unit_code
        for row, entry in zip(rows, entries, strict=True)
        if entry.unit_code and entry.unit_code != given[row.number]
    }
    if not codes:
        return {}
    asked = {"period": period_id, "codes": msgspec.json.encode(sorted(set(codes.values()))).decode()}
    named = connection.execute(_NAMES, asked).all()
    names = {(row.code, name) for row in named for name in (row.name, *row.names)}
    titles = {row.code: row.name for row in named}
    return {
        number: {code: titles[code]} for number, code in codes.items() if (code, given[number]) not in names
    }


_DISAGREE = Text(
    zh="单位“{unit}”（代码 {code}）与名称“{name}”不是同一个单位；请核对后改成一致。",
    en="Unit {unit} (code {code}) and the name {name} are not the same unit; make them agree.",
)
