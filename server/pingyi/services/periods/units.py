"""The units that take part in a period; a unit keeps its code for ever, and its names add up."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql

from pingyi.channels import Text, Word
from pingyi.domain.canonical import canonical_json
from pingyi.domain.errors import FieldError, Problem
from pingyi.domain.names import fold_name
from pingyi.domain.period_state import UNTIL_OPENING
from pingyi.domain.scheme.values import Scheme
from pingyi.ledger.leaves import record
from pingyi.models import PeriodUnit, Unit, UnitName
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import require_state
from pingyi.services.core.row_schemas import (
    Names,
    RowSchema,
    below,
    code_field,
    key_field,
    name_field,
    not_in_scheme,
    repeated,
    row_error,
)
from pingyi.services.periods.periods import PeriodRow

_CODES = select(Unit.code)
_STORE = postgresql.insert(Unit)
_PUT = _STORE.on_conflict_do_update(
    index_elements=[Unit.code],
    set_={
        "name": _STORE.excluded.name,
        "subordination": _STORE.excluded.subordination,
        "superior": _STORE.excluded.superior,
    },
)
_IDS = select(Unit.code, Unit.id)
_PLACE = update(Unit).where(Unit.id == bindparam("unit")).values(parent_id=bindparam("above"))
_ADD_NAMES = postgresql.insert(UnitName).on_conflict_do_nothing()
_FORGET = delete(PeriodUnit).where(PeriodUnit.period_id == bindparam("period"))
_TAKE_PART = insert(PeriodUnit)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    """A unit as a list gives it; `parent` is the code of another unit, `aliases` its other names."""

    code: str
    name: str
    category: str
    parent: str = ""
    subordination: str = ""
    superior: str = ""
    aliases: tuple[str, ...] = ()


class UnitSchema(RowSchema):
    """A unit in its category; `parent` is another unit's code, `aliases` are other names partners use."""

    row = UnitRow

    code = code_field()
    name = name_field()
    category = key_field(required=True)
    parent = Word(load_default="", limit=64)
    subordination = Word(load_default="")
    superior = Word(load_default="")
    aliases = Names(most=50)


def put_units(
    connection: Connection, caller: Caller, period: PeriodRow, scheme: Scheme, units: Sequence[UnitRow]
) -> None:
    """Set the units of a draft period, in this order; each keeps its code for ever, its names are added.

    Raises Problem: wrong_state, units_invalid (unknown category, parents that cannot be, a code twice).
    """
    require_state(period.state, UNTIL_OPENING)
    categories = [category.key for category in scheme.categories]
    if errors := unit_errors(units, categories, set(connection.execute(_CODES).scalars())):
        raise Problem("units_invalid", 422, _INVALID, below("/units", errors))
    rows = [
        {
            "code": unit.code,
            "name": unit.name,
            "category": unit.category,
            "parent": unit.parent or None,
            "subordination": unit.subordination,
            "superior": unit.superior,
            "position": position,
        }
        for position, unit in enumerate(units)
    ]
    connection.execute(_FORGET, {"period": period.id})
    if units:
        _store(connection, period, units)
    digest = {
        "units": len(rows),
        "period": period.key,
        "by": caller.name,
        "list": canonical_json(rows).decode(),
    }
    record(connection, "units.set", digest, period.id)


def _store(connection: Connection, period: PeriodRow, units: Sequence[UnitRow]) -> None:
    stored = [
        {
            "code": unit.code,
            "name": unit.name,
            "subordination": unit.subordination,
            "superior": unit.superior,
        }
        for unit in units
    ]
    connection.execute(_PUT, stored)
    ids = {row.code: row.id for row in connection.execute(_IDS)}
    placed = [{"unit": ids[unit.code], "above": ids[unit.parent]} for unit in units if unit.parent]
    if placed:
        connection.execute(_PLACE, placed)
    names = [
        {"folded": fold_name(name), "unit_id": ids[unit.code], "name": name}
        for unit in units
        for name in dict.fromkeys((unit.name, *unit.aliases))
    ]
    connection.execute(_ADD_NAMES, names)
    taking_part = [
        {
            "period_id": period.id,
            "unit_id": ids[unit.code],
            "category": unit.category,
            "position": position,
            "name": unit.name,
        }
        for position, unit in enumerate(units)
    ]
    connection.execute(_TAKE_PART, taking_part)


def unit_errors(
    units: Sequence[UnitRow],
    categories: Sequence[str],
    known: Container[str],
    numbers: Sequence[int] | None = None,
) -> list[FieldError]:
    """What of a list of units does not fit the scheme or itself; `known`: codes that may be named as parents.

    `numbers`: as `repeated` takes them.
    """
    parents = {unit.code: unit.parent for unit in units}
    errors = []
    for position, unit in enumerate(units):
        if unit.category and unit.category not in categories:
            errors.append(not_in_scheme(position, "category", unit.category, categories))
        if unit.parent and unit.parent not in parents and unit.parent not in known:
            message = _PARENT_UNKNOWN.format(code=unit.parent)
            errors.append(row_error(position, "parent", "parent_unknown", message))
        elif circle := _circle(unit.code, parents):
            message = _PARENT_CYCLE.format(path=" → ".join(circle))
            errors.append(row_error(position, "parent", "parent_cycle", message))
    return [*errors, *repeated(units, lambda unit: unit.code or None, "code", numbers)]


def _circle(code: str, parents: Mapping[str, str]) -> list[str]:
    """The way from a unit up to itself, empty where there is none."""
    path = [code]
    while (above := parents.get(path[-1], "")) and above not in path:
        path.append(above)
    return [*path, above] if above and above == code else []


_PARENT_UNKNOWN = Text(zh="没有代码为“{code}”的单位。", en="No unit has the code {code}.")
_PARENT_CYCLE = Text(zh="上级关系成环：{path}。", en="The parents form a circle: {path}.")
_INVALID = Text(zh="单位名单有错误。", en="The list of units has errors.")
