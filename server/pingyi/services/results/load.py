"""Reads a stored revision back as the value it was made from: five queries, however many units there are."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from sqlalchemy import Connection

from pingyi.domain.scheme.values import Scheme
from pingyi.services.core.bound_channels import issued_scheme
from pingyi.services.core.errors import not_found
from pingyi.services.results.queries import (
    StoredScore,
    StoredUnit,
    stored_revision,
    stored_scores,
    stored_units,
)
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
    row = stored_revision(connection, period_key, revision, published_only=published_only)
    if row is None:
        raise not_found(zh=f"周期“{period_key}”已公布的结果", en=f"A published result of period {period_key}")
    scheme = issued_scheme(row.scheme_id, connection)
    scores: dict[int, dict[str, StoredScore]] = {}
    for score in stored_scores(connection, row.id, unit_code, category):
        scores.setdefault(score.unit_id, {})[score.channel] = score
    units = stored_units(connection, row.id, unit_code, category)
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


def _unit(row: StoredUnit, scheme: Scheme, scores: Mapping[str, StoredScore]) -> UnitResult:
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


def _score(row: StoredScore) -> ChannelResult:
    return ChannelResult(_spell(row.points), row.status, row.n, row.facts)


def _spell(value: Decimal | None) -> str:
    return "" if value is None else format(value, "f")
