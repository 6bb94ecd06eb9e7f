"""Links to pages of other packages, on pages of ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import Flask, current_app

from pingyi.channels import Text
from pingyi.web.callers import current_account

EXTENSION: Final = "pingyi.links"
TOOLS, FOOT, OFFICE, PERIOD, HELD = "tools", "foot", "office", "period", "held"
PLACES: Final = (TOOLS, FOOT, OFFICE, PERIOD, HELD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """`place`: top or foot of every page ("tools", "foot"), the office's first page ("office"), its page of a
    period ("period"), a result with held evidence ("held").

    The endpoint takes `period` in the latter two; accounts without one of `roles` (none: anybody) see none.
    """

    place: str
    endpoint: str
    title: Text
    roles: frozenset[str] = frozenset()


def add_link(app: Flask, link: Link) -> None:
    """Show a link from now on; ValueError for an unknown place."""
    if link.place not in PLACES:
        raise ValueError(f"a link stands in one of {PLACES}")
    app.extensions.setdefault(EXTENSION, []).append(link)


def links(place: str) -> list[Link]:
    """The links of a place that this account may follow."""
    known: list[Link] = current_app.extensions.get(EXTENSION, [])
    account = current_account()
    roles = account.roles if account else frozenset()
    return [link for link in known if link.place == place and (not link.roles or link.roles & roles)]
