"""Counts a channel anew when its plugin's version changed while the period is open."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, and_, bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from pingyi.db import Lock, hold, transaction
from pingyi.domain.errors import Problem
from pingyi.domain.period_state import PeriodState
from pingyi.models import Channel, Counter, Entry, Period, Progress, Unfolded
from pingyi.outbox import request_work
from pingyi.registry import current_registry
from pingyi.services.core.bound_channels import BoundChannel, channel_by_id
from pingyi.services.core.plugin_timeouts import guarded
from pingyi.services.core.progress import report_progress, stop_progress
from pingyi.services.intake.parse_rows import plugin_failed, tally_entry
from pingyi.topics import FOLD

BATCH_ENTRIES = 5_000
REFOLD = "refold"
_log = logging.getLogger(__name__)
_OPEN = (
    select(
        Channel.id,
        Channel.plugin,
        Channel.plugin_version,
        func.coalesce(Progress.error, "").label("failure"),
    )
    .join(Period, Period.id == Channel.period_id)
    .outerjoin(Progress, and_(Progress.topic == REFOLD, Progress.subject_id == Channel.id))
    .where(Period.state == PeriodState.OPEN)
    .order_by(Channel.id)
)
_OF_CHANNEL = Entry.channel_id == bindparam("channel")
_ENTRIES = select(Entry.delivery_id, Entry.position, Entry.values).where(_OF_CHANNEL)
_FORGET = delete(Counter).where(Counter.channel_id == bindparam("channel"))
_FOLD_AGAIN = (
    insert(Unfolded)
    .from_select(
        ["delivery_id", "channel_id", "entries"],
        select(Entry.delivery_id, Entry.channel_id, func.count())
        .where(_OF_CHANNEL)
        .group_by(Entry.delivery_id, Entry.channel_id),
    )
    .on_conflict_do_nothing()
)
_NOTE_VERSION = (
    update(Channel).where(Channel.id == bindparam("channel")).values(plugin_version=bindparam("version"))
)


def outdated_channels(connection: Connection) -> list[int]:
    """Channels of open periods whose entries were counted by another version of their plugin.

    One whose count by the new version failed is left alone until there is yet another version.
    """
    registry = current_registry()
    return [
        row.id
        for row in connection.execute(_OPEN)
        if row.plugin in registry.channels
        and registry.version(row.plugin) != row.plugin_version
        and f"({registry.version(row.plugin)})" not in row.failure
    ]


def refold_outdated() -> int:
    """Count every outdated channel anew, each in a transaction that holds intake; returns their number.

    Where the new version fails, the channel keeps its counts, and the office's page of plugins says why.
    """
    with transaction() as connection:
        outdated = outdated_channels(connection)
    return sum(_refolded(channel_id) for channel_id in outdated)


def _refolded(channel_id: int) -> bool:
    try:
        with transaction() as connection:
            _refold(connection, channel_id)
            report_progress(connection, REFOLD, channel_id, 1, 1)
    except Problem as problem:
        _log.error("channel %s keeps its counts: %s", channel_id, problem.message.en)
        with transaction() as connection:
            stop_progress(connection, REFOLD, channel_id, problem.message)
        return False
    return True


def _refold(connection: Connection, channel_id: int) -> None:
    working = channel_by_id(connection, channel_id)
    hold(connection, Lock.ENTRIES_OF_PERIOD, working.period_id)
    hold(connection, Lock.COUNTERS_OF_CHANNEL, channel_id)
    rows = connection.execute(_ENTRIES, {"channel": channel_id})
    counted: list[dict[str, Any]] = []
    for batch in rows.partitions(BATCH_ENTRIES):
        with guarded(partial(plugin_failed, working)):
            counted += _counted_anew(working, batch)
    connection.execute(_STORE, {"rows": msgspec.json.encode(counted).decode()})
    connection.execute(_FORGET, {"channel": channel_id})
    connection.execute(_FOLD_AGAIN, {"channel": channel_id})
    version = current_registry().version(working.plan.plugin)
    connection.execute(_NOTE_VERSION, {"channel": channel_id, "version": version})
    request_work(connection, FOLD, channel_id)


def _counted_anew(working: BoundChannel, rows: Iterable[Row[Any]]) -> Iterable[dict[str, Any]]:
    """New counts of some entries; a disposition holds the values of the entry that it moves."""
    schema = working.plugin.entry_schema(working.context)
    for row in rows:
        values = schema.load(row.values)
        counts, shared = tally_entry(working, values.get("unit"), values)
        yield {"delivery": row.delivery_id, "position": row.position, "counts": counts, "shared": shared}


_STORE = text("""
UPDATE entry SET counts = r.counts, shared = r.shared
FROM json_to_recordset(CAST(:rows AS json)) AS r(delivery bigint, position bigint, counts json, shared json)
WHERE entry.delivery_id = r.delivery AND entry.position = r.position
""")
