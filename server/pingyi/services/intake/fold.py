"""Adds what unfolded deliveries count to their channel's counters, in one transaction with their removal."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, text

from pingyi.db import Lock, hold, transaction
from pingyi.outbox import request_work, take_requests
from pingyi.topics import FOLD

BATCH_ENTRIES = 5_000

Counts = dict[str, int]
_PARTS = msgspec.json.Decoder(list[tuple[int, Counts]])
_MAP = msgspec.json.Decoder(Counts)
# Sorted: snapshots hold these bytes as they are, and they must not tell the order in which entries came.
_ENCODER = msgspec.json.Encoder(order="sorted")


def fold_channel(channel_id: int, batch_entries: int = BATCH_ENTRIES) -> int:
    """Fold all that waits for a channel, batch by batch; returns the number of entries. Safe to run twice."""
    folded = batch = _fold_batch(channel_id, batch_entries)
    while batch >= batch_entries:
        batch = _fold_batch(channel_id, batch_entries)
        folded += batch
    return folded


def _fold_batch(channel_id: int, batch_entries: int) -> int:
    with transaction() as connection:
        # Before the maps are read: two workers that create one row would lose counts.
        hold(connection, Lock.COUNTERS_OF_CHANNEL, channel_id)
        take_requests(connection, FOLD, channel_id)
        entries = fold_into_counters(connection, channel_id, batch_entries)
        if entries >= batch_entries:
            request_work(connection, FOLD, channel_id)
        return entries


def fold_into_counters(connection: Connection, channel_id: int, batch_entries: int) -> int:
    """Fold whole deliveries, oldest first, until `batch_entries` are reached; the caller holds the lock.

    Fewer than `batch_entries` means that nothing is left of what was committed before.
    """
    taken = connection.execute(_TAKE, {"channel": channel_id, "most": batch_entries}).all()
    if not taken:
        return 0
    given = {"channel": channel_id, "deliveries": [row.delivery_id for row in taken]}
    cells = connection.execute(_READ, given)
    rows = [
        {"unit_id": unit_id, "standing": standing, "counts": _added(stored, parts)}
        for unit_id, standing, stored, parts in cells
    ]
    connection.execute(_UPSERT, {"channel": channel_id, "rows": _ENCODER.encode(rows).decode()})
    return sum(row.entries for row in taken)


def _added(stored: str | None, parts: str) -> Counts:
    """A cell's counters with all parts added, each as often as it says; what comes to 0 is left out."""
    counts = _MAP.decode(stored) if stored else {}
    for times, part in _PARTS.decode(parts):
        for name, amount in part.items():
            counts[name] = counts.get(name, 0) + amount * times
    return {name: amount for name, amount in counts.items() if amount} if 0 in counts.values() else counts


_TAKE = text("""
DELETE FROM unfolded WHERE delivery_id IN (
  SELECT delivery_id FROM (
    SELECT delivery_id, entries, sum(entries) OVER (ORDER BY delivery_id) AS upto
    FROM unfolded WHERE channel_id = :channel
  ) AS waiting WHERE upto - entries < :most
) RETURNING delivery_id, entries
""")

# Equal counts of a unit are read once with their number; what an entry replaces is read too and subtracted.
_READ = text("""
WITH folded AS MATERIALIZED (SELECT * FROM entry WHERE delivery_id = ANY(:deliveries)),
parts AS (
  SELECT unit_id, standing, counts::text AS counts, shared::text AS shared, 1 AS sign FROM folded
  UNION ALL
  SELECT e.unit_id, e.standing, e.counts::text, e.shared::text, -1
  FROM folded f JOIN entry e ON e.delivery_id = f.replaces_delivery AND e.position = f.replaces_position
  WHERE f.replaces_delivery IS NOT NULL
), counted AS (
  SELECT unit_id, standing, counts, sum(sign) AS times FROM parts WHERE counts <> '{}' GROUP BY 1, 2, 3
  UNION ALL
  SELECT 0, standing, shared, sum(sign) FROM parts WHERE shared <> '{}' GROUP BY 2, 3
), cells AS (
  SELECT unit_id, standing, '[' || string_agg('[' || times || ',' || counts || ']', ',') || ']' AS parts
  FROM counted GROUP BY unit_id, standing
)
SELECT p.unit_id, p.standing, c.counts::text AS stored, p.parts
FROM cells p LEFT JOIN counter c
  ON c.channel_id = :channel AND c.unit_id = p.unit_id AND c.standing = p.standing
""")

_UPSERT = text("""
INSERT INTO counter (channel_id, unit_id, standing, counts)
SELECT :channel, unit_id, standing, counts
FROM json_to_recordset(CAST(:rows AS json)) AS r(unit_id bigint, standing text, counts json)
ON CONFLICT (channel_id, unit_id, standing) DO UPDATE SET counts = excluded.counts
""")
