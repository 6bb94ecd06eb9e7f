"""What everybody may know of a period's ballots: how its keys are kept, its thresholds, its numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from pingyi.channels import Text
from pingyi.domain.scheme.values import Scheme
from pingyi.services.core.bound_channels import issued_scheme
from pingyi.services.core.errors import not_found
from pingyi_surveys.review.queries import (
    FrozenBox,
    KeyedPeriod,
    Opening,
    frozen_boxes,
    keyed_period,
    keyed_periods,
    openings,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What became of a box's ballots when it was opened; `sealed` is the sum of the other three.

    `reasons`: ballots by standing and reason, for the held and the rejected ones. `head`: under which head.
    """

    sealed: int
    counted: int
    held: int
    rejected: int
    reasons: Sequence[tuple[str, str, int]]
    head: str
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicBox:
    """A channel that takes ballots; `rules`: thresholds of open ballots; `cards`: how many a roster has."""

    channel: str
    title: Text
    kind: str
    questionnaire: str
    rules: Mapping[str, Any]
    cards: int | None
    first_day: str
    last_day: str | None
    numbers: Numbers | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicPeriod:
    """A period that takes or took ballots; `kept`: "file" or "printed"; when each key was destroyed."""

    key: str
    title: Text
    state: str
    demonstration: bool
    kept: str
    public: str
    key_file: str
    prepared_at: datetime
    secret_gone: datetime | None
    box_gone: datetime | None
    boxes: Sequence[PublicBox]


def public_periods(connection: Connection) -> list[PublicPeriod]:
    """Every period with ballot keys that has opened, the newest first, without its boxes: one query."""
    return [_period(connection, period, ()) for period in keyed_periods(connection)]


def public_period(connection: Connection, key: str) -> PublicPeriod:
    """One of them with its boxes; Problem not_found."""
    period = keyed_period(connection, key)
    if period is None:
        raise not_found(zh=f"周期“{key}”的收票情况", en=f"Ballots of period {key}")
    scheme = issued_scheme(period.scheme_id, connection)
    opened = {opening.channel_id: opening for opening in openings(connection, period.id)}
    boxes = frozen_boxes(connection, period.keys_id)
    return _period(connection, period, [_box(scheme, box, opened.get(box.channel_id)) for box in boxes])


def _period(connection: Connection, period: KeyedPeriod, boxes: Sequence[PublicBox]) -> PublicPeriod:
    return PublicPeriod(
        key=period.key,
        title=issued_scheme(period.scheme_id, connection).title,
        state=period.state,
        demonstration=period.demonstration,
        kept=period.kept,
        public=period.public,
        key_file=period.key_file,
        prepared_at=period.prepared_at,
        secret_gone=period.secret_gone,
        box_gone=period.box_gone,
        boxes=boxes,
    )


def _box(scheme: Scheme, box: FrozenBox, opening: Opening | None) -> PublicBox:
    plan = scheme.channel(box.channel)
    frozen = box.content
    return PublicBox(
        channel=box.channel,
        title=plan.title if plan else Text(zh=box.channel, en=box.channel),
        kind=box.kind,
        questionnaire=frozen["questionnaire"],
        rules=frozen["rules"],
        cards=sum(frozen["cards"].values()) if frozen["cards"] is not None else None,
        first_day=frozen["first_day"],
        last_day=frozen["last_day"],
        numbers=_numbers(opening) if opening else None,
    )


def _numbers(opening: Opening) -> Numbers:
    reasons: Counter[tuple[str, str]] = Counter()
    for _unit, standing, reason, count in opening.numbers:
        if standing != "counted":
            reasons[standing, reason] += count
    return Numbers(
        sealed=opening.sealed,
        counted=opening.counted,
        held=opening.held,
        rejected=opening.rejected,
        reasons=[(*key, count) for key, count in sorted(reasons.items())],
        head=opening.head,
        opened_at=opening.opened_at,
    )
