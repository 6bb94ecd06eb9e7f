"""Takes deliveries: entries, leaves, receipt and the request to fold them, in one transaction, or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.errors import DeadlockDetected
from sqlalchemy import Connection, bindparam, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from pingyi.channels import Text
from pingyi.database_refusals import not_open
from pingyi.db import Lock, hold, transaction
from pingyi.domain.errors import Problem
from pingyi.domain.period_state import PeriodState
from pingyi.models import Delivery, Receipt
from pingyi.services.core.bound_channels import BoundChannel, ChannelRef, bound_channel
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import forbidden
from pingyi.services.intake.contradictions import refuse_contradictions
from pingyi.services.intake.evidence_references import keep_referred
from pingyi.services.intake.parse_rows import read_rows
from pingyi.services.intake.store_entries import (
    CurrentEntry,
    TwinError,
    find_current_entries,
    insert_rows,
    receipt_of,
    require_reasons,
    rows_to_store,
)

TRIES = 5
_CLAIM = (
    insert(Delivery)
    .on_conflict_do_nothing(index_elements=[Delivery.api_key_id, Delivery.idempotency_key])
    .returning(Delivery.id)
)
_RECEIPTS = select(Delivery.fingerprint, Receipt.body).join(Receipt, Receipt.delivery_id == Delivery.id)
_EARLIER = _RECEIPTS.where(
    Delivery.api_key_id == bindparam("api_key"), Delivery.idempotency_key == bindparam("key")
)
# For the index two rows without an API key are never the same; and NULL equals nothing.
_WITHOUT_KEY = (Delivery.api_key_id.is_(None), Delivery.idempotency_key == bindparam("key"))
_EARLIER_WITHOUT_KEY = _RECEIPTS.where(*_WITHOUT_KEY)
_IS_CLAIMED = select(exists().where(*_WITHOUT_KEY))


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeatable:
    """What makes a request safe to repeat: the caller's key for it and the SHA-256 of what it asked."""

    key: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """The receipt's bytes, and whether they are those of an earlier, identical request."""

    receipt: bytes
    replayed: bool


def deliver(
    caller: Caller,
    ref: ChannelRef,
    rows: Sequence[Mapping[str, Any]],
    *,
    repeatable: Repeatable | None = None,
    kind: str = "api",
    seen: Sequence[str] | None = None,
) -> Answer:
    """Store a batch of entries, all or nothing, and answer with its receipt (canonical JSON).

    `seen`: for each row the leaf of the entry that stood for it when it was shown, "" where none did. Raises
    Problem: not_found, forbidden, period_not_open, entries_invalid, reason_required, key_reused, and
    preview_outdated where others stand now than were `seen`.
    """
    for _ in range(TRIES):
        try:
            with transaction() as connection:
                working = bound_channel(connection, ref)
                return _deliver(connection, caller, working, rows, repeatable, kind, seen)
        except TwinError:
            continue
        except DBAPIError as error:
            if not isinstance(error.orig, DeadlockDetected):
                raise
    raise _busy()


def _deliver(
    connection: Connection,
    caller: Caller,
    working: BoundChannel,
    rows: Sequence[Mapping[str, Any]],
    repeatable: Repeatable | None,
    kind: str,
    seen: Sequence[str] | None,
) -> Answer:
    if not caller.may_deliver(working.operator_id, working.key):
        raise forbidden()
    delivery_id = claim_delivery(connection, working, caller, repeatable, kind)
    if delivery_id is None and repeatable:
        return replay_delivery(connection, caller, repeatable)
    if working.state != PeriodState.OPEN:
        raise not_open()
    entries = read_rows(connection, working, rows)
    heads = find_current_entries(connection, working, entries)
    if seen is not None and [leaf_of(heads, entry.identity) for entry in entries] != [*seen]:
        raise Problem("preview_outdated", 409, _OUTDATED)
    require_reasons(working, entries, heads)
    refuse_contradictions(connection, working, entries)
    stored = rows_to_store(working, caller, delivery_id or 0, entries, heads)
    receipt = receipt_of(working, delivery_id or 0, stored)
    insert_rows(connection, working, delivery_id or 0, stored, receipt)
    if not keep_referred(connection, working, (entry.values for entry in entries)):
        raise TwinError
    return Answer(receipt, replayed=False)


_OUTDATED = Text(
    zh="核对之后又有新的报送，此项的内容已变化，未保存任何内容；请再次核对。",
    en="This item was delivered again after you checked it, so nothing was stored; check it once more.",
)


def leaf_of(heads: Mapping[str, CurrentEntry], identity: str) -> str:
    """The leaf of the entry that stands for an identity, "" where none does."""
    return heads[identity].leaf if identity in heads else ""


def claim_delivery(
    connection: Connection, working: BoundChannel, caller: Caller, repeatable: Repeatable | None, kind: str
) -> int | None:
    """Insert the delivery first: a concurrent twin with the same key waits here and is then replayed."""
    if caller.api_key_id is None and repeatable and _is_claimed(connection, repeatable):
        return None
    stored = {
        "period_id": working.period_id,
        "channel_id": working.id,
        "kind": kind,
        "api_key_id": caller.api_key_id,
        "idempotency_key": repeatable.key if repeatable else None,
        "fingerprint": repeatable.fingerprint if repeatable else None,
    }
    delivery_id: int | None = connection.execute(_CLAIM, stored).scalar_one_or_none()
    return delivery_id


def _is_claimed(connection: Connection, repeatable: Repeatable) -> bool:
    """Whether somebody without an API key used this key before; twins wait for each other."""
    digest = hashlib.sha256(repeatable.key.encode()).digest()
    hold(connection, Lock.REPEATS_WITHOUT_KEY, int.from_bytes(digest[:8]))
    return connection.execute(_IS_CLAIMED, {"key": repeatable.key}).scalar_one()


def replay_delivery(connection: Connection, caller: Caller, repeatable: Repeatable) -> Answer:
    if caller.api_key_id is None:
        row = connection.execute(_EARLIER_WITHOUT_KEY, {"key": repeatable.key}).one()
    else:
        row = connection.execute(_EARLIER, {"api_key": caller.api_key_id, "key": repeatable.key}).one()
    if row.fingerprint != repeatable.fingerprint:
        message = Text(
            zh="此 Idempotency-Key 已用于另一份内容；新的内容请换一个键。",
            en="This Idempotency-Key was used for other content; send new content with a new key.",
        )
        raise Problem("key_reused", 422, message)
    return Answer(row.body, replayed=True)


def _busy() -> Problem:
    message = Text(
        zh="同一项目正在被多个请求更正，请稍后用同一个键重试。",
        en="Several requests are correcting the same items; try again with the same key.",
    )
    return Problem("busy", 409, message, retry_after_seconds=1)


def fingerprint(method: str, path: str, body: bytes) -> bytes:
    """SHA-256 of what a request asks."""
    return hashlib.sha256(b"\n".join((method.encode(), path.encode(), body))).digest()
