"""Paper ballots: keyed by two people from a form with a sticker, sealed and cast when both agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import JSON, Connection, bindparam, cast, func, literal, select

from pingyi.channels import Text
from pingyi.db import transaction
from pingyi.domain.errors import FieldError, Problem
from pingyi.domain.period_state import PeriodState
from pingyi.ledger.leaves import record
from pingyi.models import Channel, Leaf, Period
from pingyi.roles import Role
from pingyi.services.core.bound_channels import BoundChannel, channel_by_id
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import forbidden
from pingyi_surveys.ballot.opened_ballot import NO_ANSWER
from pingyi_surveys.casting.box_cache import CachedBox
from pingyi_surveys.casting.drafts import BallotDraft, drop_draft, load_draft, save_draft
from pingyi_surveys.casting.roster_ballot import cast_ballot
from pingyi_surveys.casting.roster_cards import RosterCard, find_card
from pingyi_surveys.models import BallotBox
from pingyi_surveys.roles import REVIEWER

KEYERS: Final = (Role.ADMINISTRATOR, Role.APPROVER, REVIEWER)
Standing = Literal["first", "differs", "cast"]
_OPEN_ROSTERS = (
    select(BallotBox.channel_id)
    .join(Channel, Channel.id == BallotBox.channel_id)
    .join(Period, Period.id == Channel.period_id)
    .where(BallotBox.kind == "roster", Period.state == PeriodState.OPEN)
    .order_by(Period.key, Channel.position)
)
_COUNT = select(func.count()).where(
    # Written out: a partial index serves only a kind that the planner can read.
    Leaf.kind == literal("paper.keyed", literal_execute=True),
    Leaf.period_id == bindparam("period"),
    cast(func.convert_from(Leaf.body, "UTF8"), JSON)["channel"].as_string() == bindparam("channel"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyed:
    """What became of a keying: kept for the second person, different from the first in `differs`, or cast.

    `differs`: the numbers of units, from 1, as they stand on the ballot. `receipt`: of the ballot cast.
    """

    standing: Standing
    differs: tuple[int, ...] = ()
    receipt: bytes = b""


def find_sticker(caller: Caller, working: BoundChannel, typed: str) -> RosterCard:
    """The card whose code sticks on a form of this channel, not used yet.

    Raises Problem forbidden (accounts of the office only), card_unknown, card_used, and those of `find_card`.
    """
    _require_account(caller)
    card = find_card(typed)
    if card.box.channel_id != working.id:
        raise Problem("card_unknown", 404, _OTHER_BOX)
    if card.receipt() is not None:
        raise _used()
    return card


_OTHER_BOX = Text(
    zh="这枚编号不属于本渠道，请核对是哪一种票。",
    en="This sticker is not of this channel: see which ballot it is.",
)


def _used() -> Problem:
    return Problem("card_used", 409, _USED)


_USED = Text(
    zh="这枚编号的票已经入箱，不能再录。",
    en="The ballot of this sticker is in the box already and cannot be keyed again.",
)


def read_digits(box: CachedBox, given: Mapping[str, str]) -> tuple[int, ...]:
    """The answers typed as digits (the place of the option, from 1; empty: none), by field q0, q1, ...

    Raises Problem paper_invalid with every field that holds something else.
    """
    known = {str(place + 1): place for place in range(len(box.questionnaire.options))} | {"": NO_ANSWER}
    typed = [given.get(f"q{number}", "").strip() for number in range(box.layout.questions)]
    errors = [
        FieldError(code="unknown_answer", message=_NO_OPTION, pointer=f"/q{number}")
        for number, digit in enumerate(typed)
        if digit not in known
    ]
    if errors:
        raise Problem("paper_invalid", 422, _INVALID.format(most=len(known) - 1), errors)
    return tuple(known[digit] for digit in typed)


_NO_OPTION = Text(zh="没有这个选项", en="There is no such option")
_INVALID = Text(zh="每格只能填 1 到 {most}，或空着。", en="A field takes 1 to {most}, or stays empty.")


def key_ballot(caller: Caller, card: RosterCard, answers: Sequence[int]) -> Keyed:
    """Keep what the first person keyed, compare what a second one keyed, and cast what both agree on.

    The same person again replaces the own keying. Raises Problem forbidden, card_used, ballots_closed, busy.
    """
    _require_account(caller)
    first = load_draft(card, "paper")
    if first is None or first.by == caller.name:
        if card.receipt() is not None:
            raise _used()
        save_draft(card, BallotDraft(tuple(answers), by=caller.name), "paper")
        return Keyed(standing="first")
    if differs := _differing_units(card.box, first.answers, answers):
        return Keyed(standing="differs", differs=differs)
    done = cast_ballot(card, answers)
    if not done.fresh:
        raise _used()
    drop_draft(card, "paper")
    with transaction() as connection:
        _record(connection, "paper.keyed", card.box, [first.by, caller.name])
    return Keyed(standing="cast", receipt=done.receipt)


def take_back(caller: Caller, card: RosterCard) -> None:
    """Take the first keying back, so that two people key the form anew."""
    _require_account(caller)
    first = load_draft(card, "paper")
    if first is None:
        return
    drop_draft(card, "paper")
    with transaction() as connection:
        _record(connection, "paper.taken_back", card.box, sorted({first.by, caller.name}))


def open_rosters(connection: Connection) -> list[BoundChannel]:
    """The rosters of open periods."""
    rosters = connection.execute(_OPEN_ROSTERS).scalars().all()
    return [channel_by_id(connection, channel_id) for channel_id in rosters]


def paper_count(connection: Connection, working: BoundChannel) -> int:
    """How many ballots of a channel were cast from paper."""
    return connection.execute(_COUNT, {"period": working.period_id, "channel": working.key}).scalar_one()


def _differing_units(box: CachedBox, first: Sequence[int], second: Sequence[int]) -> tuple[int, ...]:
    dimensions = len(box.layout.dimensions)
    places = (place for place, (one, other) in enumerate(zip(first, second, strict=True)) if one != other)
    return tuple(sorted({place // dimensions + 1 for place in places}))


def _record(connection: Connection, kind: str, box: CachedBox, by: Sequence[str]) -> None:
    record(connection, kind, {"period": box.period, "channel": box.channel, "by": list(by)}, box.period_id)


def _require_account(caller: Caller) -> None:
    """People key, not keys: two keys may be one person's."""
    if caller.account_id is None or not caller.roles & set(KEYERS):
        raise forbidden()
