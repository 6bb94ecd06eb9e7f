"""An open ballot from the form that was filled in to the box: marks instead of cookie and address."""

from __future__ import annotations

import hmac
from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

from pingyi_surveys.ballot import keys
from pingyi_surveys.ballot.layout import pack
from pingyi_surveys.ballot.opened_ballot import OpenedBallot
from pingyi_surveys.casting.ballot_pages import Filled
from pingyi_surveys.casting.box_cache import CachedBox, CachedUnit
from pingyi_surveys.casting.group_commit import Cast, cast
from pingyi_surveys.casting.seal import stored_receipt
from pingyi_surveys.setup.boxes import KIOSK, VISIT, WINDOW

FILL_SECONDS: Final = (10, 30, 60, 180)
"""Where the classes of the time to fill in a ballot end: 0 is below the first, 4 from the last on."""
DEVICE_BYTES: Final = 16
TAG_BYTES: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A ballot as it was sent. `token`: of its page or, with `visit`, of its visit code.

    `device`: what the cookie holds, b"" where none may be told from another. `address`: the client's; it goes
    no further than into the mark of its network.
    """

    unit: CachedUnit
    filled: Filled
    token: bytes
    seconds: float
    device: bytes = b""
    address: str = ""
    kiosk: bool = False
    visit: bool = False


def cast_open(box: CachedBox, sent: Sent) -> Cast:
    """Seal and store an open ballot; raises what `committing.cast` raises."""
    nullifier = nullifier_of(box, sent.token, visit=sent.visit)
    ballot = OpenedBallot(
        unit=sent.unit.code,
        stratum=VISIT if sent.visit else KIOSK if sent.kiosk else WINDOW,
        day=box.day,
        answers=sent.filled.answers,
        fill=fill_class(sent.seconds),
        device=_device(box, sent),
        network=_network(box, sent),
        kiosk=sent.kiosk,
        visit=sent.visit,
        nullifier=nullifier,
        comment=sent.filled.comment,
    )
    return cast(box, sent.unit.id, nullifier, pack(box.layout, ballot, box.intake))


def nullifier_of(box: CachedBox, token: bytes, *, visit: bool) -> bytes:
    """What the one ballot of a page, or of a visit code, is stored under."""
    return keys.nullifier(box.keys.nullifier, box.channel, "visit" if visit else "page", token)


def receipt_before(box: CachedBox, token: bytes, *, visit: bool) -> bytes | None:
    """The receipt of the ballot that this page or visit code has cast; None before."""
    return stored_receipt(box.channel_id, nullifier_of(box, token, visit=visit))


def fill_class(seconds: float) -> int:
    """The class of the time between page and ballot, see `FILL_SECONDS`."""
    return bisect_right(FILL_SECONDS, seconds)


def device_of_page(box: CachedBox, token: bytes) -> bytes:
    """The cookie for a device that has none: the same for a page that is sent twice."""
    return hmac.digest(box.keys.mark, b"pingyi device 1" + token, "sha256")[:DEVICE_BYTES]


def rated_tag(box: CachedBox, device: bytes, unit: CachedUnit) -> bytes:
    """What a cookie remembers of a rating: nobody without the period's key knows of which unit."""
    told = b"pingyi rated 1" + device + box.channel_id.to_bytes(8, "big") + unit.id.to_bytes(8, "big")
    return hmac.digest(box.keys.mark, told, "sha256")[:TAG_BYTES]


def _device(box: CachedBox, sent: Sent) -> bytes:
    if sent.kiosk or sent.visit or not sent.device:
        return b""
    return keys.device_mark(box.keys.mark, sent.device, box.channel, sent.unit.code)


def _network(box: CachedBox, sent: Sent) -> bytes:
    if sent.kiosk or sent.visit:
        return b""
    try:
        return keys.network_mark(box.keys.network, box.day, sent.address)
    except ValueError:
        return b""  # a server on a socket file tells no address
