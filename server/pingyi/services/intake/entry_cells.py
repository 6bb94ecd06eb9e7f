"""The values of entries as people read them: titled cells, and what changes from one entry to the next."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pingyi.channels import Text
from pingyi.services.core.bound_channels import BoundChannel
from pingyi.services.intake.entry_columns import Column, columns_of

STANDINGS = {
    "counted": Text(zh="计入", en="Counted"),
    "held": Text(zh="待复核", en="Held for review"),
    "rejected": Text(zh="不计入", en="Not counted"),
}
_STANDING = Text(zh="是否计入", en="Standing")
_FLAGS = {True: Text(zh="是", en="Yes"), False: Text(zh="否", en="No")}
_NOT_SHOWN = frozenset({"unit", "reason"})
_REFERENCE = re.compile(r"sha256:([0-9a-f]{64})(?![0-9A-Za-z_])")


@dataclass(frozen=True, slots=True)
class EntryCell:
    """One column of an entry: what stands and what would stand, None where nothing is given."""

    title: Text
    before: Text | None
    after: Text | None
    changed: bool


@dataclass(frozen=True, slots=True)
class EvidencePart:
    """A piece of what an entry says of its evidence; `sha256` where it refers to a file."""

    text: str
    sha256: str = ""


def evidence_parts(said: str) -> list[EvidencePart]:
    """What an entry says of its evidence, the references to files told from the words around them."""
    parts, at = [], 0
    for found in _REFERENCE.finditer(said):
        parts += [EvidencePart(said[at : found.start()]), EvidencePart(found[0], found[1])]
        at = found.end()
    return [part for part in (*parts, EvidencePart(said[at:])) if part.text]


def cells_of(
    working: BoundChannel, values: Mapping[str, Any], hidden: frozenset[str] = frozenset()
) -> list[EntryCell]:
    """The given columns of an entry, without its unit, in the order of the channel's files."""
    flat = _flat(values)
    return [
        EntryCell(column.title, None, _words(column, flat[column.label], working), changed=False)
        for column in columns_of(working)
        if column.label in flat and column.name not in hidden | _NOT_SHOWN
    ]


def compared(
    working: BoundChannel, before: Mapping[str, Any], after: Mapping[str, Any], standings: Sequence[str]
) -> list[EntryCell]:
    """Every column that either entry gives, and the standing where `standings` (before, after) differ."""
    old, new = _flat(before), _flat(after)
    cells = [
        EntryCell(
            column.title,
            _words(column, old[column.label], working) if column.label in old else None,
            _words(column, new[column.label], working) if column.label in new else None,
            old.get(column.label) != new.get(column.label),
        )
        for column in columns_of(working)
        if column.name not in _NOT_SHOWN and (column.label in old or column.label in new)
    ]
    was, becomes = standings
    if was != becomes:
        cells.append(EntryCell(_STANDING, STANDINGS[was], STANDINGS[becomes], changed=True))
    return cells


def private_titles(working: BoundChannel) -> dict[str, Text]:
    """The columns that only the channel's operator may read, by name."""
    fields = working.plugin.entry_schema().fields
    columns = {column.name: column.title for column in columns_of(working)}
    return {name: columns[name] for name, field in fields.items() if field.metadata.get("private")}


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values by label: `field`, or `field.key` in a mapping."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            found |= {f"{name}.{key}": inner for key, inner in value.items()}
        else:
            found[name] = value
    return found


def _words(column: Column, value: Any, working: BoundChannel) -> Text:
    if isinstance(value, bool):
        return _FLAGS[value]
    spelt = str(value)
    if spelt in column.words:
        return column.words[spelt]
    if column.kind == "moment" and "T" in spelt:
        spelt = _clock(spelt, working.context.period.time_zone)
    return Text(zh=spelt, en=spelt)


def _clock(spelt: str, zone: str) -> str:
    try:
        moment = datetime.fromisoformat(spelt)
    except ValueError:
        return spelt
    local = moment.astimezone(ZoneInfo(zone)) if moment.tzinfo else moment
    return local.strftime("%Y-%m-%d %H:%M:%S")
