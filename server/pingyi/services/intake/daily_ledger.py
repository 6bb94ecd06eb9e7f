"""The daily ledger (台账) of a channel: every entry there ever was, numbered without gaps, day by day."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Date, String, and_, bindparam, cast, func, select

from pingyi.channels import Text
from pingyi.db import rows
from pingyi.models import Delivery, Entry, PeriodUnit, Unit
from pingyi.services.core.bound_channels import BoundChannel
from pingyi.services.core.callers import Caller
from pingyi.services.intake.entry_cells import STANDINGS, EntryCell, cells_of, private_titles

KINDS = {
    "new": Text(zh="新报", en="New"),
    "corrected": Text(zh="更正", en="Correction"),
    "disposition": Text(zh="处置", en="Disposition"),
}
_DAY = cast(func.timezone(bindparam("zone", type_=String), Delivery.received_at), Date)
_DAYS = (
    select(_DAY.label("day"), func.count().label("entries"))
    .join(Entry, Entry.delivery_id == Delivery.id)
    .where(Delivery.channel_id == bindparam("channel"))
    .group_by("day")
    .order_by("day")
)
_OF_DAY = (Delivery.channel_id == bindparam("channel"), bindparam("day") == _DAY)
_DIGESTS = (
    select(Entry.hash)
    .join(Delivery, Delivery.id == Entry.delivery_id)
    .where(*_OF_DAY)
    .order_by(Entry.delivery_id, Entry.position)
)
_ROWS = (
    select(
        Entry.delivery_id,
        Entry.position,
        Entry.replaces_delivery,
        Entry.replaces_position,
        Delivery.kind,
        Delivery.received_at,
        Unit.code,
        PeriodUnit.name,
        cast(Entry.values, String).label("values"),
        Entry.standing,
        Entry.hash,
    )
    .join(Delivery, Delivery.id == Entry.delivery_id)
    .outerjoin(Unit, Unit.id == Entry.unit_id)
    .outerjoin(
        PeriodUnit,
        and_(PeriodUnit.unit_id == Entry.unit_id, PeriodUnit.period_id == Delivery.period_id),
    )
    .where(*_OF_DAY)
    .order_by(Entry.delivery_id, Entry.position)
    .offset(bindparam("before"))
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class LedgerDay:
    """A day on which entries came: their numbers run from `first` to `last` over the channel's whole life."""

    day: date
    first: int
    last: int

    @property
    def entries(self) -> int:
        """How many rows the day has."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """An entry as the ledger shows it: `place` and `replaces` are delivery.position, `digest` its leaf's."""

    number: int
    place: str
    replaces: str
    received_at: datetime
    kind: Text
    unit: str
    name: str
    cells: Sequence[EntryCell]
    standing: Text
    digest: str


@dataclass(frozen=True, slots=True)
class DailyLedger:
    """One page of a day, or the whole: `digest` is the day's SHA-256 over numbers and leaf digests, in hex.

    `hidden`: the columns kept from the reader.
    """

    day: LedgerDay
    rows: Sequence[LedgerRow]
    digest: str
    hidden: Sequence[Text]


@dataclass(frozen=True, slots=True)
class _EntryRow:
    delivery_id: int
    position: int
    replaces_delivery: int | None
    replaces_position: int | None
    kind: str
    received_at: datetime
    code: str | None
    name: str | None
    values: str
    standing: str
    hash: bytes


def ledger_days(connection: Connection, working: BoundChannel) -> list[LedgerDay]:
    """The days with entries, oldest first, by the period's time zone."""
    days: list[LedgerDay] = []
    for row in connection.execute(_DAYS, _of_channel(working)):
        before = days[-1].last if days else 0
        days.append(LedgerDay(row.day, before + 1, before + row.entries))
    return days


def daily_ledger(
    connection: Connection,
    caller: Caller,
    working: BoundChannel,
    day: LedgerDay,
    *,
    before: int = 0,
    most: int | None = None,
) -> DailyLedger:
    """A day of `ledger_days`, at most so many rows after the first `before`: two queries, however many rows.

    Private columns are for the channel's operator only.
    """
    private = {} if caller.may_deliver(working.operator_id, working.key) else private_titles(working)
    of_day = {**_of_channel(working), "day": day.day}
    digests = connection.execute(_DIGESTS, of_day).scalars().all()
    entries = rows(connection, _EntryRow, _ROWS, **of_day, before=before, most=most)
    hidden = frozenset(private)
    lines = [_row(working, row, number, hidden) for number, row in enumerate(entries, day.first + before)]
    return DailyLedger(day, lines, ledger_digest(day.first, digests), list(private.values()))


def ledger_digest(first: int, digests: Iterable[bytes]) -> str:
    """SHA-256 in hex of one line per row: number, a tab, the digest of the leaf in hex, a line feed."""
    lines = (f"{number}\t{digest.hex()}\n" for number, digest in enumerate(digests, first))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _of_channel(working: BoundChannel) -> dict[str, Any]:
    return {"channel": working.id, "zone": working.context.period.time_zone}


def _row(working: BoundChannel, row: _EntryRow, number: int, hidden: frozenset[str]) -> LedgerRow:
    replaced = row.replaces_delivery is not None
    kind = "disposition" if row.kind == "disposition" else "corrected" if replaced else "new"
    return LedgerRow(
        number=number,
        place=f"{row.delivery_id}.{row.position}",
        replaces=f"{row.replaces_delivery}.{row.replaces_position}" if replaced else "",
        received_at=row.received_at,
        kind=KINDS[kind],
        unit=row.code or "",
        name=row.name or "",
        cells=cells_of(working, msgspec.json.decode(row.values), hidden),
        standing=STANDINGS[row.standing],
        digest=row.hash.hex(),
    )
