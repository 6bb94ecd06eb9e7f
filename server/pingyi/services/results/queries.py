"""Read models of stored results: a revision with its units and scores, two of them side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Connection

from pingyi.db import one_row, rows


@dataclass(frozen=True, slots=True)
class StoredRevision:
    """One revision of a period's result; `head` covers its publication, None before that is sealed."""

    id: int
    revision: int
    digest: bytes
    summary: dict[str, Any]
    assessed_at: datetime
    period_id: int
    scheme_id: int
    state: str
    demonstration: bool
    snapshot: bytes
    published_at: datetime | None
    head: str | None


def stored_revision(
    connection: Connection, period_key: str, revision: int | None, *, published_only: bool
) -> StoredRevision | None:
    """A period's newest (or the named) revision, None where there is none that may be seen."""
    which = {"key": period_key, "revision": revision, "published_only": published_only}
    return one_row(connection, StoredRevision, _REVISION, **which)


_REVISION = """
SELECT a.id, a.revision, a.digest, a.summary, a.assessed_at, p.id AS period_id, p.scheme_id, p.state,
  p.demonstration, s.digest AS snapshot, b.published_at, published.head
FROM period p JOIN assessment a ON a.period_id = p.id JOIN snapshot s ON s.id = a.snapshot_id
LEFT JOIN publication b ON b.assessment_id = a.id
LEFT JOIN LATERAL (
  SELECT concat_ws(' ', e.origin, h.size, encode(h.root, 'base64')) AS head
  FROM leaf l JOIN sealed_leaf i ON i.leaf_id = l.id JOIN epoch e ON e.number = i.epoch
  JOIN LATERAL (
    SELECT size, root FROM tree_head WHERE epoch = i.epoch AND size > i.index ORDER BY size LIMIT 1
  ) h ON true
  WHERE b.assessment_id IS NOT NULL AND l.period_id = p.id AND l.kind = 'result.published'
    AND (convert_from(l.body, 'UTF8')::json ->> 'revision')::bigint = a.revision
  ORDER BY i.epoch, i.index LIMIT 1
) published ON true
WHERE p.key = :key AND (CAST(:revision AS bigint) IS NULL OR a.revision = :revision)
  AND (NOT :published_only OR b.assessment_id IS NOT NULL)
ORDER BY a.revision DESC LIMIT 1
"""


class StoredUnit(NamedTuple):
    """A unit's result as it is stored."""

    unit_id: int
    code: str
    category: str
    status: str
    total: Decimal | None
    rank: int | None
    of: int | None
    grade: str
    details: dict[str, Any]


class StoredScore(NamedTuple):
    """A unit's points on a channel as they are stored."""

    unit_id: int
    channel: str
    status: str
    points: Decimal | None
    n: int | None
    facts: dict[str, Any]


def stored_units(
    connection: Connection, assessment_id: int, code: str | None, category: str | None
) -> list[StoredUnit]:
    """The units of a revision, or the one of this code, or those of a category, in the board's order."""
    return rows(connection, StoredUnit, _UNITS, assessment=assessment_id, code=code, category=category)


def stored_scores(
    connection: Connection, assessment_id: int, code: str | None, category: str | None
) -> list[StoredScore]:
    """The scores of the same units."""
    return rows(connection, StoredScore, _SCORES, assessment=assessment_id, code=code, category=category)


_UNITS = """
SELECT r.unit_id, u.code, r.category, r.status, r.total, r.rank, r.of, r.grade, r.details
FROM unit_result r JOIN unit u ON u.id = r.unit_id
WHERE r.assessment_id = :assessment AND (CAST(:code AS text) IS NULL OR u.code = :code)
  AND (CAST(:category AS text) IS NULL OR r.category = :category)
ORDER BY r.position
"""
_SCORES = """
SELECT s.unit_id, c.key AS channel, s.status, s.points, s.n, s.facts
FROM channel_score s JOIN channel c ON c.id = s.channel_id
WHERE s.assessment_id = :assessment AND s.unit_id IN (
  SELECT r.unit_id FROM unit_result r JOIN unit u ON u.id = r.unit_id
  WHERE r.assessment_id = :assessment AND (CAST(:code AS text) IS NULL OR u.code = :code)
    AND (CAST(:category AS text) IS NULL OR r.category = :category))
"""


class ScorePair(NamedTuple):
    """A unit on a channel in an older and a newer revision, None where it has no score there."""

    unit_id: int
    channel: str
    older_points: Decimal | None
    newer_points: Decimal | None
    older_status: str | None
    newer_status: str | None


def changed_scores(connection: Connection, older_id: int, newer_id: int) -> list[ScorePair]:
    """Where points or status differ between two assessments, in the order of the channels."""
    return rows(connection, ScorePair, _SCORE_PAIRS, older=older_id, newer=newer_id)


_SCORE_PAIRS = """
SELECT unit_id, c.key AS channel, x.points AS older_points, y.points AS newer_points,
  x.status AS older_status, y.status AS newer_status
FROM (SELECT * FROM channel_score WHERE assessment_id = :older) x
FULL JOIN (SELECT * FROM channel_score WHERE assessment_id = :newer) y
USING (unit_id, channel_id) JOIN channel c ON c.id = channel_id
WHERE (x.points, x.status) IS DISTINCT FROM (y.points, y.status)
ORDER BY c.position
"""


class UnitPair(NamedTuple):
    """A unit in an older and a newer revision; all is None of the one in which it did not take part."""

    unit_id: int
    code: str
    name: str
    category: str
    position: int
    older_status: str | None
    older_total: Decimal | None
    older_rank: int | None
    older_grade: str | None
    older_adjustments: str | None
    newer_status: str | None
    newer_total: Decimal | None
    newer_rank: int | None
    newer_grade: str | None
    newer_adjustments: str | None


def changed_units(
    connection: Connection, older_id: int, newer_id: int, with_scores: Sequence[int]
) -> list[UnitPair]:
    """The units whose standing differs, and those of the ids `with_scores`."""
    return rows(connection, UnitPair, _UNIT_PAIRS, older=older_id, newer=newer_id, units=list(with_scores))


_UNIT_PAIRS = """
SELECT unit_id, u.code, coalesce(y.details, x.details) ->> 'name' AS name,
  coalesce(y.category, x.category) AS category, coalesce(y.position, x.position) AS position,
  x.status AS older_status, x.total AS older_total, x.rank AS older_rank, x.grade AS older_grade,
  x.details ->> 'adjustments' AS older_adjustments,
  y.status AS newer_status, y.total AS newer_total, y.rank AS newer_rank, y.grade AS newer_grade,
  y.details ->> 'adjustments' AS newer_adjustments
FROM (SELECT * FROM unit_result WHERE assessment_id = :older) x
FULL JOIN (SELECT * FROM unit_result WHERE assessment_id = :newer) y USING (unit_id)
JOIN unit u ON u.id = unit_id
WHERE unit_id = ANY(:units)
  OR (x.status, x.total, x.rank, x.grade, x.details -> 'adjustments', x.category)
  IS DISTINCT FROM (y.status, y.total, y.rank, y.grade, y.details -> 'adjustments', y.category)
"""


@dataclass(frozen=True, slots=True)
class NewestAssessment:
    """The newest revision: whether it is published, and whether something on the record came after it."""

    id: int
    revision: int
    digest: bytes
    published: bool
    outdated: bool


def newest_assessment(connection: Connection, period_id: int) -> NewestAssessment | None:
    """The newest revision of a period."""
    return one_row(connection, NewestAssessment, _NEWEST, id=period_id)


# The order of the record decides: what was recorded after the snapshot is not in it.
_NEWEST = """
SELECT a.id, a.revision, a.digest, b.assessment_id IS NOT NULL AS published,
  EXISTS (
    SELECT FROM leaf l WHERE l.period_id = :id
    AND l.kind IN ('adjustment.added', 'adjustment.withdrawn', 'decision.taken')
    AND l.id > (SELECT max(f.id) FROM leaf f WHERE f.period_id = :id AND f.kind = 'snapshot.frozen')
  ) AS outdated
FROM assessment a LEFT JOIN publication b ON b.assessment_id = a.id
WHERE a.period_id = :id ORDER BY a.revision DESC LIMIT 1
"""
