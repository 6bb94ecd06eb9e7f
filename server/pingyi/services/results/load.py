"""Reads a stored revision back as the value it was made from: five queries, however many units there are."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, text

from pingyi.domain.scheme.values import Scheme
from pingyi.services.core.bound_channels import issued_scheme
from pingyi.services.core.errors import not_found
from pingyi.services.results.result import ChannelResult, Result, UnitResult, WholeResult


def load_result(
    connection: Connection,
    period_key: str,
    revision: int | None = None,
    *,
    published_only: bool = True,
    unit_code: str | None = None,
    category: str | None = None,
) -> Result:
    """A period's newest (or the named) revision; Problem not_found where none may be seen.

    With `unit_code` or `category` only those units are read.
    """
    row = connection.execute(
        text(_HEAD), {"key": period_key, "revision": revision, "published_only": published_only}
    ).one_or_none()
    if row is None:
        raise not_found(zh=f"周期“{period_key}”已公布的结果", en=f"A published result of period {period_key}")
    scheme = issued_scheme(row.scheme_id, connection)
    given = {"assessment": row.id, "period": row.period_id, "code": unit_code, "category": category}
    scores = _scores(connection, given)
    units = connection.execute(text(_UNITS), given).all()
    return Result(
        period=period_key,
        scheme=scheme,
        units=[_unit(unit, scheme, scores.get(unit.unit_id, {})) for unit in units],
        switch_offs=row.summary["switch_offs"],
        notices=row.summary["notices"],
        state=row.state,
        demonstration=row.demonstration,
        revision=row.revision,
        snapshot_digest=row.snapshot.hex(),
        digest=row.digest.hex(),
        assessed_at=row.assessed_at,
        published_at=row.published_at,
        head=row.head or "",
    )


def _scores(connection: Connection, given: Mapping[str, Any]) -> dict[int, dict[str, Row[Any]]]:
    found: dict[int, dict[str, Row[Any]]] = {}
    for row in connection.execute(text(_SCORES), given):
        found.setdefault(row.unit_id, {})[row.key] = row
    return found


def _unit(row: Row[Any], scheme: Scheme, scores: Mapping[str, Row[Any]]) -> UnitResult:
    details = row.details
    return UnitResult(
        code=row.code,
        name=details["name"],
        category=row.category,
        status=row.status,
        total=_spell(row.total),
        rank=row.rank,
        of=row.of,
        grade=row.grade,
        adjustments=details["adjustments"],
        coverage_percent=details["coverage_percent"],
        in_bottom=details["in_bottom"],
        groups=details["groups"],
        scores=[_score(scores[channel.key]) for channel in scheme.channels],
        actions=details["actions"],
        undecided=details["undecided"],
        items=details["items"],
        previous=details["previous"],
        whole=WholeResult(**details["whole"]) if "whole" in details else None,
    )


def _score(row: Row[Any]) -> ChannelResult:
    return ChannelResult(_spell(row.points), row.status, row.n, row.facts)


def _spell(value: Decimal | None) -> str:
    return "" if value is None else format(value, "f")


_HEAD = """
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

_CHOSEN = """
FROM unit_result r JOIN unit u ON u.id = r.unit_id
WHERE r.assessment_id = :assessment AND (CAST(:code AS text) IS NULL OR u.code = :code)
  AND (CAST(:category AS text) IS NULL OR r.category = :category)
"""

_UNITS = f"""
SELECT r.unit_id, u.code, r.category, r.status, r.total, r.rank, r.of, r.grade, r.details
{_CHOSEN} ORDER BY r.position
"""

_SCORES = f"""
SELECT s.unit_id, c.key, s.status, s.points, s.n, s.facts
FROM channel_score s JOIN channel c ON c.id = s.channel_id
WHERE s.assessment_id = :assessment AND s.unit_id IN (SELECT r.unit_id {_CHOSEN})
"""  # noqa: S608 - both parts are constants
