"""Rolls: counts known beforehand of a period's channels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, insert, select

from pingyi.channels import Text
from pingyi.domain.errors import FieldError, Problem
from pingyi.domain.period_state import UNTIL_CLOSING
from pingyi.ledger.leaves import record
from pingyi.models import Channel, Roll
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import require_state
from pingyi.services.periods.periods import PeriodRow

_CHANNELS = select(Channel.key, Channel.id).where(Channel.period_id == bindparam("period"))
_FORGET = delete(Roll).where(
    Roll.channel_id.in_(select(Channel.id).where(Channel.period_id == bindparam("period")))
)
_STORE = insert(Roll)


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
    connection.execute(_FORGET, {"period": period.id})
    stored = [
        {"channel_id": ids[row.channel], "name": row.name, "stratum": row.stratum, "count": row.count}
        for row in rolls
    ]
    if stored:
        connection.execute(_STORE, stored)
    content = [[row.channel, row.name, row.stratum, row.count] for row in rolls]
    record(connection, "rolls.set", {"period": period.key, "rolls": content, "by": caller.name}, period.id)


def _channel_ids(connection: Connection, period: PeriodRow, keys: Sequence[str]) -> Mapping[str, int]:
    known = {row.key: row.id for row in connection.execute(_CHANNELS, {"period": period.id})}
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
