"""What everybody may know of a period's ballots: how its keys are kept, its thresholds, its numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from pingyi.channels import Text
from pingyi.domain.scheme.values import Scheme
from pingyi.services.core.bound_channels import issued_scheme
from pingyi.services.core.errors import not_found


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What became of a box's ballots when it was opened; `sealed` is the sum of the other three.

    `reasons`: ballots by standing and reason, for the held and the rejected ones. `head`: under which head.
    """

    sealed: int
    counted: int
    held: int
    rejected: int
    reasons: Sequence[tuple[str, str, int]]
    head: str
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicBox:
    """A channel that takes ballots; `rules`: thresholds of open ballots; `cards`: how many a roster has."""

    channel: str
    title: Text
    kind: str
    questionnaire: str
    rules: Mapping[str, Any]
    cards: int | None
    first_day: str
    last_day: str | None
    numbers: Numbers | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicPeriod:
    """A period that takes or took ballots; `kept`: "file" or "printed"; when each key was destroyed."""

    key: str
    title: Text
    state: str
    demonstration: bool
    kept: str
    public: str
    key_file: str
    prepared_at: datetime
    secret_gone: datetime | None
    box_gone: datetime | None
    boxes: Sequence[PublicBox]


def public_periods(connection: Connection) -> list[PublicPeriod]:
    """Every period with ballot keys that has opened, the newest first, without its boxes: one query."""
    return [
        _period(connection, row, ()) for row in connection.execute(text(f"{_PERIODS} ORDER BY p.id DESC"))
    ]


def public_period(connection: Connection, key: str) -> PublicPeriod:
    """One of them with its boxes; Problem not_found."""
    row = connection.execute(text(f"{_PERIODS} AND p.key = :key"), {"key": key}).one_or_none()
    if row is None:
        raise not_found(zh=f"周期“{key}”的收票情况", en=f"Ballots of period {key}")
    scheme = issued_scheme(row.scheme_id, connection)
    boxes = connection.execute(text(_BOXES), {"keys": row.keys_id})
    return _period(connection, row, [_box(scheme, box) for box in boxes])


_PERIODS = """
SELECT p.key, p.state, p.demonstration, p.scheme_id, k.id AS keys_id, k.kept, k.prepared_at,
  encode(k.public, 'hex') AS public, encode(k.key_file, 'hex') AS key_file,
  s.destroyed_at AS secret_gone, b.destroyed_at AS box_gone
FROM period p JOIN LATERAL (
  SELECT * FROM ballot_keys WHERE period_id = p.id ORDER BY id DESC LIMIT 1
) k ON true
LEFT JOIN key_destruction s ON s.period_id = p.id AND s.what = 'period_secret'
LEFT JOIN key_destruction b ON b.period_id = p.id AND b.what = 'box'
WHERE p.state <> 'draft'
"""
_BOXES = """
SELECT c.key, b.kind, x.content, o.sealed, o.counted, o.held, o.rejected, o.numbers, o.head, o.opened_at
FROM prepared_box x JOIN channel c ON c.id = x.channel_id JOIN ballot_box b ON b.channel_id = c.id
LEFT JOIN box_opening o ON o.channel_id = c.id WHERE x.keys_id = :keys ORDER BY c.position
"""


def _period(connection: Connection, row: Row[Any], boxes: Sequence[PublicBox]) -> PublicPeriod:
    return PublicPeriod(
        key=row.key,
        title=issued_scheme(row.scheme_id, connection).title,
        state=row.state,
        demonstration=row.demonstration,
        kept=row.kept,
        public=row.public,
        key_file=row.key_file,
        prepared_at=row.prepared_at,
        secret_gone=row.secret_gone,
        box_gone=row.box_gone,
        boxes=boxes,
    )


def _box(scheme: Scheme, row: Row[Any]) -> PublicBox:
    plan = scheme.channel(row.key)
    frozen = row.content
    return PublicBox(
        channel=row.key,
        title=plan.title if plan else Text(zh=row.key, en=row.key),
        kind=row.kind,
        questionnaire=frozen["questionnaire"],
        rules=frozen["rules"],
        cards=sum(frozen["cards"].values()) if frozen["cards"] is not None else None,
        first_day=frozen["first_day"],
        last_day=frozen["last_day"],
        numbers=_numbers(row) if row.opened_at else None,
    )


def _numbers(row: Row[Any]) -> Numbers:
    reasons: Counter[tuple[str, str]] = Counter()
    for _unit, standing, reason, count in row.numbers:
        if standing != "counted":
            reasons[standing, reason] += count
    return Numbers(
        sealed=row.sealed,
        counted=row.counted,
        held=row.held,
        rejected=row.rejected,
        reasons=[(*key, count) for key, count in sorted(reasons.items())],
        head=row.head,
        opened_at=row.opened_at,
    )
