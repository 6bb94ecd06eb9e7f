"""What a period holds besides units and entries: rolls, adjustments, decisions and earlier results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text

from pingyi.channels import Text
from pingyi.domain.errors import FieldError, Problem
from pingyi.ledger.leaves import record
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import not_found, require_state
from pingyi.services.core.unit_index import unit_index
from pingyi.services.periods.periods import Approved, PeriodRow

_CHANGEABLE = ("draft", "open", "closed", "assessed")


@dataclass(frozen=True, slots=True, kw_only=True)
class RollRow:
    """A count known beforehand for a channel."""

    channel: str
    name: str
    count: int
    stratum: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentRow:
    """An adjustment of a unit's result; `unit` is a code or a name."""

    unit: str
    kind: str
    reason: str
    points: Decimal | None = None
    document: str = ""
    target: str = "total"


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow:
    """A person's decision on a tie (unit) or on switching a channel off (channel, category)."""

    kind: str
    choice: str
    reason: str
    unit: str = ""
    channel: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviousRow:
    """A unit's result in an earlier period."""

    period: str
    unit: str
    category: str
    total: Decimal | None = None
    rank: int | None = None
    of: int | None = None


def put_rolls(connection: Connection, caller: Caller, period: PeriodRow, rolls: Sequence[RollRow]) -> None:
    """Set the counts known beforehand, until the period closes."""
    require_state(period.state, ("draft", "open"))
    ids = _channel_ids(connection, period, [row.channel for row in rolls])
    connection.execute(
        text("DELETE FROM roll WHERE channel_id IN (SELECT id FROM channel WHERE period_id = :id)"),
        {"id": period.id},
    )
    for row in rolls:
        connection.execute(
            text(
                "INSERT INTO roll (channel_id, name, stratum, count)"
                " VALUES (:channel, :name, :stratum, :count)"
            ),
            {"channel": ids[row.channel], "name": row.name, "stratum": row.stratum, "count": row.count},
        )
    content = [[row.channel, row.name, row.stratum, row.count] for row in rolls]
    record(connection, "rolls.set", {"period": period.key, "rolls": content, "by": caller.name}, period.id)


def adjusted_units(
    connection: Connection, period: PeriodRow, rows: Sequence[AdjustmentRow]
) -> list[tuple[str, int]]:
    """Code and id of each row's unit, before publication; Problem wrong_state, units_unknown."""
    require_state(period.state, _CHANGEABLE)
    return _unit_ids(connection, period, [row.unit for row in rows])


def add_adjustment(connection: Connection, approved: Approved, period: PeriodRow, row: AdjustmentRow) -> int:
    """Put an approved adjustment into force; returns its id."""
    ((code, unit_id),) = adjusted_units(connection, period, [row])
    given = {"period": period.id, "unit": unit_id, "kind": row.kind, "points": row.points}
    adjustment_id: int = connection.execute(
        text(
            "INSERT INTO adjustment (period_id, unit_id, kind, points, reason, document, target, act_id)"
            " VALUES (:period, :unit, :kind, :points, :reason, :document, :target, :act) RETURNING id"
        ),
        {
            **given,
            "reason": row.reason,
            "document": row.document,
            "target": row.target,
            "act": approved.act_id,
        },
    ).scalar_one()
    content = {"unit": code, "what": row.kind, "points": row.points, "target": row.target}
    told = {"period": period.key, "adjustment": adjustment_id, **approved.told(), **content}
    record(connection, "adjustment.added", told, period.id)
    return adjustment_id


def standing_adjustment(connection: Connection, period: PeriodRow, adjustment_id: int) -> Mapping[str, Any]:
    """An adjustment in force, before publication: unit, kind, points; Problem wrong_state, not_found."""
    require_state(period.state, _CHANGEABLE)
    row = (
        connection.execute(
            text(
                "SELECT a.id AS adjustment, u.code AS unit, a.kind, a.points, a.target FROM adjustment a"
                " JOIN unit u ON u.id = a.unit_id"
                " WHERE a.id = :id AND a.period_id = :period AND a.withdrawn_reason = ''"
            ),
            {"id": adjustment_id, "period": period.id},
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        raise not_found(zh=f"有效的加减分{adjustment_id}", en=f"Adjustment {adjustment_id} in force")
    return dict(row)


def withdraw_adjustment(
    connection: Connection, approved: Approved, period: PeriodRow, adjustment_id: int, reason: str
) -> None:
    """Take an adjustment out of force, as approved; Problem wrong_state, not_found."""
    standing_adjustment(connection, period, adjustment_id)
    connection.execute(
        text("UPDATE adjustment SET withdrawn_reason = :reason, withdrawn_act_id = :act WHERE id = :id"),
        {"id": adjustment_id, "act": approved.act_id, "reason": reason},
    )
    content = {"period": period.key, "adjustment": adjustment_id, **approved.told()}
    record(connection, "adjustment.withdrawn", content, period.id)


def add_decisions(
    connection: Connection, caller: Caller, period: PeriodRow, rows: Sequence[DecisionRow]
) -> None:
    """Record decisions; a later one on the same matter outranks the earlier."""
    require_state(period.state, _CHANGEABLE)
    wanted = [row.unit for row in rows if row.unit]
    ids = dict(zip(wanted, _unit_ids(connection, period, wanted), strict=True))
    for row in rows:
        code, unit_id = ids[row.unit] if row.unit else (None, None)
        given: dict[str, Any] = {"kind": row.kind, "channel": row.channel, "category": row.category}
        connection.execute(
            text(
                "INSERT INTO decision (period_id, kind, unit_id, channel, category, choice, reason)"
                " VALUES (:period, :kind, :unit, :channel, :category, :choice, :reason)"
            ),
            {"period": period.id, "unit": unit_id, "choice": row.choice, "reason": row.reason, **given},
        )
        told = {"what": row.kind, "channel": row.channel, "category": row.category, "choice": row.choice}
        content = {"period": period.key, "unit": code, "by": caller.name, **told}
        record(connection, "decision.taken", content, period.id)


def put_previous(
    connection: Connection, caller: Caller, period: PeriodRow, rows: Sequence[PreviousRow]
) -> None:
    """Set the earlier results that rules over consecutive periods look at."""
    require_state(period.state, _CHANGEABLE)
    units = _unit_ids(connection, period, [row.unit for row in rows])
    connection.execute(text("DELETE FROM previous_result WHERE period_id = :id"), {"id": period.id})
    for row, (_, unit_id) in zip(rows, units, strict=True):
        connection.execute(
            text(
                "INSERT INTO previous_result (period_id, earlier, unit_id, category, total, rank, of)"
                " VALUES (:period, :earlier, :unit, :category, :total, :rank, :of)"
            ),
            {
                "period": period.id,
                "earlier": row.period,
                "unit": unit_id,
                "category": row.category,
                "total": row.total,
                "rank": row.rank,
                "of": row.of,
            },
        )
    record(
        connection, "previous.set", {"period": period.key, "rows": len(rows), "by": caller.name}, period.id
    )


def _channel_ids(connection: Connection, period: PeriodRow, keys: Sequence[str]) -> Mapping[str, int]:
    rows = connection.execute(text("SELECT key, id FROM channel WHERE period_id = :id"), {"id": period.id})
    known = {row.key: row.id for row in rows}
    message = Text(zh="方案没有此渠道。", en="Not a channel of the scheme.")
    errors = [
        FieldError(
            code="channel_unknown", message=message, pointer=f"/rolls/{position}/channel", column="channel"
        )
        for position, key in enumerate(keys)
        if key not in known
    ]
    if errors:
        raise Problem("rolls_invalid", 422, Text(zh="名册数有错误。", en="The rolls have errors."), errors)
    return known


def _unit_ids(connection: Connection, period: PeriodRow, given: Sequence[str]) -> list[tuple[str, int]]:
    index = unit_index(connection, period.id, given)
    found = [index.find(unit) for unit in given]
    errors = [
        FieldError(code=unit.code, message=unit.message, pointer=f"/{position}/unit", column="unit")
        for position, unit in enumerate(found)
        if isinstance(unit, FieldError)
    ]
    if errors:
        raise Problem(
            "units_unknown", 422, Text(zh="有单位无法识别。", en="Some units are not known."), errors
        )
    return [unit for unit in found if not isinstance(unit, FieldError)]
