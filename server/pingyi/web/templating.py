"""What templates may call: words in the reader's language, assets, numbers, the account."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, g, request, url_for

from pingyi.channels import Text
from pingyi.db import db
from pingyi.extensions import registered_roles
from pingyi.roles import title_of
from pingyi.services.periods.queries import time_zone_of
from pingyi.web.callers import current_account
from pingyi.web.headers import asset
from pingyi.web.language import TAGS, both, language, say
from pingyi.web.links import links

CLOCK = ZoneInfo("Asia/Shanghai")
"""The clock of pages that are about no single period."""


def init_templating(app: Flask) -> None:
    """Register what all templates share."""
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(say=say, grouped=grouped, moment=moment)
    app.jinja_env.globals.update(t=both, asset=asset, links=links, role_title=role_title)
    app.context_processor(_context)


def role_title(role: str) -> Text:
    """What a role is called, its key where nobody brings it any more."""
    return title_of(role, registered_roles())


def grouped(number: int | None) -> str:
    """A whole number with thousands separated; a dash where there is none."""
    return "—" if number is None else f"{number:,}"


def moment(value: datetime | None, form: str = "%Y-%m-%d %H:%M") -> str:
    """A time on the wall clock of the page's period; a dash where there is none."""
    return "—" if value is None else value.astimezone(clock()).strftime(form)


def clock() -> ZoneInfo:
    """The time zone of the period in the address: times are shown as they are typed there."""
    key = (request.view_args or {}).get("period", "")
    clocks: dict[str, ZoneInfo] = g.setdefault("clocks", {"": CLOCK})
    if key not in clocks:
        zone = time_zone_of(db.session.connection(), key)
        clocks[key] = ZoneInfo(zone) if zone else CLOCK
    return clocks[key]


def _context() -> dict[str, Any]:
    now = language()
    return {
        "language": now,
        "language_tag": TAGS[now],
        "other_language": "zh" if now == "en" else "en",
        "other_address": other_language_address,
        "account": current_account(),
        "revision": request.args.get("revision"),
    }


def other_language_address(other: str) -> str:
    """This page in the other language."""
    given: dict[str, Any] = {**request.args, **(request.view_args or {}), "lang": other}
    if request.endpoint is None or request.method != "GET":
        return f"/?lang={other}"
    return url_for(request.endpoint, **given)
