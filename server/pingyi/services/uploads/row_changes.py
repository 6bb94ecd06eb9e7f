"""A page of a file's rows with what each would change: the values that stand beside those that would."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, text

from pingyi.db import transaction
from pingyi.domain.canonical import canonical_json
from pingyi.domain.errors import Problem
from pingyi.services.core.bound_channels import BoundChannel, ChannelRef
from pingyi.services.core.callers import Caller
from pingyi.services.intake.entry_cells import EntryCell, cells_of, compared
from pingyi.services.intake.parse_rows import ReadEntry, read_rows
from pingyi.services.intake.store_entries import COUNTED
from pingyi.services.uploads.row_verdicts import OF_ROWS, RowError, RowVerdict
from pingyi.services.uploads.uploads import Upload, own_channel, shown


class _Numbered(msgspec.Struct):
    row: int


_NUMBERS = msgspec.json.Decoder(list[_Numbered])
_ROWS = msgspec.json.Decoder(list[msgspec.Raw])
Given = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WrongCell:
    """A wrong column of a row with what the file says there."""

    told: RowError
    given: str


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row of a file: its verdict, what it changes, what is wrong."""

    row: int
    unit: str
    name: str
    verdict: str
    cells: Sequence[EntryCell] = ()
    reason: str = ""
    errors: Sequence[WrongCell] = ()


@dataclass(frozen=True, slots=True)
class UploadPage:
    """An upload with some of its rows; `outdated`: they no longer read as they did, `waiting`: not folded."""

    upload: Upload
    rows: Sequence[RowChange]
    outdated: bool
    waiting: bool


@dataclass(slots=True)
class _Found:
    cells: dict[int, list[EntryCell]] = field(default_factory=dict)
    reasons: dict[int, str] = field(default_factory=dict)
    given: dict[int, Given] = field(default_factory=dict)
    outdated: bool = False


def upload_page(
    caller: Caller, place: ChannelRef, upload_id: int, *, after: int, limit: int, verdict: str
) -> UploadPage:
    """Some rows of an upload of the caller's own channel; Problem not_found or forbidden.

    The number of queries does not depend on the rows.
    """
    upload = shown(caller, place, upload_id, after=after, limit=limit, verdict=verdict)
    with transaction() as connection:
        working = own_channel(connection, caller, place)
        row = connection.execute(text(_UPLOAD), {"id": upload_id}).one()
        places = {each.row: at for at, each in enumerate(_NUMBERS.decode(zlib.decompress(row.verdicts)))}
        asked = {each.row: places[each.row] for each in upload.verdicts}
        look = _before if row.delivery_id is None else _afterwards
        found = look(connection, working, row, asked, upload.verdicts)
        names = _names(connection, working, upload.verdicts)
    changes = [_change(each, found, names) for each in upload.verdicts]
    return UploadPage(upload, changes, found.outdated, row.waiting)


_UPLOAD = """
SELECT u.verdicts, u.rows, u.delivery_id,
  EXISTS (SELECT FROM unfolded f WHERE f.delivery_id = u.delivery_id) AS waiting
FROM upload u WHERE u.id = :id
"""


def _change(verdict: RowVerdict, found: _Found, names: Mapping[str, str]) -> RowChange:
    given = found.given.get(verdict.row, {})
    unit = verdict.unit or ""
    return RowChange(
        verdict.row,
        unit,
        names.get(unit, ""),
        verdict.verdict,
        found.cells.get(verdict.row, ()),
        found.reasons.get(verdict.row, ""),
        [WrongCell(error, _given_at(given, error.field)) for error in verdict.errors],
    )


def _given_at(given: Given, label: str) -> str:
    name, _, key = label.partition(".")
    value = given.get(name, "")
    if isinstance(value, Mapping):
        value = value.get(key, "")
    return str(value)


def _before(
    connection: Connection,
    working: BoundChannel,
    row: Row[Any],
    asked: Mapping[int, int],
    verdicts: Sequence[RowVerdict],
) -> _Found:
    """What the rows would change now, read by the services that would store them."""
    rows = _ROWS.decode(zlib.decompress(row.rows))
    found = _Found(given={number: msgspec.json.decode(rows[at]) for number, at in asked.items()})
    right = [each.row for each in verdicts if each.verdict != "wrong"]
    try:
        entries = read_rows(connection, working, [found.given[number] for number in right]) if right else []
    except Problem as problem:
        if problem.code not in OF_ROWS:
            raise
        found.outdated = True
        return found
    heads = _heads(connection, working, entries)
    for number, entry in zip(right, entries, strict=True):
        found.cells[number] = _cells(working, entry, heads.get(entry.identity))
        found.reasons[number] = entry.reason
    return found


def _cells(working: BoundChannel, entry: ReadEntry, head: Row[Any] | None) -> list[EntryCell]:
    values = msgspec.json.decode(canonical_json(entry.values))
    if head is None:
        return cells_of(working, values)
    return compared(working, msgspec.json.decode(head.values), values, (head.standing, COUNTED))


def _heads(
    connection: Connection, working: BoundChannel, entries: Sequence[ReadEntry]
) -> dict[str, Row[Any]]:
    identities = msgspec.json.encode([entry.identity for entry in entries]).decode()
    rows = connection.execute(text(_HEADS), {"channel": working.id, "identities": identities})
    return {row.identity: row for row in rows}


_HEADS = """
SELECT h.identity, e.values::text AS values, e.standing
FROM entry_head h JOIN entry e ON e.delivery_id = h.delivery_id AND e.position = h.position
WHERE h.channel_id = :channel
AND h.identity IN (SELECT json_array_elements_text(CAST(:identities AS json)))
"""


def _afterwards(
    connection: Connection,
    working: BoundChannel,
    row: Row[Any],
    asked: Mapping[int, int],
    _verdicts: Sequence[RowVerdict],
) -> _Found:
    """What the rows changed when they were stored; an unchanged one left nothing."""
    found, numbers = _Found(), {at: number for number, at in asked.items()}
    given = {"delivery": row.delivery_id, "positions": msgspec.json.encode(list(numbers)).decode()}
    for entry in connection.execute(text(_STORED), given):
        number, values = numbers[entry.position], msgspec.json.decode(entry.values)
        found.reasons[number] = entry.reason
        found.cells[number] = (
            cells_of(working, values)
            if entry.before is None
            else compared(working, msgspec.json.decode(entry.before), values, (entry.was, entry.standing))
        )
    return found


_STORED = """
SELECT e.position, e.values::text AS values, e.standing, e.reason, o.values::text AS before, o.standing AS was
FROM entry e LEFT JOIN entry o ON o.delivery_id = e.replaces_delivery AND o.position = e.replaces_position
WHERE e.delivery_id = :delivery
AND e.position IN (SELECT CAST(p AS bigint) FROM json_array_elements_text(CAST(:positions AS json)) AS p)
"""


def _names(connection: Connection, working: BoundChannel, verdicts: Sequence[RowVerdict]) -> dict[str, str]:
    codes = msgspec.json.encode([each.unit for each in verdicts if each.unit]).decode()
    rows = connection.execute(text(_UNITS), {"period": working.period_id, "codes": codes})
    return {row.code: row.name for row in rows}


_UNITS = """
SELECT u.code, p.name FROM unit u JOIN period_unit p ON p.unit_id = u.id AND p.period_id = :period
WHERE u.code IN (SELECT json_array_elements_text(CAST(:codes AS json)))
"""
