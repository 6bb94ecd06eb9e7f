"""The units that take part in a period; a unit keeps its code for ever, and from its opening its names."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from pingyi.channels import Text, Word
from pingyi.domain.canonical import canonical_json
from pingyi.domain.errors import FieldError, Problem
from pingyi.domain.names import fold_name, fold_unit_name, is_unit_code
from pingyi.domain.period_state import UNTIL_OPENING
from pingyi.domain.scheme.values import Scheme
from pingyi.ledger.leaves import record
from pingyi.models import Unit
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import require_state
from pingyi.services.core.row_schemas import (
    Names,
    RowSchema,
    below,
    key_field,
    name_field,
    not_in_scheme,
    repeated,
    row_error,
)
from pingyi.services.periods.periods import PeriodRow
from pingyi.services.periods.store_units import store_units
from pingyi.services.periods.unit_names import NamesOfOld, name_errors

_CODES = select(Unit.code)


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

    code = name_field(limit=64)
    name = name_field()
    category = key_field(required=True)
    parent = Word(load_default="", limit=64)
    subordination = Word(load_default="")
    superior = Word(load_default="")
    aliases = Names(most=50)


def put_units(
    connection: Connection,
    caller: Caller,
    period: PeriodRow,
    scheme: Scheme,
    units: Sequence[UnitRow],
    *,
    of_old: bool = False,
) -> None:
    """Set the units of a draft period, in this order; each keeps its code for ever, its names are added.

    Names that an earlier list of this draft taught and this one does not give are taken back: nothing was
    delivered under them. `of_old`: an evaluation from before names were looked at. Raises Problem:
    wrong_state, units_invalid (unknown category, parents that cannot be, a code that is unfit or stands
    twice, names with unseen letters or that read alike).
    """
    require_state(period.state, UNTIL_OPENING)
    _refuse_wrong(connection, scheme, units, of_old=of_old)
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
    renamed = store_units(connection, period.id, rows, list(_names(units)))
    who = {"period": period.key, "by": caller.name}
    digest = {"units": len(rows), **who, "list": canonical_json(rows).decode()}
    record(connection, "units.set", digest, period.id)
    for names_of in renamed:
        record(connection, "unit.renamed", {**names_of, **who}, period.id)


def _refuse_wrong(connection: Connection, scheme: Scheme, units: Sequence[UnitRow], *, of_old: bool) -> None:
    categories = [category.key for category in scheme.categories]
    standing = frozenset(connection.execute(_CODES).scalars())
    errors = unit_errors(units, categories, standing, lambda code: code in standing or is_unit_code(code))
    if not of_old:
        errors += name_errors(units, NamesOfOld(connection, [unit.code for unit in units]))
    if errors:
        raise Problem("units_invalid", 422, _INVALID, below("/units", errors))


def _names(units: Sequence[UnitRow]) -> Iterator[dict[str, str]]:
    for unit in units:
        for name in dict.fromkeys((unit.name, *unit.aliases)):
            folded = {"folded": fold_unit_name(name), "coarse": fold_name(name)}
            yield {"code": unit.code, "name": name, **folded}


def unit_errors(
    units: Sequence[UnitRow],
    categories: Sequence[str],
    known: Container[str],
    fits: Callable[[str], bool],
    numbers: Sequence[int] | None = None,
) -> list[FieldError]:
    """What of a list of units does not fit the scheme or itself; `known`: codes that may be named as parents.

    `fits`: whether a code can stand in addresses. `numbers`: as `repeated` takes them.
    """
    parents = {unit.code: unit.parent for unit in units}
    errors = []
    for position, unit in enumerate(units):
        if unit.code and not fits(unit.code):
            errors.append(row_error(position, "code", "code_unfit", _UNFIT))
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


_UNFIT = Text(
    zh="代码不能含空格或“/ \\ ? # %”，也不能是“.”或“..”。",
    en="A code has no space and none of / \\ ? # %, and is neither . nor ...",
)
_PARENT_UNKNOWN = Text(zh="没有代码为“{code}”的单位。", en="No unit has the code {code}.")
_PARENT_CYCLE = Text(zh="上级关系成环：{path}。", en="The parents form a circle: {path}.")
_INVALID = Text(zh="单位名单有错误。", en="The list of units has errors.")
