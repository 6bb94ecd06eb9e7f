"""What an operator sees of its own: its channels with their state, and the files it brought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from pingyi.channels import Text
from pingyi.db import rows
from pingyi.services.core.bound_channels import BoundChannel, issued_scheme
from pingyi.services.core.callers import Caller

MOST_FILES = 20


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
    """A file that was brought to a channel; `delivery` once it is confirmed."""

    id: int
    name: str
    wrong: int
    delivery: int | None
    uploaded_at: datetime


def own_channels(connection: Connection, caller: Caller) -> list[OwnChannel]:
    """The channels that are this operator's to deliver, newest periods first."""
    found = []
    for row in connection.execute(text(_CHANNELS), {"operator": caller.operator_id}).all():
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


_CHANNELS = """
SELECT p.key AS period, p.state, p.scheme_id, c.key, c.plugin, c.operator_id,
  (SELECT count(*) FROM entry_head h WHERE h.channel_id = c.id) AS entries,
  (SELECT max(d.received_at) FROM delivery d WHERE d.channel_id = c.id) AS last_at,
  (SELECT count(*) FROM upload u WHERE u.channel_id = c.id AND u.delivery_id IS NULL) AS unconfirmed
FROM channel c JOIN period p ON p.id = c.period_id
WHERE c.operator_id = :operator AND p.state <> 'draft'
ORDER BY p.id DESC, c.position
"""


def own_files(connection: Connection, working: BoundChannel) -> list[OwnFile]:
    """The newest files of a channel."""
    return rows(connection, OwnFile, _FILES, channel=working.id, most=MOST_FILES)


_FILES = """
SELECT id, name, wrong, delivery_id AS delivery, uploaded_at FROM upload
WHERE channel_id = :channel ORDER BY id DESC LIMIT :most
"""
