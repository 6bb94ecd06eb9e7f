"""What every page about one channel says at its top, and which of its pages the reader may open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from pingyi.channels import Page, Text
from pingyi.models import Channel, Operator, Period
from pingyi.services.core.bound_channels import BoundChannel, ChannelRef
from pingyi.services.core.callers import Caller
from pingyi.services.intake.evidence_references import COLUMN
from pingyi.services.intake.partner_queries import readable_channel

_HEAD = (
    select(Operator.name.label("operator"), Period.demonstration)
    .join(Channel, Channel.operator_id == Operator.id)
    .join(Period, Period.id == Channel.period_id)
    .where(Channel.id == bindparam("channel"))
)


@dataclass(frozen=True, slots=True)
class ChannelHeader:
    """A channel as its pages name it; `takes_evidence`: its entries have a column for it."""

    place: ChannelRef
    title: Text
    operator: str
    state: str
    demonstration: bool
    may_deliver: bool
    takes_evidence: bool
    pages: Sequence[Page]


def channel_header(
    connection: Connection, caller: Caller, place: ChannelRef
) -> tuple[ChannelHeader, BoundChannel]:
    """The top of a channel's pages, for its operator and the office; Problem not_found or forbidden."""
    working = readable_channel(connection, caller, place)
    row = connection.execute(_HEAD, {"channel": working.id}).one()
    head = ChannelHeader(
        place,
        working.plan.title,
        row.operator,
        working.state,
        row.demonstration,
        caller.may_deliver(working.operator_id, working.key),
        COLUMN in working.plugin.entry_schema().fields,
        tuple(working.plugin.pages),
    )
    return head, working
