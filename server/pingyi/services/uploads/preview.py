"""Previews files: a verdict on every row, or what a person has to say of the columns first."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from pingyi import models
from pingyi.database_refusals import not_open
from pingyi.db import transaction
from pingyi.domain.period_state import PeriodState
from pingyi.services.core.bound_channels import BoundChannel, ChannelRef
from pingyi.services.core.callers import Caller
from pingyi.services.intake.entry_columns import columns_of
from pingyi.services.spreadsheets.reading import is_workbook, read_spreadsheet
from pingyi.services.spreadsheets.sheet_cells import Answer, Sheet
from pingyi.services.uploads.column_headings import Heading, heading_errors
from pingyi.services.uploads.column_mappings import RememberedColumns, remember_columns, remembered_columns
from pingyi.services.uploads.file_notes import notes_on
from pingyi.services.uploads.heading_choices import ReadTitles, chosen_columns, read_titles
from pingyi.services.uploads.read_table import (
    choosable_columns,
    columns_invalid,
    fit_of,
    meanings_of,
    read_heading,
    read_table,
)
from pingyi.services.uploads.row_verdicts import judge
from pingyi.services.uploads.uploads import columns_changed, own_channel, upload_row

KEPT_DAYS = 7
_MAX_NAME = 200
_NO_ROWS = zlib.compress(b"[]")
_CONFIRMED = select(func.max(models.Upload.id)).where(
    models.Upload.channel_id == bindparam("channel"),
    models.Upload.digest == bindparam("sha256"),
    models.Upload.delivery_id.is_not(None),
)
_FORGET = delete(models.Upload).where(
    models.Upload.delivery_id.is_(None),
    models.Upload.digest != bindparam("sha256"),
    models.Upload.uploaded_at < func.now() - timedelta(days=KEPT_DAYS),
)
_STORE = insert(models.Upload)
_NEWEST = (
    "name",
    "rows",
    "verdicts",
    "wrong",
    "empty",
    "sheet",
    "notes",
    "columns",
    "mapping_id",
    "content",
)
_KEEP = _STORE.on_conflict_do_update(
    index_elements=[models.Upload.channel_id, models.Upload.digest],
    index_where=models.Upload.delivery_id.is_(None),
    set_={**{name: _STORE.excluded[name] for name in _NEWEST}, "uploaded_at": func.now()},
).returning(models.Upload.id)


def preview(
    caller: Caller, place: ChannelRef, content: bytes, name: str = "", sheet: str = "", *, asks: bool = False
) -> int:
    """Read a file, or one sheet of it, and keep a verdict on each of its rows; the id of the upload.

    `asks`: whether a file with columns that are not known is kept too, for a person to say what they are.
    Raises Problem: those of `read_spreadsheet` and `read_table`, columns_invalid, not_found, forbidden,
    period_not_open.
    """
    digest = hashlib.sha256(content).digest()
    with transaction() as connection:
        working = own_channel(connection, caller, place)
        asked = {"channel": working.id, "sha256": digest}
        confirmed: int | None = connection.execute(_CONFIRMED, asked).scalar_one()
        # Where nothing tells entries apart, the same file would be counted twice.
        if confirmed is not None and not working.plugin.identity:
            return confirmed
        if working.state != PeriodState.OPEN:
            raise not_open()
        meanings = meanings_of(working, remembered_columns(connection, working))
    read, answer = read_spreadsheet(content, partial(fit_of, meanings), sheet)
    with transaction() as connection:
        working = own_channel(connection, caller, place)
        stored = {
            "channel_id": working.id,
            "digest": digest,
            "name": _file_name(name),
            "sheet": read.name if is_workbook(content) else "",
            "content": zlib.compress(content),
            "uploaded_by": caller.name,
            **_judged(connection, working, read, answer, text=not is_workbook(content), asks=asks),
        }
        connection.execute(_FORGET, {"sha256": digest})
        return connection.execute(_KEEP, stored).scalar_one()


def _judged(
    connection: Connection, working: BoundChannel, sheet: Sheet, answer: Answer, *, text: bool, asks: bool
) -> dict[str, Any]:
    """What a sheet holds: the verdicts on its rows, or the headings that a person has to look at."""
    remembered = remembered_columns(connection, working)
    heading = read_heading(meanings_of(working, remembered), sheet)
    errors = list(heading_errors(columns_of(working), heading, sheet.rows))
    if errors and not asks:
        raise columns_invalid(errors)
    read = {
        "columns": msgspec.to_builtins(read_titles(heading, sheet.rows, errors)),
        "mapping_id": _used(remembered, heading),
    }
    if errors:
        return {**read, "rows": _NO_ROWS, "verdicts": _NO_ROWS, "wrong": 0, "empty": 0, "notes": []}
    table = read_table(working, sheet, heading)
    verdicts = judge(connection, working, table)
    return {
        **read,
        "rows": zlib.compress(msgspec.json.encode([row.given for row in table.rows])),
        "verdicts": zlib.compress(msgspec.json.encode(verdicts)),
        "wrong": sum(each.verdict == "wrong" for each in verdicts),
        "empty": table.empty,
        "notes": [asdict(note) for note in notes_on(sheet, answer, table, text=text)],
    }


def _used(remembered: RememberedColumns | None, heading: Heading) -> int | None:
    """The mapping, if it says anything about this heading."""
    return remembered.id if remembered and not remembered.columns.keys().isdisjoint(heading.keys) else None


def map_columns(
    caller: Caller, place: ChannelRef, upload_id: int, typed: Sequence[str], titles_seen: str
) -> int:
    """Remember what a person says the columns of a file are, for this channel, and judge the file by it.

    `typed`: the label for each heading, in their order; `titles_seen`: the digest of the headings that were
    shown. Raises Problem: columns_invalid, preview_outdated, and those of `preview`.
    """
    with transaction() as connection:
        working = own_channel(connection, caller, place)
        row = upload_row(connection, working, upload_id)
        titles = row.titles.titles
        if row.content is None or titles_digest(row.titles) != titles_seen or len(typed) != len(titles):
            raise columns_changed()
        chosen = chosen_columns(choosable_columns(working), titles, typed)
        before = remembered_columns(connection, working)
        keys = {each.key for each in titles}
        others = {key: each for key, each in before.columns.items() if key not in keys} if before else {}
        remember_columns(connection, caller, working, {**others, **chosen})
    return preview(caller, place, zlib.decompress(row.content), row.name, row.sheet, asks=True)


def forget_columns(caller: Caller, place: ChannelRef) -> None:
    """Forget what was chosen for the headings of a channel; Problem not_found or forbidden."""
    with transaction() as connection:
        remember_columns(connection, caller, own_channel(connection, caller, place), {})


def titles_digest(titles: ReadTitles) -> str:
    """Tells whether the headings of a file are still those that a person was shown."""
    return hashlib.sha256("\n".join(each.key for each in titles.titles).encode()).hexdigest()[:16]


def _file_name(given: str) -> str:
    return "".join(letter for letter in given if letter.isprintable())[:_MAX_NAME]
