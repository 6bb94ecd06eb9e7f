"""Where an open ballot is rated: the box, unit and window that an address leads to."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flask import current_app
from sqlalchemy import bindparam, select

from pingyi.channels import Text
from pingyi.db import db, rows
from pingyi.domain.errors import Problem
from pingyi.settings import Settings
from pingyi_surveys.ballot.page_nonce import Bound
from pingyi_surveys.casting.box_cache import CachedBox, CachedUnit, cached_box
from pingyi_surveys.casting.visit_codes import find_visit
from pingyi_surveys.models import ServiceWindow
from pingyi_surveys.setup.service_windows import Window
from pingyi_surveys.setup.window_codes import Code, read_code

EXTENSION: Final = "pingyi_surveys.windows"
CODES: Final = "pingyi_surveys.codes"
MOST_CODES: Final = 4096
FRESH_SECONDS: Final = 5.0
_WINDOWS = select(ServiceWindow.id, ServiceWindow.unit_id, ServiceWindow.name, ServiceWindow.kiosk).where(
    ServiceWindow.channel_id == bindparam("channel")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BallotAddress:
    """A unit to be rated on an open box. `address`: of the page; `visit`: the visit code, b"" without one."""

    box: CachedBox
    unit: CachedUnit
    address: str
    window_id: int = 0
    window: str = ""
    kiosk: bool = False
    visit: bytes = b""

    @property
    def bound(self) -> Bound:
        """What a nonce of its page is good for."""
        return Bound(self.box.channel_id, self.unit.id, self.window_id)

    def __repr__(self) -> str:
        return f"Place(of {self.box.channel_id})"


def address_of_code(code: str) -> BallotAddress:
    """Where the code of a window leads.

    Raises Problem not_found, ballots_not_open, ballots_closed and those of the key file.
    """
    named = _read(code)
    box, unit = _open_box(named.channel_id, named.unit_id)
    if not named.window_id:
        return BallotAddress(box=box, unit=unit, address=f"/s/{code}")
    window = _windows(box.channel_id).get(named.window_id)
    if window is None or window.unit_id != unit.id:
        raise _gone()
    return BallotAddress(
        box=box,
        unit=unit,
        address=f"/s/{code}",
        window_id=named.window_id,
        window=window.name,
        kiosk=window.kiosk,
    )


def address_of_visit(typed: str, address: str) -> BallotAddress:
    """Where a visit code leads; `address`: the client's.

    Raises what `find_visit` raises, and Problem ballots_not_open, ballots_closed and those of the key file.
    """
    visit = find_visit(typed, address)
    box, unit = _open_box(visit.channel_id, visit.unit_id)
    return BallotAddress(box=box, unit=unit, address=f"/v/{visit.token.decode('ascii')}", visit=visit.token)


def _read(code: str) -> Code:
    """What a code names, remembered: the same few codes are scanned all day."""
    kept: dict[str, Code] = current_app.extensions.setdefault(CODES, {})
    found = kept.get(code)
    if found is None:
        settings: Settings = current_app.extensions["pingyi.configuration"]
        found = read_code(settings.secret_key, code)
        if len(kept) >= MOST_CODES:
            kept.clear()
        kept[code] = found
    return found


def _open_box(channel_id: int, unit_id: int) -> tuple[CachedBox, CachedUnit]:
    box = cached_box(channel_id)
    unit = box.units.get(unit_id)
    if box.kind != "open" or unit is None:
        raise _gone()
    return box, unit


def _windows(channel_id: int) -> Mapping[int, Window]:
    """The windows of a channel as they stood at most five seconds ago."""
    kept: dict[int, tuple[float, Mapping[int, Window]]] = current_app.extensions.setdefault(EXTENSION, {})
    found = kept.get(channel_id)
    if found is None or time.monotonic() - found[0] > FRESH_SECONDS:
        with db.engine.connect() as connection:
            windows = rows(connection, Window, _WINDOWS, channel=channel_id)
        found = time.monotonic(), {window.id: window for window in windows}
        kept[channel_id] = found
    return found[1]


def _gone() -> Problem:
    return Problem("not_found", 404, _GONE)


_GONE = Text(
    zh="这个二维码已经停用，请扫描窗口现在张贴的二维码。",
    en="This code is no longer in use; please scan the one that hangs at the window now.",
)
