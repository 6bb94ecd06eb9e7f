"""The revisions of a period's result, and what changed from one to another: four queries at most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, bindparam, select

from pingyi.db import rows
from pingyi.domain.errors import Problem
from pingyi.domain.scheme.values import Scheme
from pingyi.models import Assessment, Period, Publication
from pingyi.services.core.bound_channels import issued_scheme
from pingyi.services.core.errors import not_found
from pingyi.services.results.queries import ScorePair, UnitPair, changed_scores, changed_units

_ALL = (
    select(
        Assessment.id,
        Assessment.revision,
        Assessment.assessed_at,
        Assessment.digest,
        Publication.published_at,
        Period.scheme_id,
        Period.demonstration,
    )
    .join(Period, Period.id == Assessment.period_id)
    .outerjoin(Publication, Publication.assessment_id == Assessment.id)
    .where(Period.key == bindparam("period"))
    .order_by(Assessment.revision.desc())
)
_PUBLISHED = _ALL.where(Publication.assessment_id.is_not(None))


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
    return _revisions(connection, period_key, _lines(connection, period_key, published_only=published_only))


@dataclass(frozen=True, slots=True)
class _Line:
    id: int
    revision: int
    assessed_at: datetime
    digest: bytes
    published_at: datetime | None
    scheme_id: int
    demonstration: bool


def _lines(connection: Connection, period_key: str, *, published_only: bool) -> list[_Line]:
    lines = rows(connection, _Line, _PUBLISHED if published_only else _ALL, period=period_key)
    if not lines:
        raise _no_result(period_key, None)
    return lines


def _revisions(connection: Connection, period_key: str, lines: Sequence[_Line]) -> Revisions:
    return Revisions(
        period_key,
        issued_scheme(lines[0].scheme_id, connection),
        lines[0].demonstration,
        tuple(Revision(one.revision, one.assessed_at, one.published_at, one.digest.hex()) for one in lines),
    )


def compare_revisions(
    connection: Connection, period_key: str, older: int, newer: int, *, published_only: bool = True
) -> Comparison:
    """What changed from one revision to another; Problem not_found where either may not be seen."""
    lines = _lines(connection, period_key, published_only=published_only)
    found = _revisions(connection, period_key, lines)
    first, second = found.get(older), found.get(newer)
    ids = {line.revision: line.id for line in lines}
    pair = ids[older], ids[newer]
    channels: dict[int, list[ChannelChange]] = {}
    for score in changed_scores(connection, *pair):
        channels.setdefault(score.unit_id, []).append(_channel(score))
    order = {category.key: position for position, category in enumerate(found.scheme.categories)}
    units = sorted(
        changed_units(connection, *pair, list(channels)), key=lambda row: (order[row.category], row.position)
    )
    return Comparison(
        period_key,
        found.scheme,
        found.demonstration,
        first,
        second,
        tuple(_unit(unit, channels.get(unit.unit_id, ())) for unit in units),
    )


def _channel(row: ScorePair) -> ChannelChange:
    return ChannelChange(
        row.channel,
        _spell(row.older_points),
        _spell(row.newer_points),
        row.older_status or "",
        row.newer_status or "",
    )


def _unit(row: UnitPair, channels: Sequence[ChannelChange]) -> UnitChange:
    before = _standing(
        row.older_status, row.older_total, row.older_rank, row.older_grade, row.older_adjustments
    )
    after = _standing(
        row.newer_status, row.newer_total, row.newer_rank, row.newer_grade, row.newer_adjustments
    )
    return UnitChange(row.code, row.name, row.category, before, after, tuple(channels))


def _standing(
    status: str | None, total: Decimal | None, rank: int | None, grade: str | None, adjustments: str | None
) -> UnitStanding | None:
    if status is None:
        return None
    return UnitStanding(status, _spell(total), rank, grade or "", adjustments or "")


def _spell(value: Decimal | None) -> str:
    return "" if value is None else format(value, "f")


def _no_result(period_key: str, revision: int | None) -> Problem:
    which = "" if revision is None else f"第 {revision} 版"
    number = "" if revision is None else f" (revision {revision})"
    return not_found(
        zh=f"周期“{period_key}”已公布的{which}结果", en=f"A published result of period {period_key}{number}"
    )
