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
    .where(Delivery.channel_id == bindparam("channel"), bindparam("day") == _DAY)
    .order_by(Entry.delivery_id, Entry.position)
)


@dataclass(frozen=True, slots=True)
class LedgerDay:
    """A day on which entries came: their numbers run from `first` to `last` over the channel's whole life."""

    day: date
    first: int
    last: int


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
    """One day's rows, the SHA-256 over numbers and leaf digests, and the columns kept from the reader."""

    day: LedgerDay
    rows: Sequence[LedgerRow]
    digest: str
    hidden: Sequence[Text]

    def pages(self, rows_a_page: int) -> list[Sequence[LedgerRow]]:
        """The rows in printed pages."""
        return [self.rows[at : at + rows_a_page] for at in range(0, len(self.rows), rows_a_page)]


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
    for row in connection.execute(_DAYS, _given(working)):
        before = days[-1].last if days else 0
        days.append(LedgerDay(row.day, before + 1, before + row.entries))
    return days


def daily_ledger(
    connection: Connection, caller: Caller, working: BoundChannel, day: LedgerDay
) -> DailyLedger:
    """One day of `ledger_days`; private columns are for the channel's operator only."""
    private = {} if caller.may_deliver(working.operator_id, working.key) else private_titles(working)
    found = rows(connection, _EntryRow, _ROWS, **_given(working), day=day.day)
    lines = [
        _row(working, row, number, frozenset(private)) for number, row in enumerate(found, start=day.first)
    ]
    return DailyLedger(day, lines, ledger_digest(lines), list(private.values()))


def ledger_digest(rows: Iterable[LedgerRow]) -> str:
    """SHA-256 in hex of one line per row: number, a tab, the digest of the leaf, a line feed."""
    return hashlib.sha256("".join(f"{row.number}\t{row.digest}\n" for row in rows).encode()).hexdigest()


def _given(working: BoundChannel) -> dict[str, Any]:
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
