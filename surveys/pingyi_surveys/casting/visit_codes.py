"""Visit codes at work: which box and unit a code belongs to, and how often a network may guess."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from flask import current_app
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi_surveys.ballot.card_codes import read_visit_code
from pingyi_surveys.ballot.keys import KEY_BYTES, network_mark
from pingyi_surveys.casting.card_lists import find_list
from pingyi_surveys.setup.card_hashes import card_hash

EXTENSION: Final = "pingyi_surveys.visits"
WRONG_PER_MINUTE: Final = 60


class Visit(NamedTuple):
    """A visit code as it is hashed, and where it was committed to."""

    token: bytes
    channel_id: int
    unit_id: int


@dataclass(slots=True)
class _Kept:
    """What a process remembers: guesses by networks under a key of its own."""

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
        found = _find(token)
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


def _find(token: bytes) -> Visit | None:
    found = find_list("visit", card_hash(token))
    return found and Visit(token, found.channel_id, found.unit_id)


def _network(kept: _Kept, address: str) -> str:
    try:
        return network_mark(kept.key, 0, address).hex()
    except ValueError:
        return ""
