"""Which periods the public may look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from pingyi.domain.scheme.values import Scheme
from pingyi.models import Assessment, Period, Publication
from pingyi.services.core.bound_channels import issued_scheme

_LAST = func.max(Publication.published_at)
_RELEASED = (
    select(Period.key, Period.scheme_id, Period.demonstration, _LAST.label("published_at"))
    .join(Assessment, Assessment.period_id == Period.id)
    .join(Publication, Publication.assessment_id == Assessment.id)
    .group_by(Period.id)
    .order_by(_LAST.desc(), Period.id.desc())
)
_NEWEST = _RELEASED.with_only_columns(Period.key).limit(1)


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
        for row in connection.execute(_RELEASED)
    ]


def newest_released(connection: Connection) -> str | None:
    """The key of the period that was published last, None where nothing is published."""
    return connection.execute(_NEWEST).scalar_one_or_none()
