"""Rows that cannot both be true, said when the second of them comes and not at the assessment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import BigInteger, Connection, String, bindparam, cast, select

from pingyi import channels
from pingyi.db import json_words
from pingyi.domain.errors import FieldError
from pingyi.models import Entry, EntryHead
from pingyi.services.core.bound_channels import BoundChannel
from pingyi.services.intake.parse_rows import ReadEntry, invalid_rows
from pingyi.services.intake.queries import OF_HEAD

_STANDING = (
    select(EntryHead.identity, Entry.unit_id, cast(Entry.values, String).label("values"))
    .join(Entry, OF_HEAD)
    .where(
        EntryHead.channel_id == bindparam("channel"),
        Entry.unit_id.in_(select(cast(json_words("units").subquery().c.word, BigInteger))),
        Entry.standing != "rejected",
    )
    .order_by(Entry.delivery_id, Entry.position)
)


def refuse_contradictions(
    connection: Connection, working: BoundChannel, entries: Sequence[ReadEntry]
) -> None:
    """Problem entries_invalid names each row that contradicts one before it, or one that stands.

    Periods that opened before this was said take what they took.
    """
    find = working.plugin.contradictions
    if find is None or not working.context.period.folds_names:
        return
    standing = _standing(connection, working, entries)
    errors: list[FieldError] = []
    for unit_id, positions in _by_unit(entries).items():
        known = standing.get(unit_id, [])
        new = [
            channels.Entry(entries[position].unit_code, entries[position].values) for position in positions
        ]
        for at, message in find([*known, *new], working.context):
            # What stood against what stands was said when it came.
            if at >= len(known):
                pointer = f"/entries/{positions[at - len(known)]}"
                errors.append(FieldError(code="contradiction", pointer=pointer, message=message.text))
    if errors:
        raise invalid_rows(errors)


def _by_unit(entries: Sequence[ReadEntry]) -> Mapping[int, list[int]]:
    found: dict[int, list[int]] = {}
    for position, entry in enumerate(entries):
        found.setdefault(entry.unit_id, []).append(position)
    return found


def _standing(
    connection: Connection, working: BoundChannel, entries: Sequence[ReadEntry]
) -> Mapping[int, list[channels.Entry]]:
    """What stands for the units of these rows, without what the rows replace."""
    replaced = {entry.identity for entry in entries}
    units = msgspec.json.encode(sorted({str(entry.unit_id) for entry in entries})).decode()
    found: dict[int, list[channels.Entry]] = {}
    for row in connection.execute(_STANDING, {"channel": working.id, "units": units}):
        if row.identity not in replaced:
            values = msgspec.json.decode(row.values)
            found.setdefault(row.unit_id, []).append(channels.Entry(values.get("unit"), values))
    return found
