"""Moves entries from one standing to another by entries of their own; counters and record follow."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, text

from pingyi.db import Lock, hold
from pingyi.domain.canonical import canonical_json
from pingyi.ledger.leaves import commitment, leaf_body, leaf_hash
from pingyi.models import Delivery, Entry, EntryHead
from pingyi.outbox import request_work
from pingyi.services.core.bound_channels import BoundChannel
from pingyi.services.core.callers import Caller
from pingyi.services.intake.queries import LOCKED_HEADS
from pingyi.topics import FOLD

Verdict = tuple[str, str]
_BEGIN = insert(Delivery).values(kind="disposition").returning(Delivery.id)
_HEADS = LOCKED_HEADS.with_only_columns(EntryHead.identity, Entry.hash)


def dispose(
    connection: Connection, caller: Caller, working: BoundChannel, verdicts: Mapping[str, Verdict]
) -> int:
    """Give the entries that stand for these identities a new (standing, reason); returns their number."""
    return len(move_standing(connection, caller, working, begin(connection, caller, working), verdicts))


def begin(connection: Connection, caller: Caller, working: BoundChannel) -> int:
    """A delivery for dispositions, still empty; returns its id."""
    stored = {"period_id": working.period_id, "channel_id": working.id, "api_key_id": caller.api_key_id}
    return connection.execute(_BEGIN, stored).scalar_one()


def move_standing(
    connection: Connection,
    caller: Caller,
    working: BoundChannel,
    delivery_id: int,
    verdicts: Mapping[str, Verdict],
) -> list[dict[str, Any]]:
    """Write the dispositions of a delivery and ask for their folding; returns their rows, with leaf hashes.

    A disposition repeats the values and counts that are stored with the entry it replaces: the fold moves
    exactly those.
    """
    asked = {"channel": working.id, "identities": _json(list(verdicts))}
    heads = connection.execute(_HEADS, asked).all()
    # Heads first, then the period, as in a delivery; before the leaves, so that a freeze parts them.
    hold(connection, Lock.ENTRIES_OF_PERIOD, working.period_id, shared=True)
    rows = [
        _row(working, caller, delivery_id, position, head, verdicts[head.identity])
        for position, head in enumerate(heads)
    ]
    given = {"rows": _json(rows), "period": working.period_id, "channel": working.id, "delivery": delivery_id}
    connection.execute(_DISPOSE, {**given, "n": len(rows)})
    request_work(connection, FOLD, working.id)
    return rows


def _row(
    working: BoundChannel, caller: Caller, delivery_id: int, position: int, head: Any, verdict: Verdict
) -> dict[str, Any]:
    standing, reason = verdict
    salt = secrets.token_bytes(16)
    content = {
        "period": working.period_key,
        "channel": working.key,
        "delivery": delivery_id,
        "position": position,
        "by": caller.name,
        "standing": standing,
        "commitments": {"reason": commitment(salt, reason)},
        "replaces": head.hash.hex(),
    }
    body = leaf_body("disposition", content)
    return {
        "position": position,
        "identity": head.identity,
        "standing": standing,
        "reason": reason,
        "salt": salt.hex(),
        "body": body.decode(),
        "hash": leaf_hash(body).hex(),
    }


def _json(rows: Any) -> str:
    return canonical_json(rows).decode()


_DISPOSE = text("""
WITH given AS MATERIALIZED (
  SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS r(
    position bigint, identity text, standing text, reason text, salt text, body text, hash text)
), entries AS (
  INSERT INTO entry (delivery_id, position, channel_id, unit_id, identity, standing, values, counts, shared,
    replaces_delivery, replaces_position, reason, salt, hash)
  SELECT :delivery, g.position, :channel, e.unit_id, g.identity, g.standing, e.values, e.counts, e.shared,
    e.delivery_id, e.position, g.reason, decode(g.salt, 'hex'), decode(g.hash, 'hex')
  FROM given g JOIN entry_head h ON h.channel_id = :channel AND h.identity = g.identity
  JOIN entry e ON e.delivery_id = h.delivery_id AND e.position = h.position
), leaves AS (
  INSERT INTO leaf (kind, period_id, delivery_id, position, body, hash)
  SELECT 'disposition', :period, :delivery, position, convert_to(body, 'UTF8'), decode(hash, 'hex') FROM given
), heads AS (
  UPDATE entry_head h SET delivery_id = :delivery, position = g.position
  FROM given g WHERE h.channel_id = :channel AND h.identity = g.identity
)
INSERT INTO unfolded (delivery_id, channel_id, entries) VALUES (:delivery, :channel, :n)
""")
