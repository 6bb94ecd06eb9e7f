"""What the office sees of a period's boxes: what is set, what is missing, and how the opening went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from pingyi.channels import Text
from pingyi.db import one_row, rows
from pingyi.domain.errors import FieldError
from pingyi.domain.period_state import PeriodState
from pingyi.services.core.bound_channels import BoundChannel, issued_scheme, period_channels
from pingyi.services.core.progress import ProgressRow, read_progress
from pingyi.services.periods.periods import PeriodRow
from pingyi_surveys.setup.boxes import Box, boxes_of
from pingyi_surveys.setup.prepare_keys import unprepared
from pingyi_surveys.topics import OPEN_BOXES

FAMILY = "ballots"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedNumbers:
    """What came out of a channel's box, in ballots."""

    channel_id: int
    sealed: int
    counted: int
    held: int
    rejected: int
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelBoxes:
    """A channel of ballots. `box` is None where it takes none with us; `cards`: issued, by stratum;
    `visits`: visit codes of all units."""

    working: BoundChannel
    box: Box | None
    cards: Mapping[str, int]
    visits: int
    opened: OpenedNumbers | None

    @property
    def strata(self) -> tuple[str, ...]:
        """The strata that the scheme knows."""
        return tuple(self.working.context.settings.get("strata") or ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The newest keys; `key_file`: SHA-256 of the web hosts' file, in hex."""

    public: str
    key_file: str
    kept: str
    prepared_by: str
    prepared_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxOverview:
    """`missing`: what keeps a draft from opening. `destroyed`: when which key was destroyed."""

    title: Text
    demonstration: bool
    channels: tuple[ChannelBoxes, ...]
    keys: Keys | None
    missing: Sequence[FieldError]
    progress: ProgressRow
    destroyed: Mapping[str, datetime]


def box_overview(connection: Connection, period: PeriodRow) -> BoxOverview:
    """All of a period's boxes: as many queries for many units, cards and ballots as for few."""
    scheme = issued_scheme(period.scheme_id, connection)
    demonstration = connection.execute(
        text("SELECT demonstration FROM period WHERE id = :id"), {"id": period.id}
    ).scalar_one()
    return BoxOverview(
        title=scheme.title,
        demonstration=demonstration,
        channels=tuple(_channels(connection, period.id)),
        keys=_keys(connection, period.id),
        missing=unprepared(connection, period.id) if period.state == PeriodState.DRAFT else (),
        progress=read_progress(connection, OPEN_BOXES, period.id),
        destroyed=_destroyed(connection, period.id),
    )


def _channels(connection: Connection, period_id: int) -> list[ChannelBoxes]:
    boxes = {box.channel_id: box for box in boxes_of(connection, period_id)}
    cards = _lists(connection, period_id)
    opened = _opened(connection, period_id)
    return [
        ChannelBoxes(
            working=working,
            box=boxes.get(working.id),
            cards={stratum: count for (purpose, stratum), count in lists.items() if purpose == "card"},
            visits=sum(count for (purpose, _), count in lists.items() if purpose == "visit"),
            opened=opened.get(working.id),
        )
        for working in period_channels(connection, period_id)
        if working.plugin.family == FAMILY
        for lists in [cards.get(working.id, {})]
    ]


def _lists(connection: Connection, period_id: int) -> dict[int, dict[tuple[str, str], int]]:
    lists = connection.execute(
        text(
            "SELECT l.channel_id, l.purpose, l.stratum, sum(l.cards)::bigint AS cards FROM card_list l"
            " JOIN channel c ON c.id = l.channel_id WHERE c.period_id = :id"
            " GROUP BY l.channel_id, l.purpose, l.stratum ORDER BY l.stratum"
        ),
        {"id": period_id},
    )
    found: dict[int, dict[tuple[str, str], int]] = {}
    for row in lists:
        found.setdefault(row.channel_id, {})[row.purpose, row.stratum] = row.cards
    return found


def _opened(connection: Connection, period_id: int) -> dict[int, OpenedNumbers]:
    opened = rows(
        connection,
        OpenedNumbers,
        "SELECT o.channel_id, o.sealed, o.counted, o.held, o.rejected, o.opened_at FROM box_opening o"
        " JOIN channel c ON c.id = o.channel_id WHERE c.period_id = :id",
        id=period_id,
    )
    return {numbers.channel_id: numbers for numbers in opened}


def _keys(connection: Connection, period_id: int) -> Keys | None:
    return one_row(
        connection,
        Keys,
        "SELECT encode(public, 'hex') AS public, encode(key_file, 'hex') AS key_file, kept, prepared_by,"
        " prepared_at FROM ballot_keys WHERE period_id = :id ORDER BY id DESC LIMIT 1",
        id=period_id,
    )


def _destroyed(connection: Connection, period_id: int) -> dict[str, datetime]:
    destructions = connection.execute(
        text("SELECT what, destroyed_at FROM key_destruction WHERE period_id = :id"), {"id": period_id}
    )
    return {row.what: row.destroyed_at for row in destructions}
