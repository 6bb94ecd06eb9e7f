"""What each row of an operator's file would do if it were stored, by the services that would store it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import msgspec
from sqlalchemy import Connection

from pingyi.channels import Text
from pingyi.domain.errors import FieldError, Problem
from pingyi.services.core.bound_channels import BoundChannel
from pingyi.services.core.callers import SHELL
from pingyi.services.intake.contradictions import refuse_contradictions
from pingyi.services.intake.entry_columns import columns_of
from pingyi.services.intake.parse_rows import ReadEntry, read_rows
from pingyi.services.intake.partner_queries import entry_fields
from pingyi.services.intake.row_errors import at_row
from pingyi.services.intake.store_entries import find_current_entries, require_reasons, rows_to_store
from pingyi.services.uploads.named_units import disagreements, loosely_named
from pingyi.services.uploads.read_table import SheetRow, SheetTable

MOST_ERRORS = 20
OF_ROWS = frozenset({"entries_invalid", "reason_required"})


class Detail(msgspec.Struct, frozen=True):
    """A sentence in both languages."""

    zh: str
    en: str


class RowError(msgspec.Struct, frozen=True):
    """What is wrong in a row: the field, the column as the file titles it, and why."""

    code: str
    field: str
    column: str
    detail: Detail


class RowVerdict(msgspec.Struct, frozen=True):
    """What a row would do: new, corrected, unchanged or wrong; `notes`: what to look at before confirming.

    `moved_from`: the unit that the row takes its entry away from; `part`: in a wide sheet, the heading below
    which the entry stands.
    """

    row: int
    unit: str | None
    verdict: str
    errors: list[RowError] = []
    notes: list[Detail] = []
    moved_from: str | None = None
    part: str = ""


def judge(connection: Connection, working: BoundChannel, table: SheetTable) -> list[RowVerdict]:
    """A verdict on every row, in order; right rows are judged as if the wrong ones were not there."""
    rows = table.rows
    wrong = {at: list(row.errors) for at, row in enumerate(rows) if row.errors}
    for at, error in disagreements(connection, working.period_id, rows):
        wrong.setdefault(at, []).append(error)
    places = [at for at in range(len(rows)) if at not in wrong]
    right: dict[int, RowVerdict] = {}
    while places and not right:
        asked = [rows[at] for at in places]
        try:
            entries = read_rows(connection, working, [row.given for row in asked])
            right = dict(zip(places, _right(connection, working, asked, entries), strict=True))
        except Problem as problem:
            found = _by_place(problem, asked)
            wrong.update({places[each]: errors for each, errors in found.items()})
            places = [at for at in places if at not in wrong]
    known = {each["name"]: each["title"]["zh"] for each in entry_fields(working.plugin, working.context)}
    titles = {**known, **{each.label: each.title.zh for each in columns_of(working)}, **table.titles}
    return [right.get(at) or _wrong(row, wrong[at], titles) for at, row in enumerate(rows)]


def _wrong(row: SheetRow, errors: Sequence[FieldError], titles: Mapping[str, str]) -> RowVerdict:
    told = [_told(error, {**titles, **row.titles}) for error in errors[:MOST_ERRORS]]
    return RowVerdict(row.number, row.given.get("unit"), "wrong", told, part=row.part)


def _right(
    connection: Connection, working: BoundChannel, rows: Sequence[SheetRow], entries: Sequence[ReadEntry]
) -> list[RowVerdict]:
    heads = find_current_entries(connection, working, entries)
    require_reasons(working, entries, heads)
    refuse_contradictions(connection, working, entries)
    stored = rows_to_store(working, SHELL, 0, entries, heads)
    loose = loosely_named(connection, working.period_id, rows, entries)
    right = []
    for row, entry, made in zip(rows, entries, stored, strict=True):
        head, unit = heads.get(entry.identity), made["unit"]
        before = msgspec.json.decode(head.same_as) if head and made["verdict"] == "corrected" else {}
        notes = [_HIDDEN_ROW] if row.hidden else []
        notes += [Detail(note.zh, note.en) for note in row.notes]
        if unit in loose.get(row.number, {}):
            named = _NAMED.format(given=row.given["unit"], unit=unit, name=loose[row.number][unit])
            notes.append(Detail(named.zh, named.en))
        if head and head.spelled:
            spelled = _SPELLED.format(before="、".join(head.spelled))
            notes.append(Detail(spelled.zh, spelled.en))
        moved_from = before.get("unit") if before.get("unit") != unit else None
        right.append(RowVerdict(row.number, unit, made["verdict"], [], notes, moved_from, row.part))
    return right


_NAMED = Text(
    zh="单位“{given}”按 {unit}（{name}）认定，请核对。",
    en="The unit {given} is taken for {unit} ({name}); check it.",
)
_SPELLED = Text(
    zh="与已报送的“{before}”写法不同，按同一项处理，请核对。",
    en="Spelled otherwise than {before}, which was delivered, and taken for the same item; check it.",
)
_HIDDEN_ROW = Detail(
    zh="此行在文件中是隐藏的，仍会报送；不需要的请先删除。",
    en="This row is hidden in the file and is delivered all the same; delete it there if it should not be.",
)


def _by_place(problem: Problem, rows: Sequence[SheetRow]) -> dict[int, list[FieldError]]:
    """The errors of a refused batch by the places of their rows; other refusals go up."""
    if problem.code not in OF_ROWS:
        raise problem
    numbers = [row.number for row in rows]
    found: dict[int, list[FieldError]] = {}
    for error in problem.errors:
        pointer = error.pointer.removeprefix("/entries")
        placed, place = at_row(replace(error, pointer=pointer), "", numbers), pointer.split("/")[1:2]
        if placed.row is None:
            raise problem
        if placed.code == "repeated_in_batch":
            placed = replace(placed, message=_repeated(error, numbers))
        found.setdefault(int(place[0]), []).append(placed)
    if not found:
        raise problem
    return found


def _repeated(error: FieldError, numbers: Sequence[int]) -> Text:
    """The sentence about a repetition, which counts entries, in rows of the file."""
    counted = re.search(r"[0-9]+", error.message.en)
    row = numbers[int(counted[0]) - 1] if counted else "?"
    return _REPEATED.format(row=row)


_REPEATED = Text(
    zh="与第{row}行是同一项，一个文件中只能出现一次。",
    en="The same item as row {row}; it may occur once only.",
)


def _told(error: FieldError, titles: Mapping[str, str]) -> RowError:
    column = titles.get(error.column, error.column)
    return RowError(error.code, error.column, column, Detail(error.message.zh, error.message.en))
