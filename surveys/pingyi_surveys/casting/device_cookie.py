"""The cookie by which a second rating from one phone is told honestly: random bytes and what it rated."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from pingyi_surveys.casting.box_cache import CachedBox, CachedUnit
from pingyi_surveys.casting.open_ballot import DEVICE_BYTES, TAG_BYTES, device_of_page, rated_tag

COOKIE: Final = "ballot_device"
MOST_TAGS: Final = 32
_LONGEST: Final = 256
_WITHOUT_END: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Device:
    """A phone as its cookie tells of it; `tags` one for every unit rated, the newest last."""

    id: bytes
    tags: tuple[bytes, ...] = ()

    def rated(self, box: CachedBox, unit: CachedUnit) -> Device:
        """The device once it has rated this unit on this box: itself where it had before."""
        tag = rated_tag(box, self.id, unit)
        return self if tag in self.tags else Device(self.id, (*self.tags, tag)[-MOST_TAGS:])


def read_device(cookie: str, box: CachedBox, token: bytes) -> Device:
    """The device of a cookie; without a cookie of ours a new one, the same for a page that is sent again."""
    try:
        content = base64.b64decode(cookie.encode("ascii"), altchars=b"-_", validate=True)
    except ValueError:
        content = b""
    rest = len(content) - DEVICE_BYTES
    if rest < 0 or rest % TAG_BYTES or len(cookie) > _LONGEST:
        return Device(device_of_page(box, token))
    places = range(DEVICE_BYTES, len(content), TAG_BYTES)
    return Device(content[:DEVICE_BYTES], tuple(content[at : at + TAG_BYTES] for at in places))


def write_device(device: Device) -> str:
    """The cookie of a device."""
    return base64.urlsafe_b64encode(device.id + b"".join(device.tags)).decode("ascii")


def expiry(box: CachedBox) -> datetime:
    """When the cookie goes: with the last day of the box, after 90 days where none is set."""
    if box.last_day is None:
        return datetime.now(box.zone) + _WITHOUT_END
    return datetime.combine(box.last_day + timedelta(days=1), time.min, box.zone)
