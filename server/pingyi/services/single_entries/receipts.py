"""The receipt of a delivery as people read and print it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, String, and_, bindparam, cast, exists, select
from sqlalchemy.orm import aliased

from pingyi.channels import Text
from pingyi.db import one_row, rows
from pingyi.models import Delivery, Entry, Receipt, Unfolded
from pingyi.services.core.bound_channels import BoundChannel
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import not_found
from pingyi.services.intake.entry_cells import EntryCell, cells_of, compared, private_titles
from pingyi.services.single_entries.preview import moved_unit, unit_names

MOST_LINES = 100
VERDICTS: Mapping[str, Text] = {
    "new": Text(zh="新增", en="New"),
    "corrected": Text(zh="更正", en="Corrected"),
    "unchanged": Text(zh="未变", en="Unchanged"),
    "withdrawn": Text(zh="撤回", en="Withdrawn"),
}
_RECEIPT = (
    select(
        Receipt.body,
        Delivery.received_at,
        exists().where(Unfolded.delivery_id == Delivery.id).label("waiting"),
    )
    .join(Delivery, Delivery.id == Receipt.delivery_id)
    .where(Delivery.id == bindparam("delivery"), Delivery.channel_id == bindparam("channel"))
)
_replaced = aliased(Entry)
_STORED = (
    select(
        Entry.position,
        cast(Entry.values, String).label("values"),
        Entry.standing,
        Entry.reason,
        cast(_replaced.values, String).label("before"),
        _replaced.standing.label("was"),
    )
    .outerjoin(
        _replaced,
        and_(_replaced.delivery_id == Entry.replaces_delivery, _replaced.position == Entry.replaces_position),
    )
    .where(Entry.delivery_id == bindparam("delivery"), Entry.position < bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class _ReceiptRow:
    body: bytes
    received_at: datetime
    waiting: bool


@dataclass(frozen=True, slots=True)
class _StoredRow:
    position: int
    values: str
    standing: str
    reason: str
    before: str | None
    was: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptLine:
    """What became of one entry; `digest`: its leaf in the record. Of an unchanged one there are no cells."""

    position: int
    unit: str
    name: str
    verdict: Text
    digest: str
    cells: Sequence[EntryCell]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptPage:
    """`lines`: the first MOST_LINES of `entries`; `sha256`: of the receipt's bytes; `head`: the newest head
    of the record when it was written; `waiting`: not counted yet; `hidden`: columns kept from the reader.
    """

    delivery: int
    received_at: datetime
    entries: int
    lines: Sequence[ReceiptLine]
    sha256: str
    head: str
    waiting: bool
    hidden: Sequence[Text]


def receipt_page(connection: Connection, caller: Caller, working: BoundChannel, delivery: int) -> ReceiptPage:
    """The receipt of a delivery of the channel; Problem not_found."""
    row = one_row(connection, _ReceiptRow, _RECEIPT, delivery=delivery, channel=working.id)
    if row is None:
        raise not_found(zh=f"报送{delivery}的回执", en=f"A receipt of delivery {delivery}")
    body = msgspec.json.decode(row.body)
    private = {} if caller.may_deliver(working.operator_id, working.key) else private_titles(working)
    stored = {
        one.position: one for one in rows(connection, _StoredRow, _STORED, delivery=delivery, most=MOST_LINES)
    }
    names = unit_names(connection, working)
    return ReceiptPage(
        delivery=delivery,
        received_at=row.received_at,
        entries=len(body["entries"]),
        lines=[
            _line(working, one, stored.get(one["position"]), names, frozenset(private))
            for one in body["entries"][:MOST_LINES]
        ],
        sha256=hashlib.sha256(row.body).hexdigest(),
        head=body["checkpoint"] or "",
        waiting=row.waiting,
        hidden=list(private.values()),
    )


def _line(
    working: BoundChannel,
    told: Mapping[str, Any],
    stored: _StoredRow | None,
    names: Mapping[str, str],
    hidden: frozenset[str],
) -> ReceiptLine:
    unit = told["unit"] or ""
    return ReceiptLine(
        position=told["position"],
        unit=unit,
        name=names.get(unit, ""),
        verdict=VERDICTS[told["verdict"]],
        digest=told["hash"],
        cells=_cells(working, stored, names, hidden) if stored else (),
        reason=stored.reason if stored else "",
    )


def _cells(
    working: BoundChannel, stored: _StoredRow, names: Mapping[str, str], hidden: frozenset[str]
) -> list[EntryCell]:
    values = _shown(stored.values, hidden)
    if stored.before is None or stored.was is None:
        return cells_of(working, values)
    before = _shown(stored.before, hidden)
    changed = compared(working, before, values, (stored.was, stored.standing))
    return [*moved_unit(before, values, names), *changed]


def _shown(values: str, hidden: frozenset[str]) -> dict[str, Any]:
    decoded = msgspec.json.decode(values)
    return {name: value for name, value in decoded.items() if name not in hidden}
