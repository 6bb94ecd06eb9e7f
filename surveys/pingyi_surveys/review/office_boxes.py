"""What the office sees of a period's boxes: what is set, what is missing, and how the opening went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from pingyi.channels import Text, called, titled
from pingyi.domain.errors import FieldError
from pingyi.domain.period_state import PeriodState
from pingyi.services.core.bound_channels import BoundChannel, issued_scheme, period_channels
from pingyi.services.core.progress import ProgressRow, read_progress
from pingyi.services.periods.periods import PeriodRow
from pingyi_surveys.review.queries import Opening, openings
from pingyi_surveys.setup.boxes import Box, boxes_of
from pingyi_surveys.setup.prepare_keys import unprepared
from pingyi_surveys.setup.queries import card_counts, destroyed_keys, newest_keys, period_terms
from pingyi_surveys.topics import OPEN_BOXES

FAMILY = "ballots"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelBoxes:
    """A channel of ballots. `box` is None where it takes none with us; `cards`: issued, by stratum;
    `visits`: visit codes of all units."""

    working: BoundChannel
    box: Box | None
    cards: Mapping[str, int]
    visits: int
    opened: Opening | None

    @property
    def strata(self) -> tuple[str, ...]:
        """The strata that the scheme knows."""
        return tuple(self.working.context.settings.get("strata") or ())

    def stratum_title(self, stratum: str) -> Text:
        """What the scheme calls a stratum."""
        return titled(called([stratum], {}), self.working.context.settings)[stratum]


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
    return BoxOverview(
        title=issued_scheme(period.scheme_id, connection).title,
        demonstration=period_terms(connection, period.id).demonstration,
        channels=tuple(_channels(connection, period.id)),
        keys=_keys(connection, period.id),
        missing=unprepared(connection, period.id) if period.state == PeriodState.DRAFT else (),
        progress=read_progress(connection, OPEN_BOXES, period.id),
        destroyed=destroyed_keys(connection, period.id),
    )


def _channels(connection: Connection, period_id: int) -> list[ChannelBoxes]:
    boxes = {box.channel_id: box for box in boxes_of(connection, period_id)}
    cards = _lists(connection, period_id)
    opened = {opening.channel_id: opening for opening in openings(connection, period_id)}
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
    lists: dict[int, dict[tuple[str, str], int]] = {}
    for count in card_counts(connection, period_id):
        lists.setdefault(count.channel_id, {})[count.purpose, count.stratum] = count.cards
    return lists


def _keys(connection: Connection, period_id: int) -> Keys | None:
    keys = newest_keys(connection, period_id)
    if keys is None:
        return None
    return Keys(
        public=keys.public.hex(),
        key_file=keys.key_file.hex(),
        kept=keys.kept,
        prepared_by=keys.prepared_by,
        prepared_at=keys.prepared_at,
    )
