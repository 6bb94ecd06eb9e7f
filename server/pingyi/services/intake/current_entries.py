"""The entries that stand on a channel, newest first, for its operator and the office."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import BigInteger, Connection, String, and_, bindparam, cast, exists, or_, select

from pingyi.channels import Text
from pingyi.db import rows
from pingyi.domain.errors import FieldError, Problem
from pingyi.models import Delivery, Entry, EntryHead, PeriodUnit, Receipt, Unfolded, Unit
from pingyi.services.core.bound_channels import BoundChannel
from pingyi.services.core.callers import Caller
from pingyi.services.core.unit_index import unit_index
from pingyi.services.intake.entry_cells import STANDINGS, EntryCell, cells_of, private_titles
from pingyi.services.intake.queries import IS_CURRENT

_UNIT = bindparam("unit", type_=BigInteger)
_EVIDENCE = bindparam("evidence", type_=String)
_ENTRIES = (
    select(
        Entry.delivery_id,
        Entry.position,
        Unit.code,
        PeriodUnit.name,
        cast(Entry.values, String).label("values"),
        Entry.standing,
        Entry.reason,
        Entry.replaces_delivery,
        Delivery.received_at,
        exists().where(Unfolded.delivery_id == Delivery.id).label("waiting"),
        exists().where(Receipt.delivery_id == Delivery.id).label("receipt"),
    )
    .join(Delivery, Delivery.id == Entry.delivery_id)
    .join(EntryHead, IS_CURRENT)
    .outerjoin(Unit, Unit.id == Entry.unit_id)
    .outerjoin(
        PeriodUnit,
        and_(PeriodUnit.unit_id == Entry.unit_id, PeriodUnit.period_id == Delivery.period_id),
    )
    .where(
        Delivery.channel_id == bindparam("channel"),
        Delivery.id <= bindparam("delivery"),
        or_(Entry.delivery_id < bindparam("delivery"), Entry.position < bindparam("position")),
        or_(_UNIT.is_(None), Entry.unit_id == _UNIT),
        or_(_EVIDENCE.is_(None), Entry.values["evidence"].as_string().like(_EVIDENCE)),
    )
    .order_by(Delivery.id.desc(), Entry.position.desc())
    .limit(bindparam("most"))
)
_PLACE = re.compile(r"([0-9]{1,18})\.([0-9]{1,9})", re.ASCII)


@dataclass(frozen=True, slots=True)
class EntryLine:
    """An entry that stands; `place` is its delivery and position, `corrects` whether it replaced one.

    `receipt`: its delivery was answered with one.
    """

    place: str
    delivery: int
    position: int
    unit: str
    name: str
    cells: Sequence[EntryCell]
    standing: Text
    counted: bool
    withdrawn: bool
    waiting: bool
    corrects: bool
    reason: str
    received_at: datetime
    receipt: bool


@dataclass(frozen=True, slots=True)
class EntryLines:
    """Some entries, the columns kept from the reader, and the place below which the next page begins."""

    entries: Sequence[EntryLine]
    hidden: Sequence[Text]
    below: str


@dataclass(frozen=True, slots=True)
class _EntryRow:
    delivery_id: int
    position: int
    code: str | None
    name: str | None
    values: str
    standing: str
    reason: str
    replaces_delivery: int | None
    received_at: datetime
    waiting: bool
    receipt: bool


def current_entries_page(
    connection: Connection,
    caller: Caller,
    working: BoundChannel,
    *,
    unit: str = "",
    evidence: str = "",
    below: str = "",
    limit: int = 50,
) -> EntryLines:
    """Entries of one unit where one is named, that refer to one evidence file where one is named.

    Raises Problem units_unknown.
    """
    private = {} if caller.may_deliver(working.operator_id, working.key) else private_titles(working)
    place = _PLACE.fullmatch(below)
    found = rows(
        connection,
        _EntryRow,
        _ENTRIES,
        channel=working.id,
        unit=_unit_id(connection, working, unit) if unit else None,
        evidence=f"%sha256:{evidence}%" if evidence else None,
        delivery=int(place[1]) if place else 2**62,
        position=int(place[2]) if place else 0,
        most=limit + 1,
    )
    lines = [_line(working, row, frozenset(private)) for row in found[:limit]]
    return EntryLines(lines, list(private.values()), lines[-1].place if len(found) > limit else "")


def _unit_id(connection: Connection, working: BoundChannel, given: str) -> int:
    found = unit_index(connection, working.period_id, [given]).find(given)
    if isinstance(found, FieldError):
        raise Problem("units_unknown", 422, found.message)
    return found[1]


def _line(working: BoundChannel, row: _EntryRow, hidden: frozenset[str]) -> EntryLine:
    return EntryLine(
        f"{row.delivery_id}.{row.position}",
        row.delivery_id,
        row.position,
        row.code or "",
        row.name or "",
        cells_of(working, msgspec.json.decode(row.values), hidden),
        STANDINGS[row.standing],
        row.standing == "counted",
        row.standing == "rejected",
        row.waiting,
        row.replaces_delivery is not None,
        row.reason,
        row.received_at,
        row.receipt,
    )
