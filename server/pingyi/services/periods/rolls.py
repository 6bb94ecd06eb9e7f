"""Rolls: counts known beforehand of a period's channels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from pingyi.channels import Text
from pingyi.domain.errors import FieldError, Problem
from pingyi.domain.period_state import UNTIL_CLOSING
from pingyi.ledger.leaves import record
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import require_state
from pingyi.services.periods.periods import PeriodRow


@dataclass(frozen=True, slots=True, kw_only=True)
class RollRow:
    """A count known beforehand for a channel."""

    channel: str
    name: str
    count: int
    stratum: str = ""


def put_rolls(connection: Connection, caller: Caller, period: PeriodRow, rolls: Sequence[RollRow]) -> None:
    """Set the counts known beforehand, until the period closes."""
    require_state(period.state, UNTIL_CLOSING)
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
