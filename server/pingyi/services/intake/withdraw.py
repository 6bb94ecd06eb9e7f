"""Withdraws an entry: a disposition that moves its stored counts to the standing `rejected`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, text

from pingyi.channels import Text
from pingyi.database_refusals import not_open
from pingyi.db import Lock, hold, transaction
from pingyi.domain.errors import Problem
from pingyi.domain.period_state import PeriodState
from pingyi.services.core.bound_channels import BoundChannel, ChannelRef, bound_channel
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import forbidden, not_found
from pingyi.services.intake.deliveries import Answer, Repeatable, claim_delivery, replay_delivery
from pingyi.services.intake.dispositions import move_standing
from pingyi.services.intake.store_entries import receipt_of

REJECTED = "rejected"


def withdraw(
    caller: Caller,
    ref: ChannelRef,
    entry: tuple[int, int],
    reason: str,
    repeatable: Repeatable,
) -> Answer:
    """Withdraw the standing entry (delivery, position) with a reason, and answer with the receipt.

    Raises Problem: not_found, forbidden, period_not_open, not_standing, key_reused.
    """
    with transaction() as connection:
        working = bound_channel(connection, ref)
        if not caller.may_deliver(working.operator_id, working.key):
            raise forbidden()
        delivery_id = claim_delivery(connection, working, caller, repeatable, "disposition")
        if delivery_id is None:
            return replay_delivery(connection, caller, repeatable)
        standing = _standing_entry(connection, working, entry)
        _require_open(connection, working)
        return Answer(_store(connection, working, caller, delivery_id, standing, reason), replayed=False)


def _standing_entry(connection: Connection, working: BoundChannel, entry: tuple[int, int]) -> Row[Any]:
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


def _not_standing(connection: Connection, working: BoundChannel, entry: tuple[int, int]) -> Problem:
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
        zh="此条已被更正或撤回，无须再撤回。",
        en="This entry was corrected or withdrawn already; it does not stand.",
    )
    return Problem("not_standing", 409, message)


def _require_open(connection: Connection, working: BoundChannel) -> None:
    """Hold the period's lock shared, then look at its state: the trigger lets later dispositions through."""
    hold(connection, Lock.ENTRIES_OF_PERIOD, working.period_id, shared=True)
    state = connection.execute(
        text("SELECT state FROM period WHERE id = :period"), {"period": working.period_id}
    ).scalar_one()
    if state != PeriodState.OPEN:
        raise not_open()


def _store(
    connection: Connection,
    working: BoundChannel,
    caller: Caller,
    delivery_id: int,
    standing: Row[Any],
    reason: str,
) -> bytes:
    verdicts = {standing.identity: (REJECTED, reason)}
    (row,) = move_standing(connection, caller, working, delivery_id, verdicts)
    told = {"position": 0, "unit": standing.unit, "verdict": "withdrawn", "hash": row["hash"]}
    receipt = receipt_of(working, delivery_id, [told])
    connection.execute(
        text("INSERT INTO receipt (delivery_id, body) VALUES (:delivery, :body)"),
        {"delivery": delivery_id, "body": receipt},
    )
    return receipt
