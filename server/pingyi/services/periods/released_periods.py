"""Which periods the public may look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from pingyi.domain.scheme.values import Scheme
from pingyi.services.core.bound_channels import issued_scheme


@dataclass(frozen=True, slots=True)
class ReleasedPeriod:
    """A period with a published result, and when that was published last."""

    key: str
    scheme: Scheme
    demonstration: bool
    published_at: datetime


def released_periods(connection: Connection) -> list[ReleasedPeriod]:
    """All of them, the newest publication first; schemes are parsed once per process."""
    return [
        ReleasedPeriod(row.key, issued_scheme(row.scheme_id, connection), row.demonstration, row.published_at)
        for row in connection.execute(text(_PUBLISHED))
    ]


def newest_released(connection: Connection) -> str | None:
    """The key of the period that was published last, None where nothing is published."""
    row = connection.execute(text(f"{_PUBLISHED} LIMIT 1")).one_or_none()
    return None if row is None else str(row.key)


_PUBLISHED = """
SELECT p.key, p.scheme_id, p.demonstration, max(b.published_at) AS published_at
FROM publication b JOIN assessment a ON a.id = b.assessment_id JOIN period p ON p.id = a.period_id
GROUP BY p.id ORDER BY max(b.published_at) DESC, p.id DESC
"""
