"""The registered lists of cards and visit codes in a process's memory: no statement ever names a card."""

from __future__ import annotations

from typing import Final, NamedTuple

from flask import current_app
from sqlalchemy import Connection, text

from pingyi.db import db
from pingyi_surveys.setup.card_hashes import Purpose, hashes_of

EXTENSION: Final = "pingyi_surveys.card_lists"


class CardList(NamedTuple):
    """Where a list was committed to, whatever became of its period; `unit_id` is 0 on a roster's."""

    purpose: str
    channel_id: int
    unit_id: int
    hashes: frozenset[bytes]


_Lists = dict[tuple[int, bytes], CardList]
"""By id and digest; lists are only ever added."""


def find_list(purpose: Purpose, hashed: bytes) -> CardList | None:
    """The list that holds a hash; lists that are new are read before it is said that there is none."""
    kept: _Lists = current_app.extensions.get(EXTENSION, {})
    found = _among(kept, purpose, hashed)
    if found is None:
        kept = current_app.extensions[EXTENSION] = _with_new(kept)
        found = _among(kept, purpose, hashed)
    return found


def _among(lists: _Lists, purpose: Purpose, hashed: bytes) -> CardList | None:
    return next((one for one in lists.values() if one.purpose == purpose and hashed in one.hashes), None)


def _with_new(kept: _Lists) -> _Lists:
    with db.engine.connect() as connection:
        rows = connection.execute(text("SELECT id, digest FROM card_list ORDER BY id"))
        known = [(row.id, bytes(row.digest)) for row in rows]
        return {one: kept.get(one) or _read(connection, one[0]) for one in known}


def _read(connection: Connection, list_id: int) -> CardList:
    row = connection.execute(
        text("SELECT purpose, channel_id, unit_id, hashes FROM card_list WHERE id = :id"), {"id": list_id}
    ).one()
    return CardList(row.purpose, row.channel_id, row.unit_id, frozenset(hashes_of(row.hashes)))
