"""The registered lists of cards and visit codes in a process's memory: no statement ever names a card."""

from __future__ import annotations

from typing import Final, NamedTuple

from flask import current_app
from sqlalchemy import Connection, bindparam, select

from pingyi.db import db
from pingyi_surveys.models import CardList
from pingyi_surveys.setup.card_hashes import Purpose, hashes_of

EXTENSION: Final = "pingyi_surveys.card_lists"
_KNOWN = select(CardList.id, CardList.digest).order_by(CardList.id)
_ONE = select(CardList.purpose, CardList.channel_id, CardList.unit_id, CardList.hashes).where(
    CardList.id == bindparam("list")
)


class LoadedList(NamedTuple):
    """Where a list was committed to, whatever became of its period; `unit_id` is 0 on a roster's."""

    purpose: str
    channel_id: int
    unit_id: int
    hashes: frozenset[bytes]


_Lists = dict[tuple[int, bytes], LoadedList]
"""By id and digest; lists are only ever added."""


def find_list(purpose: Purpose, hashed: bytes) -> LoadedList | None:
    """The list that holds a hash; lists that are new are read before it is said that there is none."""
    kept: _Lists = current_app.extensions.get(EXTENSION, {})
    found = _among(kept, purpose, hashed)
    if found is None:
        kept = current_app.extensions[EXTENSION] = _with_new(kept)
        found = _among(kept, purpose, hashed)
    return found


def _among(lists: _Lists, purpose: Purpose, hashed: bytes) -> LoadedList | None:
    return next((one for one in lists.values() if one.purpose == purpose and hashed in one.hashes), None)


def _with_new(kept: _Lists) -> _Lists:
    with db.engine.connect() as connection:
        known = [(row.id, row.digest) for row in connection.execute(_KNOWN)]
        return {one: kept.get(one) or _read(connection, one[0]) for one in known}


def _read(connection: Connection, list_id: int) -> LoadedList:
    row = connection.execute(_ONE, {"list": list_id}).one()
    return LoadedList(row.purpose, row.channel_id, row.unit_id, frozenset(hashes_of(row.hashes)))
