"""What a channel's own pages and tasks are given, and what a page is made of: words and tables, no markup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Protocol

from pingyi.channels.text import Text
from pingyi.channels.types import Context, Share, Tally

Cell = Text | str | int | Decimal | Fraction | Share | None


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of the period."""

    code: str
    name: str
    category: str


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry as it was stored: `values` in their stored form; `current` unless a later one corrected it.

    Private values are missing for everybody but the channel's operator.
    """

    key: str
    unit: str | None
    values: Mapping[str, Any]
    current: bool
    standing: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class EntryPage:
    """Some entries in the order of their arrival; `after` begins the next page, None on the last."""

    entries: Sequence[StoredEntry]
    after: str | None


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence of a page."""

    text: Text | str


@dataclass(frozen=True, slots=True)
class Table:
    """A table: a Share or Fraction is printed in percent, a Decimal or int as it is, None as a dash."""

    title: Text
    columns: Sequence[Text | str]
    rows: Sequence[Sequence[Cell]]


Block = Paragraph | Table


class ChannelView(Protocol):
    """One channel of one period, for a page or a task of its plugin: this and nothing else of Pingyi."""

    @property
    def period(self) -> str:
        """The period's key."""

    @property
    def channel(self) -> str:
        """The channel's key in the scheme."""

    @property
    def context(self) -> Context:
        """The loaded settings, the period's dates and the rolls."""

    def units(self) -> Sequence[Unit]:
        """The units in the order of the period's list."""

    def tallies(self) -> Mapping[str, Tally]:
        """What counts so far, by the code of the unit; units without any are missing."""

    def shared(self) -> Tally:
        """The channel's own counters so far."""

    def entries(self, after: str = "", limit: int = 100, unit: str = "") -> EntryPage:
        """Up to 500 entries after `after`, of one unit (its code) where `unit` is given."""

    def submit(self, rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        """Deliver entries as the person who asked, all or nothing; the receipt.

        A refusal ends the page or task: only the channel's operator may, in an open period.
        """
