"""Files of operators in two steps: a verdict on every row, then all of them stored, or none."""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import msgspec
from psycopg.errors import DeadlockDetected
from sqlalchemy import Connection, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from pingyi import models
from pingyi.channels import Text
from pingyi.database_refusals import not_open
from pingyi.db import one_row, transaction
from pingyi.domain.errors import Problem
from pingyi.domain.period_state import PeriodState
from pingyi.services.core.bound_channels import BoundChannel, ChannelRef, bound_channel
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import forbidden, not_found
from pingyi.services.intake.contradictions import refuse_contradictions
from pingyi.services.intake.deliveries import TRIES, Answer, Repeatable, claim_delivery
from pingyi.services.intake.evidence_references import keep_referred
from pingyi.services.intake.parse_rows import read_rows
from pingyi.services.intake.partner_queries import stored_receipt
from pingyi.services.intake.store_entries import (
    TwinError,
    find_current_entries,
    insert_rows,
    receipt_of,
    require_reasons,
    rows_to_store,
)
from pingyi.services.spreadsheets.reading import is_workbook, read_spreadsheet
from pingyi.services.uploads.file_notes import notes_on
from pingyi.services.uploads.read_table import fit_of, read_table
from pingyi.services.uploads.row_verdicts import OF_ROWS, RowVerdict, judge

KEPT_DAYS = 7
_VERDICTS = msgspec.json.Decoder(list[RowVerdict])
_MAX_NAME = 200
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
_NEWEST = ("name", "rows", "verdicts", "wrong", "empty", "sheet", "notes")
_KEEP = _STORE.on_conflict_do_update(
    index_elements=[models.Upload.channel_id, models.Upload.digest],
    index_where=models.Upload.delivery_id.is_(None),
    set_={**{name: _STORE.excluded[name] for name in _NEWEST}, "uploaded_at": func.now()},
).returning(models.Upload.id)
_UPLOAD = select(
    models.Upload.id,
    models.Upload.name,
    models.Upload.digest,
    models.Upload.rows,
    models.Upload.verdicts,
    models.Upload.wrong,
    models.Upload.empty,
    models.Upload.sheet,
    models.Upload.notes,
    models.Upload.delivery_id,
).where(models.Upload.id == bindparam("upload"), models.Upload.channel_id == bindparam("channel"))
_LOCKED_UPLOAD = _UPLOAD.with_for_update()
_CONFIRM = (
    update(models.Upload)
    .where(models.Upload.id == bindparam("upload"))
    .values(delivery_id=bindparam("delivery"), rows=b"")
)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a channel with some of its verdicts; `after` is the row after which the next page begins.

    `sheet`: the one that was read; `notes`: what to know of the file, in both languages.
    """

    id: int
    name: str
    sheet: str
    notes: Sequence[Mapping[str, str]]
    sha256: str
    state: str
    counts: dict[str, int]
    delivery: int | None
    verdicts: Sequence[RowVerdict]
    after: int | None


@dataclass(frozen=True, slots=True)
class _UploadRow:
    id: int
    name: str
    digest: bytes
    rows: bytes
    verdicts: bytes
    wrong: int
    empty: int
    sheet: str
    notes: list[Any] | None
    delivery_id: int | None


def own_channel(connection: Connection, caller: Caller, place: ChannelRef) -> BoundChannel:
    """The channel, if it is this caller's to deliver; Problem not_found or forbidden."""
    working = bound_channel(connection, place)
    if not caller.may_deliver(working.operator_id, working.key):
        raise forbidden()
    return working


def preview(caller: Caller, place: ChannelRef, content: bytes, name: str = "", sheet: str = "") -> int:
    """Read a file, or one sheet of it, and keep a verdict on each of its rows; the id of the upload.

    Raises Problem: those of `read_spreadsheet` and `read_table`, not_found, forbidden, period_not_open.
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
    found, answer = read_spreadsheet(content, partial(fit_of, working), sheet)
    with transaction() as connection:
        working = own_channel(connection, caller, place)
        table = read_table(working, found)
        verdicts = judge(connection, working, table)
        stored = {
            "channel_id": working.id,
            "digest": digest,
            "name": _file_name(name),
            "rows": zlib.compress(msgspec.json.encode([row.given for row in table.rows])),
            "verdicts": zlib.compress(msgspec.json.encode(verdicts)),
            "wrong": sum(each.verdict == "wrong" for each in verdicts),
            "empty": table.empty,
            "sheet": found.name if is_workbook(content) else "",
            "notes": [asdict(note) for note in notes_on(found, answer, table, text=not is_workbook(content))],
            "uploaded_by": caller.name,
        }
        connection.execute(_FORGET, {"sha256": digest})
        return connection.execute(_KEEP, stored).scalar_one()


def _file_name(given: str) -> str:
    return "".join(letter for letter in given if letter.isprintable())[:_MAX_NAME]


def shown(
    caller: Caller, place: ChannelRef, upload_id: int, *, after: int = 0, limit: int = 100, verdict: str = ""
) -> Upload:
    """An upload with the verdicts on its rows after the row `after`, of one kind where one is named."""
    with transaction() as connection:
        working = own_channel(connection, caller, place)
        row = _row(connection, working, upload_id)
    verdicts = _VERDICTS.decode(zlib.decompress(row.verdicts))
    counts = Counter(each.verdict for each in verdicts)
    asked = [each for each in verdicts if each.row > after and verdict in ("", each.verdict)]
    return Upload(
        id=row.id,
        name=row.name,
        sheet=row.sheet,
        notes=row.notes or [],
        sha256=row.digest.hex(),
        state="confirmed" if row.delivery_id is not None else "wrong" if row.wrong else "ready",
        counts={
            "rows": len(verdicts),
            **{name: counts[name] for name in ("new", "corrected", "unchanged", "wrong")},
            "empty": row.empty,
            "moved": sum(each.moved_from is not None for each in verdicts),
        },
        delivery=row.delivery_id,
        verdicts=asked[:limit],
        after=asked[limit - 1].row if len(asked) > limit else None,
    )


def _row(connection: Connection, working: BoundChannel, upload_id: int, *, lock: bool = False) -> _UploadRow:
    statement = _LOCKED_UPLOAD if lock else _UPLOAD
    row = one_row(connection, _UploadRow, statement, upload=upload_id, channel=working.id)
    if row is None:
        raise not_found(zh=f"文件{upload_id}", en=f"Upload {upload_id}")
    return row


def confirm(caller: Caller, place: ChannelRef, upload_id: int) -> Answer:
    """Store all rows of an upload as one delivery, or nothing; again, it answers the first receipt.

    Raises Problem: not_found, forbidden, period_not_open, upload_wrong, preview_outdated, busy.
    """
    for _ in range(TRIES):
        try:
            with transaction() as connection:
                return _confirm(connection, caller, place, upload_id)
        except TwinError:
            continue
        except DBAPIError as error:
            if not isinstance(error.orig, DeadlockDetected):
                raise
    raise Problem("busy", 409, _BUSY, retry_after_seconds=1)


def _confirm(connection: Connection, caller: Caller, place: ChannelRef, upload_id: int) -> Answer:
    working = own_channel(connection, caller, place)
    row = _row(connection, working, upload_id, lock=True)
    if row.delivery_id is not None:
        return Answer(stored_receipt(connection, working, row.delivery_id), replayed=True)
    if row.wrong:
        raise Problem("upload_wrong", 409, _WRONG.format(n=row.wrong))
    if working.state != PeriodState.OPEN:
        raise not_open()
    return Answer(_store(connection, working, caller, row), replayed=False)


def _store(connection: Connection, working: BoundChannel, caller: Caller, row: _UploadRow) -> bytes:
    # No key of a client's own holds a colon, so none can stand in the way.
    once = Repeatable(key=f"upload:{row.id}", fingerprint=row.digest)
    delivery_id = claim_delivery(connection, working, caller, once, "upload")
    if delivery_id is None:
        raise LookupError(f"upload {row.id} was delivered without being marked")
    try:
        entries = read_rows(connection, working, msgspec.json.decode(zlib.decompress(row.rows)))
        heads = find_current_entries(connection, working, entries)
        require_reasons(working, entries, heads)
        refuse_contradictions(connection, working, entries)
    except Problem as problem:
        raise (_outdated() if problem.code in OF_ROWS else problem) from problem
    stored = rows_to_store(working, caller, delivery_id, entries, heads)
    told = [each.verdict for each in _VERDICTS.decode(zlib.decompress(row.verdicts))]
    if [each["verdict"] for each in stored] != told:
        raise _outdated()
    receipt = receipt_of(working, delivery_id, stored)
    insert_rows(connection, working, delivery_id, stored, receipt)
    if not keep_referred(connection, working, (entry.values for entry in entries)):
        raise TwinError
    connection.execute(_CONFIRM, {"upload": row.id, "delivery": delivery_id})
    return receipt


def _outdated() -> Problem:
    return Problem("preview_outdated", 409, _OUTDATED)


_BUSY = Text(
    zh="同一项目正在被多个请求更正，请稍后再次确认。",
    en="Several requests are correcting the same items; confirm again shortly.",
)
_WRONG = Text(
    zh="文件中有{n}行不符合要求，未保存任何内容；请改正后重新上传。",
    en="{n} rows of the file are wrong, so nothing was stored; correct them and upload the file again.",
)
_OUTDATED = Text(
    zh="预览之后又有新的报送，结论已变化，未保存任何内容；请重新上传此文件并再次核对。",
    en="Something was delivered after the preview and changes it; nothing was stored. Upload the file again.",
)
