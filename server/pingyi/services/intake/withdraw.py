"""Withdraws an entry: a disposition that moves its stored counts to the standing `rejected`."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, exists, insert, select

from pingyi.channels import Text
from pingyi.database_refusals import not_open
from pingyi.db import Lock, hold, one_row, transaction
from pingyi.domain.errors import Problem
from pingyi.domain.period_state import PeriodState
from pingyi.models import Entry, EntryHead, Period, Receipt, Unit
from pingyi.services.core.bound_channels import BoundChannel, ChannelRef, bound_channel
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import forbidden, not_found
from pingyi.services.intake.deliveries import Answer, Repeatable, claim_delivery, replay_delivery
from pingyi.services.intake.dispositions import move_standing
from pingyi.services.intake.queries import IS_CURRENT
from pingyi.services.intake.store_entries import receipt_of

REJECTED = "rejected"
_OF_PLACE = (
    Entry.delivery_id == bindparam("delivery"),
    Entry.position == bindparam("position"),
    Entry.channel_id == bindparam("channel"),
)
_STANDING = (
    select(Entry.identity, Entry.standing, Unit.code.label("unit"))
    .select_from(EntryHead)
    .join(Entry, IS_CURRENT)
    .outerjoin(Unit, Unit.id == Entry.unit_id)
    .where(*_OF_PLACE)
    .with_for_update(of=EntryHead)
)
_IS_KNOWN = select(exists().where(*_OF_PLACE))
_STATE = select(Period.state).where(Period.id == bindparam("period"))
_RECEIPT = insert(Receipt)


@dataclass(frozen=True, slots=True)
class _Standing:
    identity: str
    standing: str
    unit: str | None


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


def _standing_entry(connection: Connection, working: BoundChannel, entry: tuple[int, int]) -> _Standing:
    """The entry with its head locked, as in a delivery: heads first, then the period."""
    found = one_row(connection, _Standing, _STANDING, **_place(working, entry))
    if found is None or found.standing == REJECTED:
        raise _not_standing(connection, working, entry)
    return found


def _place(working: BoundChannel, entry: tuple[int, int]) -> dict[str, int]:
    return {"delivery": entry[0], "position": entry[1], "channel": working.id}


def _not_standing(connection: Connection, working: BoundChannel, entry: tuple[int, int]) -> Problem:
    if not connection.execute(_IS_KNOWN, _place(working, entry)).scalar_one():
        return not_found(zh=f"报送{entry[0]}的第{entry[1]}条", en=f"Entry {entry[1]} of delivery {entry[0]}")
    message = Text(
        zh="此条已被更正或撤回，无须再撤回。",
        en="This entry was corrected or withdrawn already; it does not stand.",
    )
    return Problem("not_standing", 409, message)


def _require_open(connection: Connection, working: BoundChannel) -> None:
    """Hold the period's lock shared, then look at its state: the trigger lets later dispositions through."""
    hold(connection, Lock.ENTRIES_OF_PERIOD, working.period_id, shared=True)
    if connection.execute(_STATE, {"period": working.period_id}).scalar_one() != PeriodState.OPEN:
        raise not_open()


def _store(
    connection: Connection,
    working: BoundChannel,
    caller: Caller,
    delivery_id: int,
    standing: _Standing,
    reason: str,
) -> bytes:
    verdicts = {standing.identity: (REJECTED, reason)}
    (row,) = move_standing(connection, caller, working, delivery_id, verdicts)
    told = {"position": 0, "unit": standing.unit, "verdict": "withdrawn", "hash": row["hash"]}
    receipt = receipt_of(working, delivery_id, [told])
    connection.execute(_RECEIPT, {"delivery_id": delivery_id, "body": receipt})
    return receipt
