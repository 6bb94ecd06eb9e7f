"""A box as a web host takes ballots for it: kept in memory, looked at anew every second."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import Connection, bindparam, exists, func, select
from sqlalchemy.orm import aliased

from pingyi.channels import Text
from pingyi.db import db, one_row
from pingyi.domain.errors import Problem
from pingyi.domain.period_state import PeriodState
from pingyi.domain.scheme.parse import parse_scheme
from pingyi.models import Channel, Document, Period
from pingyi_surveys.ballot.key_messages import key_file_changed
from pingyi_surveys.ballot.keys import KeyFile, PeriodKeys, period_keys
from pingyi_surveys.ballot.layout import Layout, read_layout
from pingyi_surveys.models import BallotBox, BallotKeys, KeyDestruction, PreparedBox
from pingyi_surveys.questionnaires.questionnaire import Questionnaire, parse_questionnaire
from pingyi_surveys.setup.card_hashes import load_cards, roster_digest
from pingyi_surveys.setup.key_files import configured, read_keys
from pingyi_surveys.setup.queries import units_of_period

EXTENSION = "pingyi_surveys.live"
FRESH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class CachedUnit:
    """A unit on a ballot; `place` in the layout, `title` of its category."""

    id: int
    code: str
    name: str
    category: str
    title: Text
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedBox:
    """All that taking a ballot needs: nothing of it is asked of the database again.

    `cards`: stratum by the hash of a card (rosters); `title` is the channel's.
    """

    channel_id: int
    channel: str
    period_id: int
    period: str
    kind: str
    title: Text
    scheme_title: Text
    questionnaire: Questionnaire
    layout: Layout
    keys: PeriodKeys
    public: bytes
    intake: bytes
    first_day: date
    last_day: date | None
    zone: ZoneInfo
    units: Mapping[int, CachedUnit]
    cards: Mapping[bytes, str]
    prepared_id: int
    demonstration: bool

    def today(self) -> date:
        return datetime.now(self.zone).date()

    @property
    def day(self) -> int:
        """Days since the first day."""
        return (self.today() - self.first_day).days


@dataclass(frozen=True, slots=True)
class _State:
    """What may change from second to second."""

    period_id: int
    state: str
    reopened: bool
    destroyed: bool
    keys_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _StoredBox:
    """What is stored of a box whose keys were made; `document`: the scheme's."""

    channel: str
    period_id: int
    period: str
    time_zone: str
    demonstration: bool
    kind: str
    document: str
    questionnaire: str
    keys_id: int
    key_file: bytes
    content: dict[str, Any]


_QUESTIONNAIRE = aliased(Document)
_OF_CHANNEL = Channel.id == bindparam("channel")
_STATE = (
    select(
        Period.id.label("period_id"),
        Period.state,
        Period.open_until.is_not(None).label("reopened"),
        exists().where(KeyDestruction.period_id == Period.id).label("destroyed"),
        select(func.max(BallotKeys.id))
        .where(BallotKeys.period_id == Period.id)
        .scalar_subquery()
        .label("keys_id"),
    )
    .join(Channel, Channel.period_id == Period.id)
    .join(BallotBox, BallotBox.channel_id == Channel.id)
    .where(_OF_CHANNEL)
)
_BOX = (
    select(
        Channel.key.label("channel"),
        Period.id.label("period_id"),
        Period.key.label("period"),
        Period.time_zone,
        Period.demonstration,
        BallotBox.kind,
        Document.toml.label("document"),
        _QUESTIONNAIRE.toml.label("questionnaire"),
        BallotKeys.id.label("keys_id"),
        BallotKeys.key_file,
        PreparedBox.content,
    )
    .select_from(Channel)
    .join(Period, Period.id == Channel.period_id)
    .join(Document, Document.id == Period.scheme_id)
    .join(BallotBox, BallotBox.channel_id == Channel.id)
    .join(_QUESTIONNAIRE, _QUESTIONNAIRE.id == BallotBox.questionnaire_id)
    .join(PreparedBox, PreparedBox.channel_id == Channel.id)
    .join(BallotKeys, BallotKeys.id == PreparedBox.keys_id)
    .where(_OF_CHANNEL)
    .order_by(BallotKeys.id.desc())
    .limit(1)
)


def cached_box(channel_id: int) -> CachedBox:
    """The box of a channel, ready to take ballots.

    Raises Problem not_found, ballots_not_open, ballots_closed, key_file_missing, key_file_changed,
    key_file_unreadable.
    """
    kept: dict[int, tuple[float, CachedBox]] = current_app.extensions.setdefault(EXTENSION, {})
    found = kept.get(channel_id)
    if found and time.monotonic() - found[0] < FRESH_SECONDS:
        return in_time(found[1])
    with db.engine.connect() as connection:
        try:
            state = _open_state(connection, channel_id)
        except Problem:
            kept.pop(channel_id, None)  # the keys leave the memory with the box
            raise
        box = (
            found[1]
            if found and found[1].prepared_id == state.keys_id
            else _load(connection, channel_id, state)
        )
    kept[channel_id] = time.monotonic(), box
    return in_time(box)


def in_time(box: CachedBox) -> CachedBox:
    """The box, on one of its days; Problem ballots_not_open, ballots_closed."""
    today = box.today()
    if today < box.first_day:
        raise Problem("ballots_not_open", 423, _NOT_YET.format(day=box.first_day))
    if box.last_day and today > box.last_day:
        raise closed()
    return box


def _open_state(connection: Connection, channel_id: int) -> _State:
    state = one_row(connection, _State, _STATE, channel=channel_id)
    if state is None:
        raise Problem("not_found", 404, _NO_BOX)
    if state.state == PeriodState.DRAFT:
        raise Problem("ballots_not_open", 423, _NOT_OPEN)
    if state.state != PeriodState.OPEN or state.reopened or state.destroyed:
        raise closed()
    return state


def closed() -> Problem:
    """The box takes no more ballots."""
    return Problem("ballots_closed", 423, _CLOSED)


_NO_BOX = Text(
    zh="没有这样的评议票，请重新扫描二维码，或核对网址。",
    en="There is no such ballot: scan the code again, or check the address.",
)
_NOT_YET = Text(zh="评议从 {day} 开始，请那时再来。", en="Rating begins on {day}; please come back then.")
_NOT_OPEN = Text(zh="评议还没有开始，请稍后再来。", en="Rating has not begun yet; please come back later.")
_CLOSED = Text(
    zh="本次评议已经截止，不再收票。谢谢您的关心；结果公布后可以在本站查看。",
    en="This evaluation is over and takes no more ballots. Thank you; the results will be published here.",
)


def _load(connection: Connection, channel_id: int, state: _State) -> CachedBox:
    stored = one_row(connection, _StoredBox, _BOX, channel=channel_id)
    if stored is None:
        raise LookupError(f"the box of channel {channel_id} is open without keys")
    scheme = parse_scheme(stored.document)
    plan = scheme.channel(stored.channel)
    titles = {category.key: category.title for category in scheme.categories}
    keys = _keys(connection, channel_id, stored)
    content = stored.content
    return CachedBox(
        channel_id=channel_id,
        channel=stored.channel,
        period_id=state.period_id,
        period=stored.period,
        kind=stored.kind,
        title=plan.title if plan else scheme.title,
        scheme_title=scheme.title,
        questionnaire=parse_questionnaire(stored.questionnaire),
        layout=read_layout(content["layout"]),
        keys=period_keys(keys.secret),
        public=keys.public,
        intake=keys.intake,
        first_day=date.fromisoformat(content["first_day"]),
        last_day=date.fromisoformat(content["last_day"]) if content["last_day"] else None,
        zone=ZoneInfo(stored.time_zone),
        units={
            unit.id: CachedUnit(unit.id, unit.code, unit.name, unit.category, titles[unit.category], place)
            for place, unit in enumerate(units_of_period(connection, state.period_id))
        },
        cards=load_cards(connection, channel_id) if stored.kind == "roster" else {},
        prepared_id=stored.keys_id,
        demonstration=stored.demonstration,
    )


def _keys(connection: Connection, channel_id: int, stored: _StoredBox) -> KeyFile:
    found = read_keys(configured(), stored.period_id, stored.key_file.hex())
    expected = found.rosters.get(stored.channel)
    if expected is not None and roster_digest(connection, channel_id) != expected:
        raise key_file_changed(expected, roster_digest(connection, channel_id))
    return found
