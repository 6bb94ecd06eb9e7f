"""What an operator sees of its own: its channels with their state, and the files it brought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, false, func, select

from pingyi.channels import Text
from pingyi.db import rows
from pingyi.domain.period_state import PeriodState
from pingyi.models import Channel, Delivery, EntryHead, Period, Upload
from pingyi.services.core.bound_channels import BoundChannel, issued_scheme
from pingyi.services.core.callers import Caller

MOST_FILES = 20
_CHANNELS = (
    select(
        Period.key.label("period"),
        Period.state,
        Period.scheme_id,
        Channel.key,
        Channel.plugin,
        Channel.operator_id,
        select(func.count())
        .select_from(EntryHead)
        .where(EntryHead.channel_id == Channel.id)
        .scalar_subquery()
        .label("entries"),
        select(func.max(Delivery.received_at))
        .where(Delivery.channel_id == Channel.id)
        .scalar_subquery()
        .label("last_at"),
        select(func.count())
        .select_from(Upload)
        .where(Upload.channel_id == Channel.id, Upload.delivery_id.is_(None))
        .scalar_subquery()
        .label("unconfirmed"),
    )
    .join(Channel, Channel.period_id == Period.id)
    .where(Channel.operator_id == bindparam("operator"), Period.state != PeriodState.DRAFT)
    .order_by(Period.id.desc(), Channel.position)
)
_FILES = (
    select(
        Upload.id,
        Upload.name,
        Upload.wrong,
        func.coalesce(func.json_array_length(Upload.columns["faults"]) > 0, false()).label("columns"),
        Upload.delivery_id.label("delivery"),
        Upload.uploaded_at,
    )
    .where(Upload.channel_id == bindparam("channel"))
    .order_by(Upload.id.desc())
    .limit(MOST_FILES)
)


@dataclass(frozen=True, slots=True)
class OwnChannel:
    """A channel of the operator, with what stands in it."""

    period: str
    state: str
    key: str
    plugin: str
    title: Text
    entries: int
    last_at: datetime | None
    unconfirmed: int


@dataclass(frozen=True, slots=True)
class OwnFile:
    """A file that was brought to a channel; `columns`: they wait for a choice, `delivery`: once confirmed."""

    id: int
    name: str
    wrong: int
    columns: bool
    delivery: int | None
    uploaded_at: datetime


def own_channels(connection: Connection, caller: Caller) -> list[OwnChannel]:
    """The channels that are this operator's to deliver, newest periods first."""
    found = []
    for row in connection.execute(_CHANNELS, {"operator": caller.operator_id}).all():
        plan = issued_scheme(row.scheme_id, connection).channel(row.key)
        if plan is not None and caller.may_deliver(row.operator_id, row.key):
            found.append(
                OwnChannel(
                    row.period,
                    row.state,
                    row.key,
                    row.plugin,
                    plan.title,
                    row.entries,
                    row.last_at,
                    row.unconfirmed,
                )
            )
    return found


def own_files(connection: Connection, working: BoundChannel) -> list[OwnFile]:
    """The newest files of a channel."""
    return rows(connection, OwnFile, _FILES, channel=working.id)
