"""The office's page of codes: every unit and window with its QR, and the windows themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, current_app, redirect, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as AnyResponse

from pingyi.console.pages import attempt, field, page
from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.domain.period_state import UNTIL_CLOSING
from pingyi.roles import OFFICE_READERS, Role
from pingyi.services.core.bound_channels import BoundChannel, ChannelRef, bound_channel
from pingyi.services.core.errors import not_found
from pingyi.settings import Settings
from pingyi.web.callers import require_caller
from pingyi.web.policy import policy
from pingyi_surveys.setup import posters
from pingyi_surveys.setup.posters import Poster
from pingyi_surveys.setup.public_address import printed_address
from pingyi_surveys.setup.service_windows import (
    RatedUnit,
    Window,
    evaluation_of,
    put_windows,
    rated_units,
    read_lines,
    remove_window,
)
from pingyi_surveys.setup.window_codes import Code, code_of, read_code

BELOW = "/office/periods/<period>/ballots/<channel>/codes"
blueprint = Blueprint("ballot_codes", __name__, template_folder="../templates")
_SHEET_POLICY = (
    "default-src 'none'; style-src '{digest}'; img-src data:; form-action 'none'; frame-ancestors 'none';"
    " base-uri 'none'"
)


@dataclass(frozen=True, slots=True)
class Coded:
    """A unit's own code (`window` is None) or a window's, with its poster."""

    code: str
    window: Window | None
    poster: Poster


@blueprint.get(BELOW)
@policy(*OFFICE_READERS)
def codes(period: str, channel: str) -> AnyResponse:
    """All units and windows with their codes."""
    return _page(period, channel, None)


@blueprint.post(BELOW)
@policy(Role.ADMINISTRATOR)
def add_windows(period: str, channel: str) -> AnyResponse:
    """Add the windows of a list; what was typed is kept where something is wrong."""
    caller, lines = require_caller(), field("lines")
    return _act(
        period,
        channel,
        lambda connection, working: put_windows(connection, caller, working, read_lines(lines)),
    )


@blueprint.post(f"{BELOW}/<int:window>/removal")
@policy(Role.ADMINISTRATOR)
def take_window(period: str, channel: str, window: int) -> AnyResponse:
    """Remove a window: its printed code is no longer good."""
    caller = require_caller()
    return _act(
        period, channel, lambda connection, working: remove_window(connection, caller, working, window)
    )


@blueprint.get(f"{BELOW}/<code>.<any('png','svg','html'):kind>")
@policy(*OFFICE_READERS)
def poster(period: str, channel: str, code: str, kind: str) -> AnyResponse:
    """One code as a picture, or on its A4 sheet."""
    read_code(_settings().secret_key, code)
    with transaction() as connection:
        working = bound_channel(connection, ChannelRef(period=period, channel=channel))
        units = _coded(connection, working)
        coded = {one.code: one.poster for _, unit in units for one in unit}
    if code not in coded:
        raise not_found(zh="这个二维码", en="That code")
    found = coded[code]
    if kind == "html":
        response = Response(posters.sheet(found), content_type="text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = _SHEET_POLICY.format(digest=posters.style_digest())
        return response
    if kind == "png":
        return _file(posters.png(found.address), "image/png", f"{found.name}.png")
    return _file(posters.svg(found.address), "image/svg+xml", f"{found.name}.svg")


@blueprint.get(f"{BELOW}.zip")
@policy(*OFFICE_READERS)
def archive(period: str, channel: str) -> AnyResponse:
    """Every code of the channel in one ZIP."""
    with transaction() as connection:
        working = bound_channel(connection, ChannelRef(period=period, channel=channel))
        units = _coded(connection, working)
        found = [one.poster for _, unit in units for one in unit]
    return _file(posters.packed(found), "application/zip", f"{_plain(period)}-{_plain(channel)}-codes.zip")


def _act(period: str, channel: str, act: Callable[[Connection, BoundChannel], Any]) -> AnyResponse:
    problem = attempt(
        lambda connection: act(
            connection, bound_channel(connection, ChannelRef(period=period, channel=channel))
        )
    )
    if problem and problem.status in {403, 404}:
        raise problem
    if problem:
        return _page(period, channel, problem)
    return redirect(url_for(".codes", period=period, channel=channel), 303)


def _page(period: str, channel: str, problem: Problem | None) -> AnyResponse:
    with transaction() as connection:
        working = bound_channel(connection, ChannelRef(period=period, channel=channel))
        unprintable = _unprintable(connection, working)
        units = list(_coded(connection, working, to_print=unprintable is None))
    return page(
        "posters/codes.html",
        problem.status if problem else 200,
        period=period,
        channel=channel,
        working=working,
        units=units,
        problem=problem,
        unprintable=unprintable,
        typed=field("lines"),
        demonstration=bool(units) and units[0][1][0].poster.demonstration,
        may_change=Role.ADMINISTRATOR in require_caller().roles and working.state in UNTIL_CLOSING,
        windows=sum(len(unit.windows) for unit, _ in units),
    )


def _address(*, demonstration: bool) -> str:
    """What the addresses of codes begin with; Problem address_private."""
    return printed_address(_settings(), request.url_root, demonstration=demonstration)


def _unprintable(connection: Connection, working: BoundChannel) -> Problem | None:
    """Why no code of a channel can be printed."""
    _, demonstration = evaluation_of(connection, working)
    try:
        _address(demonstration=demonstration)
    except Problem as problem:
        return problem
    return None


def _coded(
    connection: Connection, working: BoundChannel, *, to_print: bool = True
) -> Iterator[tuple[RatedUnit, list[Coded]]]:
    """Every unit with its own code and those of its windows; not `to_print`: without their addresses.

    Raises Problem not_found, address_private.
    """
    site, demonstration = evaluation_of(connection, working)
    units = rated_units(connection, working.id)
    address = _address(demonstration=demonstration) if to_print else ""
    for place, unit in enumerate(units, 1):
        blank = Poster(
            site=site,
            unit_code=unit.code,
            unit=unit.name,
            name=f"{place:03}-{_plain(unit.code)}",
            address=address,
            demonstration=demonstration,
        )
        yield unit, [_one(working.id, unit.id, window, blank) for window in (None, *unit.windows)]


def _one(channel_id: int, unit_id: int, window: Window | None, blank: Poster) -> Coded:
    code = code_of(_settings().secret_key, Code(channel_id, unit_id, window.id if window else 0))
    address = f"{blank.address}/s/{code}"
    if window is None:
        return Coded(code, None, replace(blank, address=address))
    name = f"{blank.name}-{window.id}"
    return Coded(
        code, window, replace(blank, address=address, window=window.name, kiosk=window.kiosk, name=name)
    )


def _plain(key: str) -> str:
    """A key as part of a file's name."""
    return "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in key)


def _file(content: bytes, kind: str, name: str) -> Response:
    response = Response(content, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _settings() -> Settings:
    found: Settings = current_app.extensions["pingyi.configuration"]
    return found
