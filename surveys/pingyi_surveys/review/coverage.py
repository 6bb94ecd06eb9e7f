"""Which units have ballots and how many: counts only, shown on request and on the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import Connection, bindparam, func, select

from pingyi.channels import Text
from pingyi.domain.period_state import PeriodState
from pingyi.models import Channel
from pingyi.roles import Role
from pingyi.services.core.bound_channels import BoundChannel, period_channels
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import forbidden, require_state
from pingyi.services.periods.periods import PeriodRow
from pingyi_surveys.models import SealedBallot
from pingyi_surveys.review.queries import BoxTurnout
from pingyi_surveys.review.turnout import view_turnout
from pingyi_surveys.setup.queries import card_counts, units_of_period

WITH_BALLOTS = (PeriodState.OPEN, PeriodState.CLOSED)
VIEWERS = frozenset({Role.ADMINISTRATOR, Role.AUDITOR, "shell"})
_SEALED = (
    select(SealedBallot.channel_id, SealedBallot.unit_id, func.count().label("ballots"))
    .join(Channel, Channel.id == SealedBallot.channel_id)
    .where(Channel.period_id == bindparam("period"))
    .group_by(SealedBallot.channel_id, SealedBallot.unit_id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxCoverage:
    """One channel. `cards`: issued, by stratum (empty on open channels). `none`: units without a ballot;
    `few`: units with fewer than `n_min`, those among them."""

    channel: str
    title: Text
    kind: str
    sealed: int
    cards: Mapping[str, int]
    n_min: int
    none: int
    few: int

    @property
    def issued(self) -> int:
        """All cards of a roster."""
        return sum(self.cards.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCoverage:
    """A unit with its ballots by channel; a roster's ballot rates every unit and stands for each."""

    code: str
    name: str
    ballots: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """`last_day`: the last on which ballots are taken, None where the period has no end."""

    period: str
    viewed_at: datetime
    last_day: date | None
    boxes: tuple[BoxCoverage, ...]
    units: tuple[UnitCoverage, ...]


def view_coverage(connection: Connection, caller: Caller, period: PeriodRow) -> Coverage:
    """Turnout and coverage of a period that is open or just closed; that somebody looked is recorded.

    As many queries for many units, boxes and ballots as for few. Raises Problem forbidden, wrong_state.
    """
    if not caller.roles & VIEWERS:
        raise forbidden()
    require_state(period.state, WITH_BALLOTS)
    working = {channel.key: channel for channel in period_channels(connection, period.id)}
    boxes = view_turnout(connection, caller, period)
    sealed, cards = _sealed(connection, period.id), _cards(connection, period.id)
    units = units_of_period(connection, period.id)
    ballots = [
        {
            box.channel: box.sealed
            if box.kind == "roster"
            else sealed.get((working[box.channel].id, unit.id), 0)
            for box in boxes
        }
        for unit in units
    ]
    return Coverage(
        period=period.key,
        viewed_at=datetime.now(UTC),
        last_day=next((one.context.period.ends_on for one in working.values()), None),
        boxes=tuple(
            _box(box, working[box.channel], cards.get(working[box.channel].id, {}), ballots) for box in boxes
        ),
        units=tuple(
            UnitCoverage(code=unit.code, name=unit.name, ballots=each)
            for unit, each in zip(units, ballots, strict=True)
        ),
    )


def _sealed(connection: Connection, period_id: int) -> Mapping[tuple[int, int], int]:
    """Ballots by channel and unit, 0 for those that rate every unit."""
    counts = connection.execute(_SEALED, {"period": period_id})
    return {(row.channel_id, row.unit_id): row.ballots for row in counts}


def _cards(connection: Connection, period_id: int) -> Mapping[int, Mapping[str, int]]:
    cards: dict[int, dict[str, int]] = {}
    for count in card_counts(connection, period_id):
        if count.purpose == "card":
            cards.setdefault(count.channel_id, {})[count.stratum] = count.cards
    return cards


def _box(
    box: BoxTurnout,
    working: BoundChannel,
    cards: Mapping[str, int],
    ballots: Sequence[Mapping[str, int]],
) -> BoxCoverage:
    n_min = int(working.context.settings["n_min"])
    return BoxCoverage(
        channel=box.channel,
        title=working.plan.title,
        kind=box.kind,
        sealed=box.sealed,
        cards=cards if box.kind == "roster" else {},
        n_min=n_min,
        none=sum(not unit[box.channel] for unit in ballots),
        few=sum(unit[box.channel] < n_min for unit in ballots),
    )
