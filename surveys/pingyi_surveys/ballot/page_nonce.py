"""The signed nonce of a ballot's page: to send it again is harmless, to send it elsewhere is vain."""

from __future__ import annotations

import base64
import hmac
import os
from struct import Struct
from typing import Final, NamedTuple

_TOLD: Final = Struct(">16sQ")
_BOUND: Final = Struct(">QQQ")
_MAC_BYTES: Final = 16
_LENGTH: Final = _TOLD.size + _MAC_BYTES
# A nullifier's message begins with three zero bytes: this one under the same key is never one of those.
_PURPOSE: Final = b"pingyi page nonce 1"
OLDEST_SECONDS: Final = 12 * 3600
_AHEAD_SECONDS: Final = 120


class Nonce(NamedTuple):
    """`token`: 16 random bytes and the time of the page, `issued` (seconds of Unix)."""

    token: bytes
    issued: int

    def stale(self, now: int) -> bool:
        """Whether its page is too old to be sent; a clock may be two minutes ahead."""
        return not -_AHEAD_SECONDS <= now - self.issued <= OLDEST_SECONDS


class Bound(NamedTuple):
    """The page that a nonce is good for; `window` 0 where there is none."""

    channel: int
    unit: int
    window: int


def new_nonce(key: bytes, bound: Bound, now: int) -> str:
    """A nonce as it stands in the form: `key` is the period's for nullifiers, and goes with it."""
    token = _TOLD.pack(os.urandom(16), now)
    return base64.urlsafe_b64encode(token + _mac(key, bound, token)).decode("ascii").rstrip("=")


def read_nonce(key: bytes, bound: Bound, written: str) -> Nonce | None:
    """The nonce of a form, however old; None for one that was not made for this page with this key."""
    try:
        content = base64.b64decode(written.encode("ascii") + b"==", altchars=b"-_", validate=True)
    except ValueError:
        return None
    token, mac = content[: _TOLD.size], content[_TOLD.size :]
    if len(content) != _LENGTH or not hmac.compare_digest(mac, _mac(key, bound, token)):
        return None
    return Nonce(token, _TOLD.unpack(token)[1])


def _mac(key: bytes, bound: Bound, token: bytes) -> bytes:
    return hmac.digest(key, _PURPOSE + _BOUND.pack(*bound) + token, "sha256")[:_MAC_BYTES]
