"""Look-ups that every room needs: a period's terms, units and keys, the kind of a box, how many cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import BigInteger, Connection, bindparam, cast, func, select

from pingyi.db import one_row, rows
from pingyi.models import Channel, Period, PeriodUnit, Unit
from pingyi_surveys.models import BallotBox, BallotKeys, CardList, KeyDestruction

Keeping = Literal["file", "printed"]
PERIOD_SECRET = "period_secret"  # noqa: S105 the name of one
BOX = "box"


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodTerms:
    """A period as its ballots need it; without days it takes them from its opening until it closes."""

    key: str
    state: str
    scheme_id: int
    demonstration: bool
    starts_on: date | None
    ends_on: date | None
    time_zone: str


@dataclass(frozen=True, slots=True)
class UnitInPeriod:
    """A unit under the name and in the category that it has in a period."""

    id: int
    code: str
    name: str
    category: str


@dataclass(frozen=True, slots=True)
class CardCount:
    """How many cards of a stratum a channel has, or visit codes."""

    channel_id: int
    purpose: str
    stratum: str
    cards: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeKeys:
    """A period's keys each time they were made; `key_file`: SHA-256 of the web hosts' file."""

    id: int
    public: bytes
    key_file: bytes
    kept: Keeping
    prepared_by: str
    prepared_at: datetime


_OF_PERIOD = Period.id == bindparam("period")
_STATE = select(Period.state).where(_OF_PERIOD)
_TERMS = select(
    Period.key,
    Period.state,
    Period.scheme_id,
    Period.demonstration,
    Period.starts_on,
    Period.ends_on,
    Period.time_zone,
).where(_OF_PERIOD)
_UNITS = (
    select(Unit.id, Unit.code, PeriodUnit.name, PeriodUnit.category)
    .join(PeriodUnit, PeriodUnit.unit_id == Unit.id)
    .order_by(PeriodUnit.position)
)
_UNITS_OF_PERIOD = _UNITS.where(PeriodUnit.period_id == bindparam("period"))
_UNITS_OF_CHANNEL = _UNITS.join(Channel, Channel.period_id == PeriodUnit.period_id).where(
    Channel.id == bindparam("channel")
)
_UNIT_OF_CODE = _UNITS_OF_PERIOD.where(Unit.code == bindparam("code"))
_KIND = select(BallotBox.kind).where(BallotBox.channel_id == bindparam("channel"))
_CARDS = (
    select(
        CardList.channel_id,
        CardList.purpose,
        CardList.stratum,
        cast(func.sum(CardList.cards), BigInteger).label("cards"),
    )
    .join(Channel, Channel.id == CardList.channel_id)
    .where(Channel.period_id == bindparam("period"))
    .group_by(CardList.channel_id, CardList.purpose, CardList.stratum)
    .order_by(CardList.stratum)
)
_NEWEST_KEYS = (
    select(
        BallotKeys.id,
        BallotKeys.public,
        BallotKeys.key_file,
        BallotKeys.kept,
        BallotKeys.prepared_by,
        BallotKeys.prepared_at,
    )
    .where(BallotKeys.period_id == bindparam("period"))
    .order_by(BallotKeys.id.desc())
    .limit(1)
)
_DESTRUCTIONS = select(KeyDestruction.what, KeyDestruction.destroyed_at).where(
    KeyDestruction.period_id == bindparam("period")
)


def state_of(connection: Connection, period_id: int) -> str | None:
    """The state of a period, None where there is none with this id."""
    state: str | None = connection.execute(_STATE, {"period": period_id}).scalar_one_or_none()
    return state


def period_terms(connection: Connection, period_id: int) -> PeriodTerms:
    """The terms of a period that exists."""
    terms = one_row(connection, PeriodTerms, _TERMS, period=period_id)
    if terms is None:
        raise LookupError(f"there is no period {period_id}")
    return terms


def units_of_period(connection: Connection, period_id: int) -> Sequence[UnitInPeriod]:
    """The units of a period in its order."""
    return rows(connection, UnitInPeriod, _UNITS_OF_PERIOD, period=period_id)


def units_of_channel(connection: Connection, channel_id: int) -> Sequence[UnitInPeriod]:
    """The units of a channel's period in its order."""
    return rows(connection, UnitInPeriod, _UNITS_OF_CHANNEL, channel=channel_id)


def unit_of_code(connection: Connection, period_id: int, code: str) -> UnitInPeriod | None:
    """A unit of a period by its code."""
    return one_row(connection, UnitInPeriod, _UNIT_OF_CODE, period=period_id, code=code)


def box_kind(connection: Connection, channel_id: int) -> str | None:
    """Whether a channel's box is open or a roster's; None where it takes no ballots with us."""
    kind: str | None = connection.execute(_KIND, {"channel": channel_id}).scalar_one_or_none()
    return kind


def card_counts(connection: Connection, period_id: int) -> Sequence[CardCount]:
    """The cards and visit codes of a period's channels, each channel's by stratum."""
    return rows(connection, CardCount, _CARDS, period=period_id)


def newest_keys(connection: Connection, period_id: int) -> MadeKeys | None:
    """The keys of a period that count; None before any were made."""
    return one_row(connection, MadeKeys, _NEWEST_KEYS, period=period_id)


def destroyed_keys(connection: Connection, period_id: int) -> Mapping[str, datetime]:
    """When which of a period's keys was destroyed: its secret (`PERIOD_SECRET`) or its box key (`BOX`)."""
    destructions = connection.execute(_DESTRUCTIONS, {"period": period_id})
    return {row.what: row.destroyed_at for row in destructions}
