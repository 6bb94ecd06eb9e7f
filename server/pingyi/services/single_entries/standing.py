"""The one entry at a place of a channel, to be corrected or withdrawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, String, bindparam, cast, select

from pingyi.channels import Text
from pingyi.db import one_row
from pingyi.domain.errors import Problem
from pingyi.models import Entry, EntryHead
from pingyi.services.core.bound_channels import BoundChannel
from pingyi.services.core.errors import not_found
from pingyi.services.intake.entry_cells import STANDINGS, EntryCell, cells_of
from pingyi.services.intake.queries import IS_CURRENT

WITHDRAWN = "rejected"
_AT_PLACE = (
    select(
        cast(Entry.values, String).label("values"),
        Entry.standing,
        EntryHead.channel_id.is_not(None).label("stands"),
    )
    .outerjoin(EntryHead, IS_CURRENT)
    .where(
        Entry.delivery_id == bindparam("delivery"),
        Entry.position == bindparam("position"),
        Entry.channel_id == bindparam("channel"),
    )
)


@dataclass(frozen=True, slots=True)
class _Row:
    values: str
    standing: str
    stands: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedEntry:
    """An entry with what it says; `stands`: nothing has replaced it; `withdrawn`: it counts no more."""

    delivery: int
    position: int
    values: Mapping[str, Any]
    cells: Sequence[EntryCell]
    standing: Text
    stands: bool
    withdrawn: bool

    @property
    def unit(self) -> str:
        """The code of its unit, "" for the whole channel."""
        return str(self.values.get("unit", ""))


def entry_at(connection: Connection, working: BoundChannel, delivery: int, position: int) -> PlacedEntry:
    """The entry at a place of the channel; Problem not_found."""
    row = one_row(connection, _Row, _AT_PLACE, delivery=delivery, position=position, channel=working.id)
    if row is None:
        raise not_found(zh=f"报送{delivery}的第{position}条", en=f"Entry {position} of delivery {delivery}")
    values = msgspec.json.decode(row.values)
    return PlacedEntry(
        delivery=delivery,
        position=position,
        values=values,
        cells=cells_of(working, values),
        standing=STANDINGS[row.standing],
        stands=row.stands,
        withdrawn=row.standing == WITHDRAWN,
    )


def require_standing(entry: PlacedEntry) -> None:
    """Problem not_standing where another entry has replaced this one."""
    if not entry.stands:
        raise Problem("not_standing", 409, _REPLACED)


_REPLACED = Text(
    zh="此条已被更正或撤回，不再是现有条目；请从“现有条目”中选最新的一条。",
    en="This entry was corrected or withdrawn and stands no more; choose the newest one from the entries.",
)
