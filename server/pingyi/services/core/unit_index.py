"""Units of a period, found by code or by any of their names; an ambiguous name is an error, never a guess."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
from sqlalchemy import Connection, String, bindparam, case, cast, exists, func, or_, select
from sqlalchemy.orm import aliased

from pingyi.channels import Text
from pingyi.db import json_words
from pingyi.domain.errors import FieldError, Problem
from pingyi.domain.names import fold_name, fold_unit_name
from pingyi.domain.period_state import PeriodState
from pingyi.models import Period, PeriodUnit, Unit, UnitName

SHARED_UNIT = 0
UNITS_OF_PERIOD = (
    select(Unit.code, PeriodUnit.name, PeriodUnit.category)
    .join(PeriodUnit, PeriodUnit.unit_id == Unit.id)
    .where(PeriodUnit.period_id == bindparam("period"))
    .order_by(PeriodUnit.position)
)
_CODES = msgspec.json.Decoder(dict[str, int])
# Codes go and come as one JSON text: arrays and rows of 500 cost as much as all other work on a batch.
_BY_CODE = (
    select(func.coalesce(cast(func.json_object_agg(Unit.code, Unit.id), String), "{}"))
    .join(PeriodUnit, PeriodUnit.unit_id == Unit.id)
    .where(PeriodUnit.period_id == bindparam("period"), Unit.code.in_(json_words("codes")))
)
_taught = aliased(Period)
KNOWN_NAMES = or_(
    UnitName.period_id.is_(None),
    UnitName.period_id == bindparam("period"),
    exists().where(_taught.id == UnitName.period_id, _taught.state != PeriodState.DRAFT),
)
"""Of names, those that a period knows: its own, and what no draft has taught that may take it back."""
KNOWN_NAMES_OF_UNIT = func.array(
    select(UnitName.name)
    .distinct()
    .where(UnitName.unit_id == Unit.id, KNOWN_NAMES)
    .order_by(UnitName.name)
    .scalar_subquery()
)
_AS_BEFORE = Period.names == "exact"
_SPELLING = case((_AS_BEFORE, UnitName.coarse), else_=UnitName.folded).label("folded")
_BY_NAME = (
    select(_SPELLING, Unit.code, Unit.id, Period.names)
    .distinct()
    .join(Unit, Unit.id == UnitName.unit_id)
    .join(PeriodUnit, PeriodUnit.unit_id == Unit.id)
    .join(Period, Period.id == PeriodUnit.period_id)
    .where(
        PeriodUnit.period_id == bindparam("period"),
        case(
            (_AS_BEFORE, UnitName.coarse.in_(json_words("coarse"))),
            else_=UnitName.folded.in_(json_words("folded")),
        ),
        KNOWN_NAMES,
    )
    .order_by(_SPELLING, Unit.code)
)


@dataclass(frozen=True, slots=True)
class UnitIndex:
    """The units that were asked for: by code, and by folded name where codes did not match."""

    by_code: Mapping[str, int]
    by_name: Mapping[str, tuple[tuple[str, int], ...]]
    fold: Callable[[str], str] = fold_unit_name

    def find(self, given: str) -> tuple[str, int] | FieldError:
        """The unit's (code, id), or why there is none."""
        if given in self.by_code:
            return given, self.by_code[given]
        found = self.by_name.get(self.fold(given), ())
        if len(found) == 1:
            return found[0]
        return _ambiguous(given, found) if found else _unknown(given)


def unit_index(connection: Connection, period_id: int, given: Iterable[str]) -> UnitIndex:
    """Look up codes, then names, of the units taking part in a period: two queries at most."""
    wanted = set(given)
    codes = connection.execute(
        _BY_CODE, {"period": period_id, "codes": msgspec.json.encode(list(wanted)).decode()}
    ).scalar_one()
    by_code = _CODES.decode(codes)
    names = {name for name in wanted if name not in by_code}
    return _with_names(connection, period_id, by_code, names) if names else UnitIndex(by_code, {})


def _with_names(
    connection: Connection, period_id: int, by_code: Mapping[str, int], names: set[str]
) -> UnitIndex:
    """The index of a period that folds names as it does: see `Period.names`."""
    folded = {fold_unit_name(name) for name in names} - {""}
    coarse = {fold_name(name) for name in names} - {""}
    asked = {
        "period": period_id,
        "folded": msgspec.json.encode(sorted(folded)).decode(),
        "coarse": msgspec.json.encode(sorted(coarse)).decode(),
    }
    exact = False
    found: dict[str, tuple[tuple[str, int], ...]] = {}
    for row in connection.execute(_BY_NAME, asked):
        found[row.folded] = (*found.get(row.folded, ()), (row.code, row.id))
        exact = row.names == "exact"
    return UnitIndex(by_code, found, fold_name if exact else fold_unit_name)


def _ambiguous(given: str, found: tuple[tuple[str, int], ...]) -> FieldError:
    codes = ", ".join(code for code, _ in found)
    message = Text(
        zh="“{given}”可能指多个单位({codes}),请改用单位代码。",
        en="{given} may be any of several units ({codes}); use the unit's code.",
    )
    return FieldError(code="unit_ambiguous", message=message.format(given=given, codes=codes), column="unit")


def _unknown(given: str) -> FieldError:
    message = Text(
        zh="本周期没有单位“{given}”，请核对代码或名称。",
        en="No unit {given} takes part in this period; check its code or name.",
    )
    return FieldError(code="unit_unknown", message=message.format(given=given), column="unit")


def unit_ids(
    connection: Connection,
    period_id: int,
    given: Sequence[str],
    list_name: str,
    positions: Sequence[int] = (),
) -> list[tuple[str, int]]:
    """Code and id of each unit, found by code or name; Problem units_unknown names every one that is not.

    `list_name`: what the list is called that they were sent in; `positions` there, where it has other rows.
    """
    index = unit_index(connection, period_id, given)
    found = [index.find(unit) for unit in given]
    errors = [
        replace(unit, pointer=f"/{list_name}/{position}/unit")
        for position, unit in zip(positions or range(len(found)), found, strict=True)
        if isinstance(unit, FieldError)
    ]
    if errors:
        raise Problem(
            "units_unknown", 422, Text(zh="有单位无法识别。", en="Some units are not known."), errors
        )
    return [unit for unit in found if not isinstance(unit, FieldError)]
