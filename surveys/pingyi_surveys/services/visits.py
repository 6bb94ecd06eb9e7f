"""Visit codes at work: which box and unit a code belongs to, and how often a network may guess."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from flask import current_app
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from sqlalchemy import Connection, text

from pingyi.channels import Text
from pingyi.db import db
from pingyi.domain.errors import Problem
from pingyi_surveys.card_codes import read_visit_code
from pingyi_surveys.keys import KEY_BYTES, network_mark
from pingyi_surveys.services.cards import HASH_BYTES, card_hash

EXTENSION: Final = "pingyi_surveys.visits"
FRESH_SECONDS: Final = 1.0
WRONG_PER_MINUTE: Final = 60


class Visit(NamedTuple):
    """A visit code as it is hashed, and where it was committed to."""

    token: bytes
    channel_id: int
    unit_id: int


class _List(NamedTuple):
    channel_id: int
    unit_id: int
    hashes: frozenset[bytes]


@dataclass(slots=True)
class _Kept:
    """What a process remembers: lists by id and digest, and guesses by networks under a key of its own."""

    lists: dict[tuple[int, bytes], _List] = field(default_factory=dict)
    read_at: float = float("-inf")
    key: bytes = field(default_factory=lambda: os.urandom(KEY_BYTES))
    limiter: MovingWindowRateLimiter = field(default_factory=lambda: MovingWindowRateLimiter(MemoryStorage()))


def find_visit(typed: str, address: str) -> Visit:
    """The visit code that was typed, scanned or stands in an address; no statement names it.

    Only wrong codes are counted against the network of `address`, which is kept nowhere. Raises Problem
    visit_code_unknown, too_many_codes.
    """
    kept = _kept()
    network, allowed = _network(kept, address), RateLimitItemPerMinute(WRONG_PER_MINUTE)
    if not kept.limiter.test(allowed, network):
        raise Problem("too_many_codes", 429, _TOO_MANY, retry_after_seconds=60)
    try:
        token = read_visit_code(typed)
    except ValueError:
        found = None
    else:
        found = _find(kept, token)
    if found is None:
        kept.limiter.hit(allowed, network)
        raise Problem("visit_code_unknown", 404, _UNKNOWN)
    return found


_UNKNOWN = Text(
    zh="没有这个办件码。请重新扫描办件单上的二维码，或对照办件单逐字核对（12 位，不分大小写）。",
    en="There is no such visit code. Scan the one on your slip again, or compare it character by character "
    "(12 of them; case does not matter).",
)
_TOO_MANY = Text(
    zh="输错的办件码太多，请一分钟后再试；也可以扫窗口的二维码评议。",
    en="Too many wrong visit codes; try again in a minute, or scan the code at the window.",
)


def _kept() -> _Kept:
    extensions = current_app.extensions
    kept: _Kept = extensions.get(EXTENSION) or extensions.setdefault(EXTENSION, _Kept())
    return kept


def _find(kept: _Kept, token: bytes) -> Visit | None:
    if time.monotonic() - kept.read_at > FRESH_SECONDS:
        _refresh(kept)
    hashed = card_hash(token)
    lists = kept.lists.values()
    return next((Visit(token, one.channel_id, one.unit_id) for one in lists if hashed in one.hashes), None)


def _refresh(kept: _Kept) -> None:
    """Read the lists that are new: lists are only ever added."""
    with db.engine.connect() as connection:
        known = {(row.id, bytes(row.digest)) for row in connection.execute(text(_LISTS))}
        kept.lists = {one: kept.lists.get(one) or _read_list(connection, one[0]) for one in sorted(known)}
    kept.read_at = time.monotonic()


_LISTS = "SELECT id, digest FROM card_list WHERE purpose = 'visit'"


def _read_list(connection: Connection, list_id: int) -> _List:
    found = text("SELECT channel_id, unit_id, hashes FROM card_list WHERE id = :id")
    row = connection.execute(found, {"id": list_id}).one()
    places = range(0, len(row.hashes), HASH_BYTES)
    hashes = frozenset(bytes(row.hashes[at : at + HASH_BYTES]) for at in places)
    return _List(row.channel_id, row.unit_id, hashes)


def _network(kept: _Kept, address: str) -> str:
    try:
        return network_mark(kept.key, 0, address).hex()
    except ValueError:
        return ""
