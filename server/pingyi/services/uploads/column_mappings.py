"""What an operator's headings mean on a channel, chosen once by a person and remembered for every period."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, bindparam, cast, func, insert, literal, select

from pingyi.db import one_row
from pingyi.domain.canonical import canonical_json
from pingyi.ledger.leaves import record
from pingyi.models import Account, ColumnMapping
from pingyi.services.core.bound_channels import BoundChannel
from pingyi.services.core.callers import Caller
from pingyi.services.intake.entry_columns import Column
from pingyi.services.uploads.column_headings import ignored

NOT_USED = ""
_MAPPINGS = select(
    ColumnMapping.id,
    ColumnMapping.columns,
    ColumnMapping.digest,
    func.coalesce(Account.name, ColumnMapping.made_by).label("made_by"),
    ColumnMapping.made_at,
).outerjoin(Account, ColumnMapping.made_by == literal("account-") + cast(Account.id, String))
_NEWEST = (
    _MAPPINGS.where(
        ColumnMapping.operator_id == bindparam("operator"),
        ColumnMapping.channel == bindparam("channel"),
        ColumnMapping.plugin == bindparam("plugin"),
    )
    .order_by(ColumnMapping.id.desc())
    .limit(1)
)
_OF_ID = _MAPPINGS.where(ColumnMapping.id == bindparam("mapping"))
_WRITE = insert(ColumnMapping)


@dataclass(frozen=True, slots=True)
class RememberedColumns:
    """A stored mapping: by a heading's key its `title` as written and its `column`'s label, "" for none.

    `made_by`: the person's name.
    """

    id: int
    columns: Mapping[str, Mapping[str, str]] = field(repr=False)
    digest: bytes
    made_by: str
    made_at: datetime

    def meaning(self, columns: Mapping[str, Column]) -> dict[str, Column]:
        """The column that each remembered heading is; what this channel no longer has is left out."""
        return {
            key: ignored(key) if each["column"] == NOT_USED else columns[each["column"]]
            for key, each in self.columns.items()
            if each["column"] == NOT_USED or each["column"] in columns
        }


def remembered_columns(connection: Connection, working: BoundChannel) -> RememberedColumns | None:
    """What the channel's operator chose last; None where nothing is remembered."""
    place = {"operator": working.operator_id, "channel": working.key, "plugin": working.plugin.key}
    newest = one_row(connection, RememberedColumns, _NEWEST, **place)
    return newest if newest is not None and newest.columns else None


def mapping_of_upload(connection: Connection, mapping_id: int) -> RememberedColumns:
    """The mapping by which a file was read."""
    found = one_row(connection, RememberedColumns, _OF_ID, mapping=mapping_id)
    if found is None:
        raise LookupError(f"column mapping {mapping_id} is gone")
    return found


def remember_columns(
    connection: Connection,
    caller: Caller,
    working: BoundChannel,
    columns: Mapping[str, Mapping[str, str]],
) -> None:
    """Let these choices stand from now on, and put their digest on the record; an empty table forgets all."""
    content: dict[str, Any] = {key: dict(each) for key, each in columns.items()}
    digest = hashlib.sha256(canonical_json(content)).digest()
    before = remembered_columns(connection, working)
    if (before.digest if before else None) == (digest if content else None):
        return
    told = {"period": working.period_key, "channel": working.key, "plugin": working.plugin.key}
    connection.execute(
        _WRITE,
        {
            "operator_id": working.operator_id,
            "channel": working.key,
            "plugin": working.plugin.key,
            "columns": content,
            "digest": digest,
            "made_by": caller.name,
        },
    )
    changed = {**told, "headings": len(content), "sha256": digest.hex(), "by": caller.name}
    record(connection, "columns.mapped", changed, working.period_id)
