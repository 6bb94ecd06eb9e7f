"""Adds what unfolded deliveries count to their channel's counters, in one transaction with their removal."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

import msgspec
from sqlalchemy import Connection, text

from pingyi.db import transaction
from pingyi.outbox import FOLD, request_work, take_requests

BATCH_ENTRIES = 5_000
LOCK_SPACE = 2

Cell = tuple[int, str]
Counts = dict[str, int]
_GROUPS = msgspec.json.Decoder(list[Counts])
_MAP = msgspec.json.Decoder(Counts)


def fold_channel(channel_id: int, batch_entries: int = BATCH_ENTRIES) -> int:
    """Fold all that waits for a channel, batch by batch; returns the number of entries. Safe to run twice."""
    folded = 0
    while batch := _fold_batch(channel_id, batch_entries):
        folded += batch
    return folded


def _fold_batch(channel_id: int, batch_entries: int) -> int:
    with transaction() as connection:
        # Before the maps are read: two workers that create one row would lose counts.
        connection.execute(
            text("SELECT pg_advisory_xact_lock(:space, :channel)"),
            {"space": LOCK_SPACE, "channel": channel_id},
        )
        take_requests(connection, FOLD, channel_id)
        entries = fold_into_counters(connection, channel_id, batch_entries)
        if entries:
            request_work(connection, FOLD, channel_id)
        return entries


def fold_into_counters(connection: Connection, channel_id: int, batch_entries: int) -> int:
    """Fold whole deliveries, oldest first, until `batch_entries` are reached; the caller holds the channel's lock."""
    taken = connection.execute(text(_TAKE), {"channel": channel_id, "most": batch_entries}).all()
    if not taken:
        return 0
    deliveries = [row.delivery_id for row in taken]
    sums: dict[Cell, Counts] = {}
    for row in connection.execute(text(_READ), {"deliveries": deliveries}):
        _add(sums, (row.unit_id, row.standing), row.counts, row.sign * row.times)
    _write(connection, channel_id, sums)
    return sum(row.entries for row in taken)


def _add(sums: MutableMapping[Cell, Counts], cell: Cell, document: str, times: int) -> None:
    into = sums.setdefault(cell, {})
    for counts in _GROUPS.decode(document):
        for name, amount in counts.items():
            into[name] = into.get(name, 0) + amount * times


def _write(connection: Connection, channel_id: int, sums: Mapping[Cell, Counts]) -> None:
    rows: list[dict[str, Any]] = []
    stored = _stored(connection, channel_id, sums)
    for (unit_id, standing), added in sums.items():
        counts = stored.get((unit_id, standing), {})
        for name, amount in added.items():
            counts[name] = counts.get(name, 0) + amount
        kept = {name: amount for name, amount in counts.items() if amount}
        rows.append({"unit_id": unit_id, "standing": standing, "counts": kept})
    connection.execute(text(_UPSERT), {"channel": channel_id, "rows": msgspec.json.encode(rows).decode()})


def _stored(connection: Connection, channel_id: int, sums: Mapping[Cell, Counts]) -> dict[Cell, Counts]:
    rows = connection.execute(
        text(
            "SELECT unit_id, standing, counts::text AS counts FROM counter"
            " WHERE channel_id = :channel AND unit_id = ANY(:units)"
        ),
        {"channel": channel_id, "units": sorted({unit_id for unit_id, _ in sums})},
    )
    return {(row.unit_id, row.standing): _MAP.decode(row.counts) for row in rows}


_TAKE = """
DELETE FROM unfolded WHERE delivery_id IN (
  SELECT delivery_id FROM (
    SELECT delivery_id, entries, sum(entries) OVER (ORDER BY delivery_id) AS upto
    FROM unfolded WHERE channel_id = :channel
  ) AS waiting WHERE upto - entries < :most
) RETURNING delivery_id, entries
"""

# Equal counts of one unit are read once with their number; what an entry replaces is read with it and subtracted.
_READ = """
WITH folded AS MATERIALIZED (SELECT * FROM entry WHERE delivery_id = ANY(:deliveries)),
parts AS (
  SELECT unit_id, standing, counts::text AS counts, shared::text AS shared, 1 AS sign FROM folded
  UNION ALL
  SELECT e.unit_id, e.standing, e.counts::text, e.shared::text, -1
  FROM folded f JOIN entry e ON e.delivery_id = f.replaces_delivery AND e.position = f.replaces_position
  WHERE f.replaces_delivery IS NOT NULL
), counted AS (
  SELECT unit_id, standing, counts, sign, count(*) AS times FROM parts WHERE counts <> '{}' GROUP BY 1, 2, 3, 4
  UNION ALL
  SELECT 0, standing, shared, sign, count(*) FROM parts WHERE shared <> '{}' GROUP BY 2, 3, 4
)
SELECT unit_id, standing, sign, times, '[' || string_agg(counts, ',') || ']' AS counts
FROM counted GROUP BY unit_id, standing, sign, times
"""

_UPSERT = """
INSERT INTO counter (channel_id, unit_id, standing, counts)
SELECT :channel, unit_id, standing, counts
FROM json_to_recordset(CAST(:rows AS json)) AS r(unit_id bigint, standing text, counts json)
ON CONFLICT (channel_id, unit_id, standing) DO UPDATE SET counts = excluded.counts
"""
