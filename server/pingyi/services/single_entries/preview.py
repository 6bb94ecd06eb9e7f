"""What one typed entry would change, judged by the services that would store it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, String, cast

from pingyi.channels import Text
from pingyi.database_refusals import not_open
from pingyi.db import one_row
from pingyi.domain.canonical import canonical_json
from pingyi.domain.errors import FieldError, Problem
from pingyi.domain.period_state import PeriodState
from pingyi.models import Entry, EntryHead
from pingyi.services.core.bound_channels import BoundChannel
from pingyi.services.core.callers import SHELL
from pingyi.services.core.unit_index import UNITS_OF_PERIOD
from pingyi.services.intake.contradictions import refuse_contradictions
from pingyi.services.intake.deliveries import leaf_of
from pingyi.services.intake.entry_cells import EntryCell, cells_of, compared
from pingyi.services.intake.parse_rows import ReadEntry, read_rows
from pingyi.services.intake.queries import HEADS
from pingyi.services.intake.store_entries import (
    COUNTED,
    find_current_entries,
    require_reasons,
    rows_to_store,
)

_STANDING = HEADS.with_only_columns(
    EntryHead.identity, cast(Entry.values, String).label("values"), Entry.standing
)
_UNIT = Text(zh="单位", en="Unit")


@dataclass(frozen=True, slots=True)
class _StandingRow:
    identity: str
    values: str
    standing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPreview:
    """One entry before it is stored. `verdict`: new, corrected or unchanged; `unit`: its code, "" for the
    whole channel; `seen`: the leaf of the entry that stands, "" where none does; `missing`: a correction
    lacks its reason.
    """

    verdict: str
    unit: str
    cells: Sequence[EntryCell]
    reason: str
    seen: str
    missing: Sequence[FieldError] = ()


def preview_entry(connection: Connection, working: BoundChannel, row: Mapping[str, Any]) -> EntryPreview:
    """What would become of a row of a channel that is the caller's own.

    Raises Problem: period_not_open, entries_invalid (pointers below /entries/0), plugin_failed.
    """
    if working.state != PeriodState.OPEN:
        raise not_open()
    entries = read_rows(connection, working, [row])
    heads = find_current_entries(connection, working, entries)
    missing: Sequence[FieldError] = ()
    try:
        require_reasons(working, entries, heads)
    except Problem as problem:
        missing = problem.errors
    refuse_contradictions(connection, working, entries)
    (entry,) = entries
    (stored,) = rows_to_store(working, SHELL, 0, entries, heads)
    return EntryPreview(
        verdict=stored["verdict"],
        unit=entry.unit_code or "",
        cells=_cells(connection, working, entry),
        reason=entry.reason,
        seen=leaf_of(heads, entry.identity),
        missing=missing,
    )


def _cells(connection: Connection, working: BoundChannel, entry: ReadEntry) -> list[EntryCell]:
    values = msgspec.json.decode(canonical_json(entry.values))
    asked = {"channel": working.id, "identities": msgspec.json.encode([entry.identity]).decode()}
    stands = one_row(connection, _StandingRow, _STANDING, **asked)
    if stands is None:
        return cells_of(working, values)
    before = msgspec.json.decode(stands.values)
    moved = moved_unit(before, values, unit_names(connection, working))
    return [*moved, *compared(working, before, values, (stands.standing, COUNTED))]


def moved_unit(
    before: Mapping[str, Any], after: Mapping[str, Any], names: Mapping[str, str]
) -> list[EntryCell]:
    """The cell of an entry's unit, where another one takes its place; `names`: units by their codes."""
    if before.get("unit") == after.get("unit"):
        return []
    was, becomes = (_called(str(side.get("unit", "")), names) for side in (before, after))
    return [EntryCell(_UNIT, was, becomes, changed=True)]


def unit_names(connection: Connection, working: BoundChannel) -> dict[str, str]:
    """The names of the period's units by their codes, in the order of the list."""
    found = connection.execute(UNITS_OF_PERIOD, {"period": working.period_id})
    return {row.code: row.name for row in found}


def _called(code: str, names: Mapping[str, str]) -> Text | None:
    if not code:
        return None
    name = names.get(code, code)
    return Text(zh=f"{name}（{code}）", en=f"{name} ({code})")
