"""Withdraws an entry: a disposition that moves its stored counts to the standing `rejected`."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import Connection, Row, text

from pingyi.channels import Text
from pingyi.db import transaction
from pingyi.domain.canonical import canonical_json
from pingyi.domain.errors import Problem
from pingyi.ledger.leaves import commitment, leaf_hash
from pingyi.services.callers import Caller
from pingyi.services.intake import Answer, Repeatable, _claim, _replay
from pingyi.services.refusals import forbidden, not_found, not_open
from pingyi.services.runtime import WorkingChannel, working_channel

REJECTED = "rejected"
PERIOD_LOCK_SPACE = 1


def withdraw(
    caller: Caller,
    period_key: str,
    channel_key: str,
    entry: tuple[int, int],
    reason: str,
    repeatable: Repeatable,
) -> Answer:
    """Withdraw the standing entry (delivery, position) with a reason, and answer with the receipt.

    Raises Problem: not_found, forbidden, period_not_open, not_standing, key_reused.
    """
    with transaction() as connection:
        working = working_channel(connection, period_key, channel_key)
        if not caller.may_deliver(working.operator_id, working.key):
            raise forbidden()
        delivery_id = _claim(connection, working, caller, repeatable, "disposition")
        if delivery_id is None:
            return _replay(connection, caller, repeatable)
        standing = _standing_entry(connection, working, entry)
        _require_open(connection, working)
        return Answer(_store(connection, working, caller, delivery_id, standing, reason), replayed=False)


def _standing_entry(connection: Connection, working: WorkingChannel, entry: tuple[int, int]) -> Row[Any]:
    """The entry with its head locked, as in a delivery: heads first, then the period."""
    found = connection.execute(
        text(
            "SELECT e.delivery_id, e.position, e.identity, e.standing, e.hash, u.code AS unit"
            " FROM entry_head h JOIN entry e ON e.delivery_id = h.delivery_id AND e.position = h.position"
            " LEFT JOIN unit u ON u.id = e.unit_id"
            " WHERE e.delivery_id = :delivery AND e.position = :position AND e.channel_id = :channel"
            " AND h.channel_id = :channel AND h.identity = e.identity FOR UPDATE OF h"
        ),
        {"delivery": entry[0], "position": entry[1], "channel": working.id},
    ).one_or_none()
    if found is None or found.standing == REJECTED:
        raise _not_standing(connection, working, entry)
    return found


def _not_standing(connection: Connection, working: WorkingChannel, entry: tuple[int, int]) -> Problem:
    known = connection.execute(
        text(
            "SELECT 1 FROM entry"
            " WHERE delivery_id = :delivery AND position = :position AND channel_id = :channel"
        ),
        {"delivery": entry[0], "position": entry[1], "channel": working.id},
    ).first()
    if known is None:
        return not_found(zh=f"报送{entry[0]}的第{entry[1]}条", en=f"Entry {entry[1]} of delivery {entry[0]}")
    message = Text(
        zh="此条已被更正或撤回,无须再撤回。",
        en="This entry was corrected or withdrawn already; it does not stand.",
    )
    return Problem("not_standing", 409, message)


def _require_open(connection: Connection, working: WorkingChannel) -> None:
    """Hold the period's lock shared, then look at its state: the trigger lets later dispositions through."""
    connection.execute(
        text("SELECT pg_advisory_xact_lock_shared(:space, CAST(:period AS int))"),
        {"space": PERIOD_LOCK_SPACE, "period": working.period_id},
    )
    state = connection.execute(
        text("SELECT state FROM period WHERE id = :period"), {"period": working.period_id}
    ).scalar_one()
    if state != "open":
        raise not_open()


def _store(
    connection: Connection,
    working: WorkingChannel,
    caller: Caller,
    delivery_id: int,
    standing: Row[Any],
    reason: str,
) -> bytes:
    salt = secrets.token_bytes(16)
    body = canonical_json(
        {
            "kind": "disposition",
            "nonce": secrets.token_hex(16),
            "period": working.period_key,
            "channel": working.key,
            "delivery": delivery_id,
            "position": 0,
            "by": caller.name,
            "standing": REJECTED,
            "commitments": {"reason": commitment(salt, reason)},
            "replaces": standing.hash.hex(),
        }
    )
    told = {"position": 0, "unit": standing.unit, "verdict": "withdrawn", "hash": leaf_hash(body).hex()}
    receipt = canonical_json(
        {"delivery": delivery_id, "period": working.period_key, "channel": working.key, "entries": [told]}
    )
    given = {"delivery": delivery_id, "channel": working.id, "period": working.period_id, "reason": reason}
    replaced = {
        "replaced": standing.delivery_id,
        "position": standing.position,
        "identity": standing.identity,
    }
    leaf = {"salt": salt, "body": body, "hash": leaf_hash(body), "receipt": receipt}
    connection.execute(text(_INSERT), {**given, **replaced, **leaf})
    return receipt


_INSERT = """
WITH entries AS (
  INSERT INTO entry (delivery_id, position, channel_id, unit_id, identity, standing, values, counts, shared,
    replaces_delivery, replaces_position, reason, salt, hash)
  SELECT :delivery, 0, channel_id, unit_id, identity, 'rejected', values, counts, shared,
    delivery_id, position, :reason, :salt, :hash
  FROM entry WHERE delivery_id = :replaced AND position = :position
), leaves AS (
  INSERT INTO leaf (kind, period_id, delivery_id, position, body, hash)
  VALUES ('disposition', :period, :delivery, 0, :body, :hash)
), heads AS (
  UPDATE entry_head SET delivery_id = :delivery, position = 0
  WHERE channel_id = :channel AND identity = :identity
), folding AS (
  INSERT INTO unfolded (delivery_id, channel_id, entries) VALUES (:delivery, :channel, 1)
), request AS (
  INSERT INTO outbox (topic, subject_id) VALUES ('fold', :channel)
)
INSERT INTO receipt (delivery_id, body) VALUES (:delivery, :receipt)
"""
