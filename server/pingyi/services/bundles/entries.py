"""The entries of a bundle: one file a channel, its columns made from the channel's schema and settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from marshmallow import ValidationError

from pingyi.channels import Channel, Context, EntrySchema
from pingyi.services.bundles.cells import Cells, Units
from pingyi.services.bundles.files import Faults, Row, read_table
from pingyi.services.intake.entry_columns import Column, entry_columns
from pingyi.services.intake.identities import identity_of
from pingyi.services.intake.parse_rows import delivery_schema
from pingyi.services.uploads.column_headings import known_titles, named_column

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


def value_columns(channel: Channel, context: Context) -> list[Column]:
    """The columns of a channel's entries, `unit` first."""
    return [column for column in entry_columns(channel, context) if column.name != "reason"]


def read_entries(
    folder: Path, key: str, channel: Channel, context: Context, units: Units, faults: Faults
) -> ChannelEntries:
    """Read and check entries/<key>.csv, every row and every rule that looks at one file."""
    file = f"entries/{key}.csv"
    columns = value_columns(channel, context)
    required = [column.name for column in columns if column.required]
    known = (*(column.label for column in columns), "standing", "reason")
    titles = known_titles(columns)

    def named(title: str) -> str:
        column = named_column(titles, title)
        return column.label if column else title

    table = read_table(folder / file, file, known, required, faults, named)
    kinds = {column.label: column.kind for column in columns} if context.period.folds_names else {}
    schema = delivery_schema(channel.entry_schema)(context)
    read = []
    for row in table:
        before = faults.counts[file]
        given = _given(Cells(file, row, faults, kinds), columns, units)
        values = _load(schema, row, given, file, faults)
        if values is not None and faults.counts[file] == before:
            read.append(_Read(row, given, values))
    return _in_waves(key, file, channel, context, read, faults)


def _given(cells: Cells, columns: Sequence[Column], units: Units) -> Given:
    given: Given = {}
    for column in columns:
        cell = cells.plain(column.label)
        if cell and column.key:
            given.setdefault(column.name, {})[column.key] = cell
        elif cell:
            given[column.name] = cell
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


def _in_waves(
    key: str, file: str, channel: Channel, context: Context, read: Sequence[_Read], faults: Faults
) -> ChannelEntries:
    waves: list[list[Given]] = []
    rows: list[list[int]] = []
    standings: dict[str, EntryStatus] = {}
    for each, identity, nth, above in _occurrences(channel, context, read):
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


def _occurrences(
    channel: Channel, context: Context, read: Sequence[_Read]
) -> Iterator[tuple[_Read, str, int, int]]:
    """Each row, its identity, how often it occurred above, and the last row where (or 0)."""
    seen: dict[str, tuple[int, int]] = {}
    for each in read:
        identity = identity_of(channel, context, each.values)
        times, above = seen.get(identity, (0, 0))
        seen[identity] = (times + 1, each.row.number)
        yield each, identity, times, above
