"""The units that take part in a period; a unit keeps its code for ever, and its names add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select, text

from pingyi.channels import Text
from pingyi.db import json_text
from pingyi.domain.canonical import canonical_json
from pingyi.domain.errors import FieldError, Problem
from pingyi.domain.names import fold_name
from pingyi.domain.period_state import UNTIL_OPENING
from pingyi.domain.scheme.values import Scheme
from pingyi.ledger.leaves import record
from pingyi.models import Unit
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import require_state
from pingyi.services.periods.periods import PeriodRow

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


def put_units(
    connection: Connection, caller: Caller, period: PeriodRow, scheme: Scheme, units: Sequence[UnitRow]
) -> None:
    """Set the units of a draft period, in this order; each keeps its code for ever, its names are added.

    Raises Problem: wrong_state, units_invalid (unknown category or parent, a code twice).
    """
    require_state(period.state, UNTIL_OPENING)
    _check_units(connection, scheme, units)
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
    names = [
        {"code": unit.code, "folded": fold_name(name), "name": name}
        for unit in units
        for name in dict.fromkeys((unit.name, *unit.aliases))
    ]
    given = {"rows": json_text(rows), "names": json_text(names), "period": period.id}
    for statement in _PUT_UNITS:
        connection.execute(text(statement), given)
    digest = {
        "units": len(rows),
        "period": period.key,
        "by": caller.name,
        "list": canonical_json(rows).decode(),
    }
    record(connection, "units.set", digest, period.id)


def _check_units(connection: Connection, scheme: Scheme, units: Sequence[UnitRow]) -> None:
    codes = {unit.code for unit in units}
    known = {*connection.execute(_CODES).scalars(), *codes}
    categories = {category.key for category in scheme.categories}
    seen: set[str] = set()
    errors = []
    for position, unit in enumerate(units):
        if unit.category not in categories:
            errors.append(
                _error(
                    position, "category", "category_unknown", "方案没有此类别", "not a category of the scheme"
                )
            )
        if unit.parent and unit.parent not in known:
            errors.append(
                _error(position, "parent", "parent_unknown", "没有此上级单位代码", "no unit has this code")
            )
        if unit.code in seen:
            errors.append(_error(position, "code", "repeated", "代码重复", "this code occurs twice"))
        seen.add(unit.code)
    if errors:
        raise Problem(
            "units_invalid", 422, Text(zh="单位名单有错误。", en="The list of units has errors."), errors
        )


def _error(position: int, column: str, code: str, zh: str, en: str) -> FieldError:
    return FieldError(
        code=code,
        message=Text(zh=f"{zh}。", en=f"{en.capitalize()}."),
        pointer=f"/units/{position}/{column}",
        column=column,
    )


_PUT_UNITS = (
    """
    INSERT INTO unit (code, name, subordination, superior)
    SELECT code, name, subordination, superior FROM json_to_recordset(CAST(:rows AS json))
      AS r(code text, name text, subordination text, superior text)
    ON CONFLICT (code) DO UPDATE SET name = excluded.name, subordination = excluded.subordination,
      superior = excluded.superior
    """,
    """
    UPDATE unit SET parent_id = (SELECT id FROM unit above WHERE above.code = r.parent)
    FROM json_to_recordset(CAST(:rows AS json)) AS r(code text, parent text)
    WHERE unit.code = r.code AND r.parent IS NOT NULL
    """,
    """
    INSERT INTO unit_name (folded, unit_id, name)
    SELECT DISTINCT ON (r.folded, unit.id) r.folded, unit.id, r.name
    FROM json_to_recordset(CAST(:names AS json)) AS r(code text, folded text, name text)
    JOIN unit ON unit.code = r.code ON CONFLICT DO NOTHING
    """,
    "DELETE FROM period_unit WHERE period_id = :period",
    """
    INSERT INTO period_unit (period_id, unit_id, category, position, name)
    SELECT :period, unit.id, r.category, r.position, r.name
    FROM json_to_recordset(CAST(:rows AS json)) AS r(code text, name text, category text, position bigint)
    JOIN unit ON unit.code = r.code
    """,
)
