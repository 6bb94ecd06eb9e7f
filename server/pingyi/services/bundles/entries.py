"""The entries of a bundle: one file a channel, its columns made from the channel's schema and settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from marshmallow import ValidationError

from pingyi.channels import Channel, Context, EntrySchema
from pingyi.domain.canonical import canonical_json
from pingyi.services.bundles.cells import Cells, Units
from pingyi.services.bundles.files import Faults, Row, read_table
from pingyi.services.intake.parse_rows import delivery_schema

COUNTED = "counted"
STANDINGS = (COUNTED, "held", "rejected")

Given = dict[str, Any]


@dataclass(frozen=True, slots=True)
class EntryStatus:
    """What an identity's newest entry stands as, where it is not counted, and why."""

    standing: str
    reason: str


@dataclass(frozen=True, slots=True)
class ChannelEntries:
    """The entries of one channel as they are delivered.

    `waves`: each holds an identity at most once, a later one corrects the earlier. `rows` are the numbers of
    the file's rows in the same shape. `standings` by identity.
    """

    channel: str
    file: str
    waves: Sequence[Sequence[Given]] = ()
    rows: Sequence[Sequence[int]] = ()
    standings: Mapping[str, EntryStatus] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Read:
    """One right row: what is delivered of it, and the values as they load."""

    row: Row
    given: Given
    values: Mapping[str, Any]


def entry_columns(channel: Channel, context: Context) -> dict[str, tuple[str, str]]:
    """Each column of a channel's entries -> (field, key of the mapping or ""), `unit` first."""
    columns: dict[str, tuple[str, str]] = {}
    for name, each in channel.entry_schema().fields.items():
        keys = each.metadata.get("keys")
        if keys is None:
            columns[name] = (name, "")
        else:
            columns.update({f"{name}.{key}": (name, key) for key in context.settings.get(keys) or ()})
    return columns


def read_entries(
    folder: Path, key: str, channel: Channel, context: Context, units: Units, faults: Faults
) -> ChannelEntries:
    """Read and check entries/<key>.csv, every row and every rule that looks at one file."""
    file = f"entries/{key}.csv"
    columns = entry_columns(channel, context)
    required = [name for name, each in channel.entry_schema().fields.items() if each.required]
    if channel.entry_schema.unit_required:
        required.insert(0, "unit")
    known = (*columns, "standing", "reason")
    table = read_table(folder / file, file, known, required, faults)
    schema = delivery_schema(channel.entry_schema)(context)
    read = []
    for row in table:
        before = faults.counts[file]
        given = _given(Cells(file, row, faults), columns, units)
        values = _load(schema, row, given, file, faults)
        if values is not None and faults.counts[file] == before:
            read.append(_Read(row, given, values))
    return _in_waves(key, file, channel, read, faults)


def _given(cells: Cells, columns: Mapping[str, tuple[str, str]], units: Units) -> Given:
    given: Given = {}
    for column, (name, key) in columns.items():
        cell = cells.row.cells.get(column)
        if cell and key:
            given.setdefault(name, {})[key] = cell
        elif cell:
            given[name] = cell
    if "unit" in given:
        given["unit"] = cells.unit(units)
    if reason := cells.given("reason"):
        given["reason"] = reason
    if cells.choice("standing", STANDINGS, COUNTED) in STANDINGS[1:] and not reason:
        cells.note("standing_reason", "reason")
    return given


def _load(schema: EntrySchema, row: Row, given: Given, file: str, faults: Faults) -> Mapping[str, Any] | None:
    try:
        loaded: Mapping[str, Any] = schema.load(given)
    except ValidationError as error:
        Cells(file, row, faults).note_all(error)
        return None
    return loaded


def _in_waves(key: str, file: str, channel: Channel, read: Sequence[_Read], faults: Faults) -> ChannelEntries:
    waves: list[list[Given]] = []
    rows: list[list[int]] = []
    standings: dict[str, EntryStatus] = {}
    for each, identity, nth, above in _occurrences(channel, read):
        reason = each.given.get("reason", "")
        if above and channel.corrections_need_reason and not reason:
            faults.note("reason_required", file, each.row.number, "reason", above=above)
        if nth == len(waves):
            waves.append([])
            rows.append([])
        waves[nth].append(each.given)
        rows[nth].append(each.row.number)
        standing = each.row.cells.get("standing") or COUNTED
        standings.pop(identity, None)
        if standing != COUNTED:
            standings[identity] = EntryStatus(standing, reason)
    return ChannelEntries(key, file, waves, rows, standings)


def _occurrences(channel: Channel, read: Sequence[_Read]) -> Iterator[tuple[_Read, str, int, int]]:
    """Each row, its identity, how often it occurred above, and the last row where (or 0)."""
    seen: dict[str, tuple[int, int]] = {}
    for each in read:
        identity = identity_of(channel, each.values)
        times, above = seen.get(identity, (0, 0))
        seen[identity] = (times + 1, each.row.number)
        yield each, identity, times, above


def identity_of(channel: Channel, values: Mapping[str, Any]) -> str:
    """The spelling of an entry's identity, the one under which intake stores it."""
    return canonical_json([values.get(name, "") for name in channel.identity]).decode()
