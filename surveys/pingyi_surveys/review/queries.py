"""What is stored of opened boxes, their reviews, turnout, and the keys and boxes that everybody may know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from pingyi.db import one_row, rows
from pingyi.models import Account, Channel, Unit
from pingyi_surveys.models import BallotBox, BoxOpening, CellDecision, CellReview, PreparedBox

BallotNumbers = Sequence[tuple[str, str, str, int]]
"""Ballots by unit, standing and reason, as they were counted when a box was opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What came out of a channel's box, in ballots; `head`: under which head."""

    channel_id: int
    channel: str
    sealed: int
    counted: int
    held: int
    rejected: int
    numbers: BallotNumbers
    head: str
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedOpening:
    """An opening with what was seen in the box, and what was frozen for it beforehand."""

    channel_id: int
    channel: str
    sealed: int
    numbers: BallotNumbers
    head: str
    report: Mapping[str, Any]
    opened_at: datetime
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What one reviewer said of a unit's ballots that are held for a reason; `name` is what people read."""

    channel_id: int
    unit_id: int
    reason: str
    by: str
    name: str
    release: bool
    grounds: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Whether a unit's ballots that were held for a reason were released."""

    channel_id: int
    unit_id: int
    unit: str
    reason: str
    release: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedPeriod:
    """A period with opened boxes: the numbers of each, and how many held cells are decided."""

    key: str
    state: str
    numbers: Sequence[BallotNumbers]
    decided: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxTurnout:
    """A box and how many ballots lie in it; `cards`: of a roster, else None; `opened` once it was counted."""

    channel: str
    kind: str
    sealed: int
    cards: int | None
    opened: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedPeriod:
    """A period that has opened, with its newest keys and when each was destroyed."""

    id: int
    key: str
    state: str
    demonstration: bool
    scheme_id: int
    keys_id: int
    kept: str
    prepared_at: datetime
    public: str
    key_file: str
    secret_gone: datetime | None
    box_gone: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenBox:
    """A box with what was frozen for it."""

    channel_id: int
    channel: str
    kind: str
    content: Mapping[str, Any]


_OPENINGS = (
    select(
        BoxOpening.channel_id,
        Channel.key.label("channel"),
        BoxOpening.sealed,
        BoxOpening.counted,
        BoxOpening.held,
        BoxOpening.rejected,
        BoxOpening.numbers,
        BoxOpening.head,
        BoxOpening.opened_at,
    )
    .join(Channel, Channel.id == BoxOpening.channel_id)
    .where(Channel.period_id == bindparam("period"))
    .order_by(Channel.position)
)
_REVIEWS = (
    select(
        CellReview.channel_id,
        CellReview.unit_id,
        CellReview.reason,
        CellReview.reviewed_by.label("by"),
        func.coalesce(Account.name + " " + Account.login, CellReview.reviewed_by).label("name"),
        CellReview.release,
        CellReview.grounds,
        CellReview.reviewed_at.label("at"),
    )
    .join(Channel, Channel.id == CellReview.channel_id)
    .outerjoin(Account, CellReview.reviewed_by == func.concat("account-", Account.id))
    .where(Channel.period_id == bindparam("period"))
    .order_by(CellReview.reviewed_at, CellReview.reviewed_by)
)
_DECISIONS = (
    select(
        CellDecision.channel_id,
        CellDecision.unit_id,
        Unit.code.label("unit"),
        CellDecision.reason,
        CellDecision.release,
    )
    .join(Channel, Channel.id == CellDecision.channel_id)
    .join(Unit, Unit.id == CellDecision.unit_id)
    .where(Channel.period_id == bindparam("period"))
)
_FROZEN_BOXES = (
    select(PreparedBox.channel_id, Channel.key.label("channel"), BallotBox.kind, PreparedBox.content)
    .join(Channel, Channel.id == PreparedBox.channel_id)
    .join(BallotBox, BallotBox.channel_id == PreparedBox.channel_id)
    .where(PreparedBox.keys_id == bindparam("keys"))
    .order_by(Channel.position)
)
_REPORTED_OPENINGS = """
SELECT c.id AS channel_id, c.key AS channel, o.sealed, o.numbers, o.report, o.opened_at, o.head, x.content
FROM box_opening o JOIN channel c ON c.id = o.channel_id
JOIN prepared_box x ON x.channel_id = c.id
  AND x.keys_id = (SELECT max(k.id) FROM ballot_keys k WHERE k.period_id = c.period_id)
WHERE c.period_id = :period AND (:channel = '' OR c.key = :channel) ORDER BY c.position
"""
_OPENED_PERIODS = """
SELECT p.key, p.state, json_agg(o.numbers) AS numbers,
  (SELECT count(*) FROM cell_decision d JOIN channel k ON k.id = d.channel_id
    WHERE k.period_id = p.id) AS decided
FROM period p JOIN channel c ON c.period_id = p.id JOIN box_opening o ON o.channel_id = c.id
GROUP BY p.id ORDER BY p.id DESC
"""
_TURNOUT = """
SELECT c.key AS channel, b.kind, coalesce(o.sealed, s.sealed, 0) AS sealed,
  CASE b.kind WHEN 'roster' THEN coalesce(l.cards, 0) END AS cards, o.channel_id IS NOT NULL AS opened
FROM ballot_box b JOIN channel c ON c.id = b.channel_id LEFT JOIN box_opening o ON o.channel_id = b.channel_id
LEFT JOIN (SELECT channel_id, count(*) AS sealed FROM sealed_ballot GROUP BY 1) s ON s.channel_id = c.id
LEFT JOIN (
  SELECT channel_id, sum(cards)::bigint AS cards FROM card_list WHERE purpose = 'card' GROUP BY 1
) l ON l.channel_id = c.id
WHERE c.period_id = :period ORDER BY c.position
"""
_KEYED_PERIODS = """
SELECT p.id, p.key, p.state, p.demonstration, p.scheme_id, k.id AS keys_id, k.kept, k.prepared_at,
  encode(k.public, 'hex') AS public, encode(k.key_file, 'hex') AS key_file,
  s.destroyed_at AS secret_gone, b.destroyed_at AS box_gone
FROM period p JOIN LATERAL (
  SELECT * FROM ballot_keys WHERE period_id = p.id ORDER BY id DESC LIMIT 1
) k ON true
LEFT JOIN key_destruction s ON s.period_id = p.id AND s.what = 'period_secret'
LEFT JOIN key_destruction b ON b.period_id = p.id AND b.what = 'box'
WHERE p.state <> 'draft' AND (CAST(:key AS text) IS NULL OR p.key = :key) ORDER BY p.id DESC
"""


def openings(connection: Connection, period_id: int) -> Sequence[Opening]:
    """The period's opened boxes in the order of its scheme."""
    return rows(connection, Opening, _OPENINGS, period=period_id)


def reported_openings(connection: Connection, period_id: int, channel: str) -> Sequence[ReportedOpening]:
    """The same with their reports; of one channel, or with "" of all."""
    return rows(connection, ReportedOpening, _REPORTED_OPENINGS, period=period_id, channel=channel)


def reviews(connection: Connection, period_id: int) -> Sequence[Review]:
    """What reviewers said so far, in the order in which they spoke."""
    return rows(connection, Review, _REVIEWS, period=period_id)


def decisions(connection: Connection, period_id: int) -> Sequence[Decision]:
    """What reviewers decided so far."""
    return rows(connection, Decision, _DECISIONS, period=period_id)


def opened_periods(connection: Connection) -> Sequence[OpenedPeriod]:
    """Periods whose boxes were opened, the newest first."""
    return rows(connection, OpenedPeriod, _OPENED_PERIODS)


def box_turnout(connection: Connection, period_id: int) -> Sequence[BoxTurnout]:
    """The turnout of every box of a period."""
    return rows(connection, BoxTurnout, _TURNOUT, period=period_id)


def keyed_periods(connection: Connection) -> Sequence[KeyedPeriod]:
    """Every period with ballot keys that has opened, the newest first."""
    return rows(connection, KeyedPeriod, _KEYED_PERIODS, key=None)


def keyed_period(connection: Connection, key: str) -> KeyedPeriod | None:
    """One of them."""
    return one_row(connection, KeyedPeriod, _KEYED_PERIODS, key=key)


def frozen_boxes(connection: Connection, keys_id: int) -> Sequence[FrozenBox]:
    """The boxes that were frozen with some keys, in the order of the scheme."""
    return rows(connection, FrozenBox, _FROZEN_BOXES, keys=keys_id)
