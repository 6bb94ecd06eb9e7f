"""Confirms files: all rows of one as a delivery, or none."""

from __future__ import annotations

import zlib

import msgspec
from msgspec import structs
from psycopg.errors import DeadlockDetected
from sqlalchemy import Connection, bindparam, null, update
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.exc import DBAPIError

from pingyi import models
from pingyi.channels import Text
from pingyi.database_refusals import not_open
from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.domain.period_state import PeriodState
from pingyi.services.core.bound_channels import BoundChannel, ChannelRef
from pingyi.services.core.callers import Caller
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
from pingyi.services.uploads.column_mappings import mapping_of_upload
from pingyi.services.uploads.row_verdicts import OF_ROWS
from pingyi.services.uploads.uploads import VERDICTS, UploadRow, own_channel, upload_row

_CONFIRM = (
    update(models.Upload)
    .where(models.Upload.id == bindparam("upload"))
    .values(
        delivery_id=bindparam("delivery"), columns=bindparam("titles", type_=JSON), rows=b"", content=null()
    )
)


def confirm(caller: Caller, place: ChannelRef, upload_id: int) -> Answer:
    """Store all rows of an upload as one delivery, or nothing; again, it answers the first receipt.

    Raises Problem: not_found, forbidden, period_not_open, columns_invalid, upload_wrong, preview_outdated,
    busy.
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
    row = upload_row(connection, working, upload_id, lock=True)
    if row.delivery_id is not None:
        return Answer(stored_receipt(connection, working, row.delivery_id), replayed=True)
    if row.unread:
        raise Problem("columns_invalid", 409, _UNREAD)
    if row.wrong:
        raise Problem("upload_wrong", 409, _WRONG.format(n=row.wrong))
    if working.state != PeriodState.OPEN:
        raise not_open()
    return Answer(_store(connection, working, caller, row), replayed=False)


def _store(connection: Connection, working: BoundChannel, caller: Caller, row: UploadRow) -> bytes:
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
    told = [each.verdict for each in VERDICTS.decode(zlib.decompress(row.verdicts))]
    if [each["verdict"] for each in stored] != told:
        raise _outdated()
    by = mapping_of_upload(connection, row.mapping_id).digest.hex() if row.mapping_id is not None else ""
    receipt = receipt_of(working, delivery_id, stored, columns=by)
    insert_rows(connection, working, delivery_id, stored, receipt)
    if not keep_referred(connection, working, (entry.values for entry in entries)):
        raise TwinError
    # What stood below the headings may be private; it stays in the entries alone.
    titles = [structs.replace(each, samples=[]) for each in row.titles.titles]
    kept = msgspec.to_builtins(structs.replace(row.titles, titles=titles))
    connection.execute(_CONFIRM, {"upload": row.id, "delivery": delivery_id, "titles": kept})
    return receipt


def _outdated() -> Problem:
    return Problem("preview_outdated", 409, _OUTDATED)


_BUSY = Text(
    zh="同一项目正在被多个请求更正，请稍后再次确认。",
    en="Several requests are correcting the same items; confirm again shortly.",
)
_UNREAD = Text(
    zh="还没有说明文件的各列是什么，未保存任何内容。",
    en="Nobody said yet what the columns of the file are; nothing was stored.",
)
_WRONG = Text(
    zh="文件中有{n}行不符合要求，未保存任何内容；请改正后重新上传。",
    en="{n} rows of the file are wrong, so nothing was stored; correct them and upload the file again.",
)
_OUTDATED = Text(
    zh="预览之后又有新的报送，结论已变化，未保存任何内容；请重新上传此文件并再次核对。",
    en="Something was delivered after the preview and changes it; nothing was stored. Upload the file again.",
)
