"""Rolls: counts known beforehand of a period's channels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from marshmallow import validate
from sqlalchemy import Connection, bindparam, delete, insert, select

from pingyi.channels import Text, Whole, Word
from pingyi.channels.messages import ONE_OF
from pingyi.domain.errors import FieldError, Problem
from pingyi.domain.period_state import UNTIL_CLOSING
from pingyi.ledger.leaves import record
from pingyi.models import Channel, Roll
from pingyi.services.core.bound_channels import ChannelRef, bound_channel
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import require_state
from pingyi.services.core.row_schemas import (
    RowSchema,
    below,
    key_field,
    not_in_scheme,
    repeated,
    row_error,
)
from pingyi.services.periods.periods import PeriodRow

_CHANNELS = select(Channel.key, Channel.id).where(Channel.period_id == bindparam("period"))
_FORGET = delete(Roll).where(
    Roll.channel_id.in_(select(Channel.id).where(Channel.period_id == bindparam("period")))
)
_STORE = insert(Roll)
ROLL_NAMES = ("eligible", "issued", "registered")


@dataclass(frozen=True, slots=True, kw_only=True)
class RollRow:
    """A count known beforehand for a channel."""

    channel: str
    name: str
    count: int
    stratum: str = ""


class RollSchema(RowSchema):
    """How many a channel could reach, of one stratum where its ballot has several."""

    row = RollRow

    channel = key_field(required=True)
    name = Word(required=True, validate=validate.OneOf(ROLL_NAMES))
    count = Whole(required=True)
    stratum = Word(load_default="")


def roll_errors(
    rows: Sequence[RollRow],
    channels: Sequence[str],
    strata_of: Callable[[str], Sequence[str]],
    numbers: Sequence[int] | None = None,
) -> list[FieldError]:
    """What of a list of rolls does not fit the scheme or itself.

    `strata_of`: what a channel weighs, empty where it weighs none. `numbers`: as `repeated` takes them.
    """
    errors = []
    for position, row in enumerate(rows):
        if row.channel and row.channel not in channels:
            errors.append(not_in_scheme(position, "channel", row.channel, channels))
        elif row.channel and row.stratum and (strata := strata_of(row.channel)) and row.stratum not in strata:
            message = ONE_OF.format(choices=", ".join(strata)).text
            errors.append(row_error(position, "stratum", "stratum_unknown", message))
    return [*errors, *repeated(rows, _subject, "name", numbers)]


def _subject(row: RollRow) -> tuple[str, ...] | None:
    return (row.channel, row.name, row.stratum) if row.channel and row.name else None


def put_rolls(connection: Connection, caller: Caller, period: PeriodRow, rolls: Sequence[RollRow]) -> None:
    """Set the counts known beforehand, until the period closes.

    Raises Problem: wrong_state, rolls_invalid (a channel or stratum that is none, a roll twice).
    """
    require_state(period.state, UNTIL_CLOSING)
    ids = {row.key: row.id for row in connection.execute(_CHANNELS, {"period": period.id})}
    errors = roll_errors(rolls, list(ids), lambda channel: _strata(connection, period, channel))
    if errors:
        raise Problem("rolls_invalid", 422, _INVALID, below("/rolls", errors))
    connection.execute(_FORGET, {"period": period.id})
    stored = [
        {"channel_id": ids[row.channel], "name": row.name, "stratum": row.stratum, "count": row.count}
        for row in rolls
    ]
    if stored:
        connection.execute(_STORE, stored)
    content = [[row.channel, row.name, row.stratum, row.count] for row in rolls]
    record(connection, "rolls.set", {"period": period.key, "rolls": content, "by": caller.name}, period.id)


_INVALID = Text(zh="名册数有错误。", en="The rolls have errors.")


def _strata(connection: Connection, period: PeriodRow, channel: str) -> Sequence[str]:
    bound = bound_channel(connection, ChannelRef(period=period.key, channel=channel))
    return tuple(bound.context.settings.get("strata") or ())
