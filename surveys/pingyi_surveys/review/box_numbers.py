"""Opened boxes in numbers: per unit what was sealed, and what of it is counted, held and rejected now."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, exists, select

from pingyi.channels import Text
from pingyi.models import Assessment, Publication
from pingyi.services.core.bound_channels import issued_scheme
from pingyi.services.core.errors import not_found
from pingyi.services.periods.periods import PeriodRow
from pingyi_surveys.ballot.tally_cells import COUNTED, HELD, REJECTED
from pingyi_surveys.review.queries import BallotNumbers, ReportedOpening, decisions, reported_openings
from pingyi_surveys.setup.queries import units_of_period

_IS_PUBLISHED = select(
    exists().where(Assessment.id == Publication.assessment_id, Assessment.period_id == bindparam("period"))
)


@dataclass(frozen=True, slots=True)
class UnitNumbers:
    """How a unit's ballots stand ("" as code: ballots that rate every unit).

    `reasons`: why ballots were held or rejected: reason, standing now, ballots.
    """

    code: str
    name: str
    counted: int
    held: int
    rejected: int
    reasons: tuple[tuple[str, str, int], ...]

    @property
    def sealed(self) -> int:
        """All ballots of the unit."""
        return self.counted + self.held + self.rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedBox:
    """A channel's opened box; `report` is what `anomaly_report` found, `first_day` its day 0."""

    channel: str
    title: Text
    sealed: int
    opened_at: datetime
    head: str
    first_day: date
    kind: str
    report: Mapping[str, Any]
    units: tuple[UnitNumbers, ...]

    def total(self, standing: str) -> int:
        """How many of all its ballots stand so now."""
        return sum(int(getattr(unit, standing)) for unit in self.units)


def opened_boxes(connection: Connection, period: PeriodRow, channel: str = "") -> list[OpenedBox]:
    """The period's opened boxes, or one channel's, in the order of its scheme: four queries at most."""
    openings = reported_openings(connection, period.id, channel)
    if not openings:
        return []
    names = {unit.code: unit.name for unit in units_of_period(connection, period.id)}
    decided: defaultdict[int, dict[tuple[str, str], bool]] = defaultdict(dict)
    for decision in decisions(connection, period.id):
        decided[decision.channel_id][decision.unit, decision.reason] = decision.release
    scheme = issued_scheme(period.scheme_id, connection)
    titles = {plan.key: plan.title for plan in scheme.channels}
    return [
        _box(opening, titles[opening.channel], names, decided[opening.channel_id]) for opening in openings
    ]


def opened_box(connection: Connection, period: PeriodRow, channel: str) -> OpenedBox:
    """One opened box; Problem not_found before it is opened too."""
    for box in opened_boxes(connection, period, channel) if channel else ():
        return box
    raise not_found(zh=f"渠道“{channel}”已开启的票箱", en=f"An opened box of channel {channel}")


def _box(
    opening: ReportedOpening,
    title: Text,
    names: Mapping[str, str],
    decided: Mapping[tuple[str, str], bool],
) -> OpenedBox:
    return OpenedBox(
        channel=opening.channel,
        title=title,
        sealed=opening.sealed,
        opened_at=opening.opened_at,
        head=opening.head,
        first_day=date.fromisoformat(opening.content["first_day"]),
        kind=opening.content["kind"],
        report=opening.report,
        units=tuple(_units(opening.numbers, names, decided)),
    )


def _units(
    numbers: BallotNumbers, names: Mapping[str, str], decided: Mapping[tuple[str, str], bool]
) -> list[UnitNumbers]:
    """The opening's numbers with what the reviewers decided since, in the order of the period's units."""
    cells: defaultdict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for code, standing, reason, count in numbers:
        release = decided.get((code, reason)) if standing == HELD else None
        now = standing if release is None else COUNTED if release else REJECTED
        cells[code][reason, now] += count
    order = {code: place for place, code in enumerate(names)}
    return [
        UnitNumbers(
            code,
            names.get(code, ""),
            _sum(cells[code], COUNTED),
            _sum(cells[code], HELD),
            _sum(cells[code], REJECTED),
            tuple((reason, standing, n) for (reason, standing), n in sorted(cells[code].items()) if reason),
        )
        for code in sorted(cells, key=lambda code: order.get(code, -1))
    ]


def _sum(cells: Mapping[tuple[str, str], int], wanted: str) -> int:
    return sum(count for (_, standing), count in cells.items() if standing == wanted)


def is_published(connection: Connection, period: PeriodRow) -> bool:
    """Whether the public may see results of a period."""
    return connection.execute(_IS_PUBLISHED, {"period": period.id}).scalar_one()
