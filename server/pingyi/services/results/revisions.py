"""The revisions of a period's result, and what changed from one to another: four queries at most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, text

from pingyi.domain.errors import Problem
from pingyi.domain.scheme.values import Scheme
from pingyi.services.core.bound_channels import issued_scheme
from pingyi.services.core.errors import not_found


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision; `published_at` is None where only the office may see it."""

    revision: int
    assessed_at: datetime
    published_at: datetime | None
    sha256: str


@dataclass(frozen=True, slots=True)
class Revisions:
    """The revisions of a period that may be seen, the newest first."""

    period: str
    scheme: Scheme
    demonstration: bool
    revisions: tuple[Revision, ...]

    def get(self, revision: int) -> Revision:
        """The revision of this number; Problem not_found."""
        for one in self.revisions:
            if one.revision == revision:
                return one
        raise _no_result(self.period, revision)


@dataclass(frozen=True, slots=True)
class UnitStanding:
    """Where a unit stood in one revision; "" and None where there is nothing."""

    status: str
    total: str
    rank: int | None
    grade: str
    adjustments: str


@dataclass(frozen=True, slots=True)
class ChannelChange:
    """A channel on which points or status of a unit changed."""

    channel: str
    points_before: str
    points_after: str
    status_before: str
    status_after: str


@dataclass(frozen=True, slots=True)
class UnitChange:
    """A unit whose result changed; `before` or `after` is None where it did not take part."""

    unit: str
    name: str
    category: str
    before: UnitStanding | None
    after: UnitStanding | None
    channels: tuple[ChannelChange, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed between two revisions: units by category, then in the order of the newer board."""

    period: str
    scheme: Scheme
    demonstration: bool
    older: Revision
    newer: Revision
    units: tuple[UnitChange, ...]


def list_revisions(connection: Connection, period_key: str, *, published_only: bool = True) -> Revisions:
    """All revisions that may be seen; Problem not_found where there is none."""
    rows = connection.execute(text(_REVISIONS), {"key": period_key, "published_only": published_only}).all()
    if not rows:
        raise _no_result(period_key, None)
    return Revisions(
        period_key,
        issued_scheme(rows[0].scheme_id, connection),
        rows[0].demonstration,
        tuple(Revision(row.revision, row.assessed_at, row.published_at, row.digest.hex()) for row in rows),
    )


def compare_revisions(
    connection: Connection, period_key: str, older: int, newer: int, *, published_only: bool = True
) -> Comparison:
    """What changed from one revision to another; Problem not_found where either may not be seen."""
    found = list_revisions(connection, period_key, published_only=published_only)
    first, second = found.get(older), found.get(newer)
    given = {"key": period_key, "older": older, "newer": newer}
    channels: dict[int, list[ChannelChange]] = {}
    for row in connection.execute(text(_CHANNELS), given):
        channels.setdefault(row.unit_id, []).append(_channel(row))
    rows = connection.execute(text(_UNITS), {**given, "units": list(channels)})
    order = {category.key: position for position, category in enumerate(found.scheme.categories)}
    units = sorted(rows, key=lambda row: (order[row.category], row.position))
    return Comparison(
        period_key,
        found.scheme,
        found.demonstration,
        first,
        second,
        tuple(_unit(row, channels.get(row.unit_id, ())) for row in units),
    )


def _channel(row: Row[Any]) -> ChannelChange:
    return ChannelChange(
        row.key, _spell(row.points_a), _spell(row.points_b), row.status_a or "", row.status_b or ""
    )


def _unit(row: Row[Any], channels: Sequence[ChannelChange]) -> UnitChange:
    fields = row._asdict()
    return UnitChange(
        row.code, row.name, row.category, _place(fields, "a"), _place(fields, "b"), tuple(channels)
    )


def _place(fields: Mapping[str, Any], side: str) -> UnitStanding | None:
    if fields[f"status_{side}"] is None:
        return None
    return UnitStanding(
        status=fields[f"status_{side}"],
        total=_spell(fields[f"total_{side}"]),
        rank=fields[f"rank_{side}"],
        grade=fields[f"grade_{side}"],
        adjustments=fields[f"adjustments_{side}"],
    )


def _spell(value: Decimal | None) -> str:
    return "" if value is None else format(value, "f")


def _no_result(period_key: str, revision: int | None) -> Problem:
    which = "" if revision is None else f"第 {revision} 版"
    number = "" if revision is None else f" (revision {revision})"
    return not_found(
        zh=f"周期“{period_key}”已公布的{which}结果", en=f"A published result of period {period_key}{number}"
    )


_REVISIONS = """
SELECT a.revision, a.assessed_at, a.digest, b.published_at, p.scheme_id, p.demonstration
FROM period p JOIN assessment a ON a.period_id = p.id LEFT JOIN publication b ON b.assessment_id = a.id
WHERE p.key = :key AND (NOT :published_only OR b.assessment_id IS NOT NULL)
ORDER BY a.revision DESC
"""

_PAIR = """
WITH pair AS (
  SELECT (SELECT a.id FROM assessment a WHERE a.period_id = p.id AND a.revision = :older) AS a,
    (SELECT a.id FROM assessment a WHERE a.period_id = p.id AND a.revision = :newer) AS b
  FROM period p WHERE p.key = :key)
"""

_CHANNELS = f"""
{_PAIR}
SELECT unit_id, c.key, x.points AS points_a, y.points AS points_b, x.status AS status_a, y.status AS status_b
FROM (SELECT * FROM channel_score WHERE assessment_id = (SELECT a FROM pair)) x
FULL JOIN (SELECT * FROM channel_score WHERE assessment_id = (SELECT b FROM pair)) y
USING (unit_id, channel_id) JOIN channel c ON c.id = channel_id
WHERE (x.points, x.status) IS DISTINCT FROM (y.points, y.status)
ORDER BY c.position
"""  # noqa: S608 - both parts are constants

_UNITS = f"""
{_PAIR}
SELECT unit_id, u.code, coalesce(y.details, x.details) ->> 'name' AS name,
  coalesce(y.category, x.category) AS category, coalesce(y.position, x.position) AS position,
  x.status AS status_a, x.total AS total_a, x.rank AS rank_a, x.grade AS grade_a,
  x.details ->> 'adjustments' AS adjustments_a,
  y.status AS status_b, y.total AS total_b, y.rank AS rank_b, y.grade AS grade_b,
  y.details ->> 'adjustments' AS adjustments_b
FROM (SELECT * FROM unit_result WHERE assessment_id = (SELECT a FROM pair)) x
FULL JOIN (SELECT * FROM unit_result WHERE assessment_id = (SELECT b FROM pair)) y USING (unit_id)
JOIN unit u ON u.id = unit_id
WHERE unit_id = ANY(:units)
  OR (x.status, x.total, x.rank, x.grade, x.details -> 'adjustments', x.category)
  IS DISTINCT FROM (y.status, y.total, y.rank, y.grade, y.details -> 'adjustments', y.category)
"""  # noqa: S608 - both parts are constants
