"""What a package adds to our pages: links to its own, and what of its work waits for a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection

from pingyi.channels import Text

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

    @property
    def takes_period(self) -> bool:
        """Whether the address says which period."""
        return self.place in {PERIOD, HELD}


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One thing that waits for a person, with the address where it is dealt with, and until when."""

    what: Text
    address: str
    due: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePart:
    """A part of the home of accounts that hold one of `roles`.

    `waiting` is called with a connection and the `services.core.callers.Caller`, inside a request; it reads
    only, and tells what waits for this person.
    """

    title: Text
    roles: frozenset[str]
    waiting: Callable[[Connection, Any], Sequence[Waiting]]


def check_links(brought: Iterable[Any]) -> None:
    """TypeError or ValueError says what is wrong with a link."""
    for link in brought:
        if not isinstance(link, Link):
            raise TypeError(f"expected a Link, got {type(link).__name__}")
        if link.place not in PLACES:
            raise ValueError(f"a link stands in one of {PLACES}, not in {link.place!r}")


def check_parts(brought: Iterable[Any]) -> None:
    """TypeError says what is no part of a home."""
    for part in brought:
        if not isinstance(part, HomePart):
            raise TypeError(f"expected a HomePart, got {type(part).__name__}")
