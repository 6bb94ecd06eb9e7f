"""Opened boxes in numbers: per unit what was sealed, and what of it is counted, held and rejected now."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from pingyi.channels import Text
from pingyi.services.core.bound_channels import issued_scheme
from pingyi.services.core.errors import not_found
from pingyi.services.periods.periods import PeriodRow
from pingyi_surveys.ballot.tally_cells import COUNTED, HELD, REJECTED


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
    given = {"period": period.id, "channel": channel}
    found = connection.execute(text(_BOXES), given).all()
    if not found:
        return []
    names = {row.code: row.name for row in connection.execute(text(_UNITS), given)}
    decided: defaultdict[int, dict[tuple[str, str], bool]] = defaultdict(dict)
    for row in connection.execute(text(_DECISIONS), given):
        decided[row.channel_id][row.code, row.reason] = row.release
    scheme = issued_scheme(period.scheme_id, connection)
    titles = {plan.key: plan.title for plan in scheme.channels}
    return [_box(row, titles[row.channel], names, decided[row.channel_id]) for row in found]


def opened_box(connection: Connection, period: PeriodRow, channel: str) -> OpenedBox:
    """One opened box; Problem not_found before it is opened too."""
    for box in opened_boxes(connection, period, channel) if channel else ():
        return box
    raise not_found(zh=f"渠道“{channel}”已开启的票箱", en=f"An opened box of channel {channel}")


def _box(
    row: Row[Any], title: Text, names: Mapping[str, str], decided: Mapping[tuple[str, str], bool]
) -> OpenedBox:
    return OpenedBox(
        channel=row.channel,
        title=title,
        sealed=row.sealed,
        opened_at=row.opened_at,
        head=row.head,
        first_day=date.fromisoformat(row.content["first_day"]),
        kind=row.content["kind"],
        report=row.report,
        units=tuple(_units(row.numbers, names, decided)),
    )


def _units(
    numbers: Sequence[Sequence[Any]], names: Mapping[str, str], decided: Mapping[tuple[str, str], bool]
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
    return bool(
        connection.execute(
            text(
                "SELECT EXISTS (SELECT FROM publication b JOIN assessment a ON a.id = b.assessment_id"
                " WHERE a.period_id = :period)"
            ),
            {"period": period.id},
        ).scalar_one()
    )


_BOXES = """
SELECT c.id AS channel_id, c.key AS channel, o.sealed, o.numbers, o.report, o.opened_at, o.head, x.content
FROM box_opening o JOIN channel c ON c.id = o.channel_id
JOIN prepared_box x ON x.channel_id = c.id
  AND x.keys_id = (SELECT max(k.id) FROM ballot_keys k WHERE k.period_id = c.period_id)
WHERE c.period_id = :period AND (:channel = '' OR c.key = :channel) ORDER BY c.position
"""
_UNITS = """
SELECT u.code, p.name FROM period_unit p JOIN unit u ON u.id = p.unit_id WHERE p.period_id = :period
ORDER BY p.position
"""
_DECISIONS = """
SELECT d.channel_id, u.code, d.reason, d.release FROM cell_decision d
JOIN channel c ON c.id = d.channel_id JOIN unit u ON u.id = d.unit_id WHERE c.period_id = :period
"""
