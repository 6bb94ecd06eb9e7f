"""A page of a file's rows with what each would change: the values that stand beside those that would."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Connection, String, and_, bindparam, cast, exists, select
from sqlalchemy.orm import aliased

from pingyi import models
from pingyi.channels import Text
from pingyi.db import json_words, rows, transaction
from pingyi.domain.canonical import canonical_json
from pingyi.domain.errors import Problem
from pingyi.models import Entry, EntryHead, PeriodUnit, Unfolded, Unit
from pingyi.services.core.bound_channels import BoundChannel, ChannelRef
from pingyi.services.core.callers import Caller
from pingyi.services.intake.entry_cells import EntryCell, cells_of, compared
from pingyi.services.intake.parse_rows import ReadEntry, read_rows
from pingyi.services.intake.queries import HEADS
from pingyi.services.intake.store_entries import COUNTED
from pingyi.services.uploads.row_verdicts import OF_ROWS, Detail, RowError, RowVerdict
from pingyi.services.uploads.uploads import Upload, own_channel, shown

_UPLOAD = select(
    models.Upload.verdicts,
    models.Upload.rows,
    models.Upload.delivery_id,
    exists().where(Unfolded.delivery_id == models.Upload.delivery_id).label("waiting"),
).where(models.Upload.id == bindparam("upload"))
_VALUES = cast(Entry.values, String).label("values")
_STANDING = HEADS.with_only_columns(EntryHead.identity, _VALUES, Entry.standing)
_replaced = aliased(Entry)
_STORED = (
    select(
        Entry.position,
        _VALUES,
        Entry.standing,
        Entry.reason,
        cast(_replaced.values, String).label("before"),
        _replaced.standing.label("was"),
    )
    .outerjoin(
        _replaced,
        and_(_replaced.delivery_id == Entry.replaces_delivery, _replaced.position == Entry.replaces_position),
    )
    .where(
        Entry.delivery_id == bindparam("delivery"),
        Entry.position.in_(select(cast(json_words("positions").subquery().c.word, BigInteger))),
    )
)
_NAMES = (
    select(Unit.code, PeriodUnit.name)
    .join(PeriodUnit, PeriodUnit.unit_id == Unit.id)
    .where(PeriodUnit.period_id == bindparam("period"), Unit.code.in_(json_words("codes")))
)


@dataclass(frozen=True, slots=True)
class _UploadRow:
    verdicts: bytes
    rows: bytes
    delivery_id: int | None
    waiting: bool


@dataclass(frozen=True, slots=True)
class _StandingRow:
    identity: str
    values: str
    standing: str


@dataclass(frozen=True, slots=True)
class _StoredRow:
    position: int
    values: str
    standing: str
    reason: str
    before: str | None
    was: str | None


class _Placed(msgspec.Struct):
    row: int
    part: str = ""


_PLACES = msgspec.json.Decoder(list[_Placed])
_ROWS = msgspec.json.Decoder(list[msgspec.Raw])
Given = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WrongCell:
    """A wrong column of a row with what the file says there."""

    told: RowError
    given: str


@dataclass(frozen=True, slots=True)
class RowChange:
    """One entry of a file: its row, its verdict, what it changes, what is wrong; `part` as in RowVerdict."""

    row: int
    unit: str
    name: str
    verdict: str
    cells: Sequence[EntryCell] = ()
    reason: str = ""
    errors: Sequence[WrongCell] = ()
    notes: Sequence[Detail] = ()
    part: str = ""


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
        (row,) = rows(connection, _UploadRow, _UPLOAD, upload=upload_id)
        stored = _PLACES.decode(zlib.decompress(row.verdicts))
        places = {(each.row, each.part): at for at, each in enumerate(stored)}
        asked = [places[each.row, each.part] for each in upload.verdicts]
        look = _before if row.delivery_id is None else _afterwards
        found = look(connection, working, row, asked, upload.verdicts)
        names = _names(connection, working, upload.verdicts)
    changes = [_change(at, each, found, names) for at, each in zip(asked, upload.verdicts, strict=True)]
    return UploadPage(upload, changes, found.outdated, row.waiting)


def _change(at: int, verdict: RowVerdict, found: _Found, names: Mapping[str, str]) -> RowChange:
    given = found.given.get(at, {})
    unit = verdict.unit or ""
    moved = [
        EntryCell(_UNIT, _called(verdict.moved_from, names), _called(unit, names), changed=True)
        for _ in range(verdict.moved_from is not None)
    ]
    return RowChange(
        verdict.row,
        unit,
        names.get(unit, ""),
        verdict.verdict,
        [*moved, *found.cells.get(at, ())],
        found.reasons.get(at, ""),
        [WrongCell(error, _given_at(given, error.field)) for error in verdict.errors],
        verdict.notes,
        verdict.part,
    )


_UNIT = Text(zh="单位", en="Unit")


def _called(code: str | None, names: Mapping[str, str]) -> Text | None:
    if not code:
        return None
    name = names.get(code, "")
    return Text(zh=f"{name}（{code}）" if name else code, en=f"{name} ({code})" if name else code)


def _given_at(given: Given, label: str) -> str:
    name, _, key = label.partition(".")
    value = given.get(name, "")
    if isinstance(value, Mapping):
        value = value.get(key, "")
    return str(value)


def _before(
    connection: Connection,
    working: BoundChannel,
    row: _UploadRow,
    asked: Sequence[int],
    verdicts: Sequence[RowVerdict],
) -> _Found:
    """What the rows would change now, read by the services that would store them."""
    kept = _ROWS.decode(zlib.decompress(row.rows))
    found = _Found(given={at: msgspec.json.decode(kept[at]) for at in asked})
    right = [at for at, each in zip(asked, verdicts, strict=True) if each.verdict != "wrong"]
    try:
        entries = read_rows(connection, working, [found.given[at] for at in right]) if right else []
    except Problem as problem:
        if problem.code not in OF_ROWS:
            raise
        found.outdated = True
        return found
    heads = _heads(connection, working, entries)
    for at, entry in zip(right, entries, strict=True):
        found.cells[at] = _cells(working, entry, heads.get(entry.identity))
        found.reasons[at] = entry.reason
    return found


def _cells(working: BoundChannel, entry: ReadEntry, head: _StandingRow | None) -> list[EntryCell]:
    values = msgspec.json.decode(canonical_json(entry.values))
    if head is None:
        return cells_of(working, values)
    return compared(working, msgspec.json.decode(head.values), values, (head.standing, COUNTED))


def _heads(
    connection: Connection, working: BoundChannel, entries: Sequence[ReadEntry]
) -> dict[str, _StandingRow]:
    identities = msgspec.json.encode([entry.identity for entry in entries]).decode()
    standing = rows(connection, _StandingRow, _STANDING, channel=working.id, identities=identities)
    return {row.identity: row for row in standing}


def _afterwards(
    connection: Connection,
    working: BoundChannel,
    row: _UploadRow,
    asked: Sequence[int],
    _verdicts: Sequence[RowVerdict],
) -> _Found:
    """What the rows changed when they were stored; an unchanged one left nothing."""
    found = _Found()
    positions = msgspec.json.encode(list(asked)).decode()
    for entry in rows(connection, _StoredRow, _STORED, delivery=row.delivery_id, positions=positions):
        values = msgspec.json.decode(entry.values)
        found.reasons[entry.position] = entry.reason
        found.cells[entry.position] = (
            cells_of(working, values)
            if entry.before is None or entry.was is None
            else compared(working, msgspec.json.decode(entry.before), values, (entry.was, entry.standing))
        )
    return found


def _names(connection: Connection, working: BoundChannel, verdicts: Sequence[RowVerdict]) -> dict[str, str]:
    units = [code for each in verdicts for code in (each.unit, each.moved_from) if code]
    codes = msgspec.json.encode(units).decode()
    names = connection.execute(_NAMES, {"period": working.period_id, "codes": codes})
    return {row.code: row.name for row in names}
