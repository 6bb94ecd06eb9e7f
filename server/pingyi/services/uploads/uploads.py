"""Files of operators as they are shown: their state, the verdicts on their rows, what their columns are."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, select

from pingyi import models
from pingyi.channels import Text
from pingyi.db import one_row, transaction
from pingyi.domain.errors import Problem
from pingyi.services.core.bound_channels import BoundChannel, ChannelRef, bound_channel
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import forbidden, not_found
from pingyi.services.uploads.column_mappings import RememberedColumns, mapping_of_upload
from pingyi.services.uploads.heading_choices import ReadTitles
from pingyi.services.uploads.row_verdicts import RowVerdict

VERDICTS = msgspec.json.Decoder(list[RowVerdict])
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
    models.Upload.columns,
    models.Upload.mapping_id,
    models.Upload.content,
    models.Upload.delivery_id,
).where(models.Upload.id == bindparam("upload"), models.Upload.channel_id == bindparam("channel"))
_LOCKED_UPLOAD = _UPLOAD.with_for_update()


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a channel with some of its verdicts; `after` is the row after which the next page begins.

    `sheet`: the one that was read; `notes`: what to know of the file, in both languages; `titles`: what its
    headings were read as, by `mapping` where a person said so.
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
    titles: ReadTitles
    mapping: RememberedColumns | None


@dataclass(frozen=True, slots=True)
class UploadRow:
    """A file as it is stored."""

    id: int
    name: str
    digest: bytes
    rows: bytes
    verdicts: bytes
    wrong: int
    empty: int
    sheet: str
    notes: list[Any] | None
    columns: dict[str, Any] | None
    mapping_id: int | None
    content: bytes | None
    delivery_id: int | None

    @property
    def titles(self) -> ReadTitles:
        """What its headings were read as; nothing for files from before that was kept."""
        return msgspec.convert(self.columns or {}, ReadTitles)

    @property
    def unread(self) -> bool:
        """Whether a person has to say first what its columns are."""
        return bool(self.titles.faults)

    @property
    def state(self) -> str:
        """confirmed, columns (nobody said what they are), wrong or ready."""
        if self.delivery_id is not None:
            return "confirmed"
        return "columns" if self.unread else "wrong" if self.wrong else "ready"


def own_channel(connection: Connection, caller: Caller, place: ChannelRef) -> BoundChannel:
    """The channel, if it is this caller's to deliver; Problem not_found or forbidden."""
    working = bound_channel(connection, place)
    if not caller.may_deliver(working.operator_id, working.key):
        raise forbidden()
    return working


def shown(
    caller: Caller, place: ChannelRef, upload_id: int, *, after: int = 0, limit: int = 100, verdict: str = ""
) -> Upload:
    """An upload with the verdicts on its rows after the row `after`, of one kind where one is named."""
    with transaction() as connection:
        working = own_channel(connection, caller, place)
        row = upload_row(connection, working, upload_id)
        mapping = None if row.mapping_id is None else mapping_of_upload(connection, row.mapping_id)
    verdicts = VERDICTS.decode(zlib.decompress(row.verdicts))
    counts = Counter(each.verdict for each in verdicts)
    asked = [each for each in verdicts if each.row > after and verdict in ("", each.verdict)]
    # The entries of one row of a wide sheet stay together: the next page begins after a row.
    end = next((at for at in range(limit, len(asked)) if asked[at].row != asked[at - 1].row), len(asked))
    return Upload(
        id=row.id,
        name=row.name,
        sheet=row.sheet,
        notes=row.notes or [],
        sha256=row.digest.hex(),
        state=row.state,
        counts={
            "rows": len(verdicts),
            **{name: counts[name] for name in ("new", "corrected", "unchanged", "wrong")},
            "empty": row.empty,
            "moved": sum(each.moved_from is not None for each in verdicts),
        },
        delivery=row.delivery_id,
        verdicts=asked[:end],
        after=asked[end - 1].row if len(asked) > end else None,
        titles=row.titles,
        mapping=mapping,
    )


def upload_row(
    connection: Connection, working: BoundChannel, upload_id: int, *, lock: bool = False
) -> UploadRow:
    """The file with this id, if it is one of this channel; Problem not_found."""
    statement = _LOCKED_UPLOAD if lock else _UPLOAD
    row = one_row(connection, UploadRow, statement, upload=upload_id, channel=working.id)
    if row is None:
        raise not_found(zh=f"文件{upload_id}", en=f"Upload {upload_id}")
    return row


def columns_changed() -> Problem:
    """The refusal of a choice of columns for headings that are not those of the file any more."""
    return Problem("preview_outdated", 409, _COLUMNS_CHANGED)


_COLUMNS_CHANGED = Text(
    zh="此文件在别处已重新上传或已确认，列的对应未保存；请重新打开此页。",
    en="The file was uploaded again or confirmed meanwhile; nothing was saved. Open the page again.",
)
