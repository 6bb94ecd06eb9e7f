"""The entries that stand on a channel, newest first, for its operator and the office."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, text

from pingyi.channels import Text
from pingyi.domain.errors import FieldError, Problem
from pingyi.services.core.bound_channels import BoundChannel
from pingyi.services.core.callers import Caller
from pingyi.services.core.unit_index import unit_index
from pingyi.services.intake.entry_cells import STANDINGS, EntryCell, cells_of, private_titles

_PLACE = re.compile(r"([0-9]{1,18})\.([0-9]{1,9})", re.ASCII)


@dataclass(frozen=True, slots=True)
class EntryLine:
    """An entry that stands; `place` is its delivery and position, `corrects` whether it replaced one."""

    place: str
    unit: str
    name: str
    cells: Sequence[EntryCell]
    standing: Text
    counted: bool
    waiting: bool
    corrects: bool
    reason: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class EntryLines:
    """Some entries, the columns kept from the reader, and the place below which the next page begins."""

    entries: Sequence[EntryLine]
    hidden: Sequence[Text]
    below: str


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
    given = {
        "channel": working.id,
        "unit": _unit_id(connection, working, unit) if unit else None,
        "evidence": f"%sha256:{evidence}%" if evidence else None,
        "delivery": int(place[1]) if place else 2**62,
        "position": int(place[2]) if place else 0,
        "limit": limit + 1,
    }
    rows = connection.execute(text(_ENTRIES), given).all()
    lines = [_line(working, row, frozenset(private)) for row in rows[:limit]]
    return EntryLines(lines, list(private.values()), lines[-1].place if len(rows) > limit else "")


def _unit_id(connection: Connection, working: BoundChannel, given: str) -> int:
    found = unit_index(connection, working.period_id, [given]).find(given)
    if isinstance(found, FieldError):
        raise Problem("units_unknown", 422, found.message)
    return found[1]


def _line(working: BoundChannel, row: Row[Any], hidden: frozenset[str]) -> EntryLine:
    return EntryLine(
        f"{row.delivery_id}.{row.position}",
        row.code or "",
        row.name or "",
        cells_of(working, msgspec.json.decode(row.values), hidden),
        STANDINGS[row.standing],
        row.standing == "counted",
        row.waiting,
        row.replaces_delivery is not None,
        row.reason,
        row.received_at,
    )


_ENTRIES = """
SELECT e.delivery_id, e.position, u.code, p.name, e.values::text AS values, e.standing, e.reason,
  e.replaces_delivery, d.received_at,
  EXISTS (SELECT FROM unfolded f WHERE f.delivery_id = d.id) AS waiting
FROM delivery d JOIN entry e ON e.delivery_id = d.id
JOIN entry_head h ON h.channel_id = e.channel_id AND h.identity = e.identity
  AND h.delivery_id = e.delivery_id AND h.position = e.position
LEFT JOIN unit u ON u.id = e.unit_id
LEFT JOIN period_unit p ON p.unit_id = e.unit_id AND p.period_id = d.period_id
WHERE d.channel_id = :channel AND d.id <= :delivery
  AND (e.delivery_id < :delivery OR e.position < :position)
  AND (CAST(:unit AS bigint) IS NULL OR e.unit_id = :unit)
  AND (CAST(:evidence AS text) IS NULL OR e.values->>'evidence' LIKE :evidence)
ORDER BY d.id DESC, e.position DESC LIMIT :limit
"""
