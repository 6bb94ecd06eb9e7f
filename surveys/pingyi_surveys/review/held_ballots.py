"""Held ballots before two reviewers: what they see, what each says, and what two who agree decide."""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, insert, select
from sqlalchemy.exc import DBAPIError

from pingyi.channels import Text
from pingyi.database_refusals import sqlstate
from pingyi.db import Lock, hold
from pingyi.domain.errors import FieldError, Problem
from pingyi.domain.period_state import PeriodState
from pingyi.extensions import registered_roles
from pingyi.ledger.leaves import NONCE_BYTES, commitment, record
from pingyi.models import Entry, EntryHead
from pingyi.roles import incompatible_pairs
from pingyi.services.core.bound_channels import BoundChannel, ChannelRef, bound_channel
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import forbidden, not_found, require_state, wrong_state
from pingyi.services.intake.dispositions import begin, move_standing
from pingyi.services.periods.periods import PeriodRow
from pingyi_surveys.ballot.tally_cells import COUNTED, HELD, REJECTED
from pingyi_surveys.models import CellDecision, CellReview
from pingyi_surveys.review.queries import BallotNumbers, Review, decisions, opened_periods, openings, reviews
from pingyi_surveys.roles import REVIEWER
from pingyi_surveys.setup.boxes import BATCH
from pingyi_surveys.setup.queries import units_of_period

NEEDED: Final = 2
LONGEST: Final = 2_000
_STORE_REVIEW = insert(CellReview)
_STORE_DECISION = insert(CellDecision)
_HELD_ENTRIES = (
    select(EntryHead.identity)
    .join(Entry, and_(Entry.delivery_id == EntryHead.delivery_id, Entry.position == EntryHead.position))
    .where(
        EntryHead.channel_id == bindparam("channel"),
        Entry.unit_id == bindparam("unit"),
        Entry.standing == HELD,
        Entry.values["batch"].as_string() == bindparam("batch"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCell:
    """The held ballots of a unit for one reason; `decided`: None while it is open, else whether released."""

    channel: str
    channel_id: int
    unit: str
    unit_id: int
    unit_name: str
    reason: str
    ballots: int
    reviews: Sequence[Review]
    decided: bool | None

    def own(self, caller: Caller) -> Review | None:
        """What this caller said of it."""
        return next((review for review in self.reviews if review.by == caller.name), None)

    def shown(self, caller: Caller) -> Sequence[Review]:
        """What this caller may read: everything once it is decided, before that only after speaking up."""
        return self.reviews if self.decided is not None or self.own(caller) else ()


def cells_to_review(connection: Connection, period: PeriodRow) -> list[HeldCell]:
    """Every held cell of a period's opened boxes, by channel, unit and reason: four queries."""
    units = {unit.code: unit for unit in units_of_period(connection, period.id)}
    spoken: defaultdict[tuple[int, int, str], list[Review]] = defaultdict(list)
    for review in reviews(connection, period.id):
        spoken[review.channel_id, review.unit_id, review.reason].append(review)
    decided = {
        (decision.channel_id, decision.unit, decision.reason): decision.release
        for decision in decisions(connection, period.id)
    }
    return [
        HeldCell(
            channel=opening.channel,
            channel_id=opening.channel_id,
            unit=unit,
            unit_id=units[unit].id,
            unit_name=units[unit].name,
            reason=reason,
            ballots=ballots,
            reviews=tuple(spoken[opening.channel_id, units[unit].id, reason]),
            decided=decided.get((opening.channel_id, unit, reason)),
        )
        for opening in openings(connection, period.id)
        for unit, reason, ballots in _held(opening.numbers)
    ]


def _held(numbers: BallotNumbers) -> Iterator[tuple[str, str, int]]:
    cells: Counter[tuple[str, str]] = Counter()
    for unit, standing, reason, count in numbers:
        if standing == HELD:
            cells[unit, reason] += count
    return ((unit, reason, count) for (unit, reason), count in sorted(cells.items()))


def find_cell(connection: Connection, period: PeriodRow, channel: str, unit: str, reason: str) -> HeldCell:
    """One held cell; Problem not_found."""
    wanted = channel, unit, reason
    for cell in cells_to_review(connection, period):
        if (cell.channel, cell.unit, cell.reason) == wanted:
            return cell
    raise not_found(zh="这组待核查的票", en="That group of held ballots")


def review_cell(
    connection: Connection,
    caller: Caller,
    period: PeriodRow,
    channel: str,
    unit: str,
    reason: str,
    *,
    release: bool,
    grounds: str,
) -> HeldCell:
    """Say as a reviewer whether held ballots are to count; two who agree, of at most three, decide it.

    Raises Problem forbidden, wrong_state, not_found, reason_required, cell_decided, cell_reviewed.
    """
    require_reviewer(caller)
    require_state(period.state, (PeriodState.CLOSED,))
    _require_grounds(grounds)
    working = bound_channel(connection, ChannelRef(period=period.key, channel=channel))
    # Of two who speak at once the second one sees what the first said.
    hold(connection, Lock.REVIEW_OF_CHANNEL, working.id)
    cell = find_cell(connection, period, channel, unit, reason)
    if cell.decided is not None:
        raise Problem("cell_decided", 409, _DECIDED)
    if cell.own(caller):
        raise Problem("cell_reviewed", 409, _REVIEWED)
    _store_review(connection, caller, period, cell, release, grounds)
    votes = Counter([*(review.release for review in cell.reviews), release])
    if votes[release] >= NEEDED:
        _decide(connection, caller, working, cell, release)
    return find_cell(connection, period, channel, unit, reason)


def require_reviewer(caller: Caller) -> None:
    """Problem forbidden for whoever is no reviewer, or holds a role that goes with none (a key may)."""
    if REVIEWER not in caller.roles or incompatible_pairs(caller.roles - {"shell"}, registered_roles()):
        raise forbidden()


def _require_grounds(grounds: str) -> None:
    if not grounds.strip() or len(grounds) > LONGEST:
        message = _GROUNDS.format(most=LONGEST)
        error = FieldError(code="reason_required", message=message, pointer="/grounds")
        raise Problem("reason_required", 422, message, [error])


_GROUNDS = Text(zh="请写明依据，不超过 {most} 字。", en="Give your grounds, in at most {most} characters.")
_DECIDED = Text(zh="这组票已有结论，不能再复核。", en="These ballots are decided already.")
_REVIEWED = Text(
    zh="您已复核过这组票，须由另一位复核人复核。",
    en="You have reviewed these ballots; another reviewer has to speak now.",
)


def _store_review(
    connection: Connection, caller: Caller, period: PeriodRow, cell: HeldCell, release: bool, grounds: str
) -> None:
    salt = secrets.token_bytes(NONCE_BYTES)
    connection.execute(
        _STORE_REVIEW,
        {
            **_place(cell),
            "reviewed_by": caller.name,
            "release": release,
            "grounds": grounds,
            "salt": salt,
        },
    )
    private = {"grounds": grounds, "release": release}
    content = {
        **_named(period.key, cell),
        "by": caller.name,
        "commitments": {name: commitment(salt, value) for name, value in private.items()},
    }
    record(connection, "cell.reviewed", content, period.id)


def _place(cell: HeldCell) -> dict[str, Any]:
    return {"channel_id": cell.channel_id, "unit_id": cell.unit_id, "reason": cell.reason}


def _named(period: str, cell: HeldCell) -> dict[str, Any]:
    return {"period": period, "channel": cell.channel, "unit": cell.unit, "reason": cell.reason}


def _decide(
    connection: Connection, caller: Caller, working: BoundChannel, cell: HeldCell, release: bool
) -> None:
    """Move the cell's entries; Problem wrong_state where the period was assessed meanwhile."""
    held = {"channel": cell.channel_id, "unit": cell.unit_id, "batch": f"{BATCH}.{cell.reason}"}
    identities = connection.execute(_HELD_ENTRIES, held).scalars()
    verdict = (COUNTED if release else REJECTED, cell.reason)
    delivery_id = begin(connection, caller, working)
    try:
        move_standing(connection, caller, working, delivery_id, dict.fromkeys(identities, verdict))
    except DBAPIError as error:
        if sqlstate(error) == "PY001":
            raise wrong_state(working.state, PeriodState.CLOSED) from error
        raise
    decision = {**_place(cell), "release": release, "delivery_id": delivery_id}
    connection.execute(_STORE_DECISION, decision)
    content = {**_named(working.period_key, cell), "release": release, "ballots": cell.ballots}
    record(connection, "cell.decided", content, working.period_id)


@dataclass(frozen=True, slots=True)
class ReviewedPeriod:
    """A period whose boxes were opened, and how many held cells wait in it."""

    key: str
    state: str
    waiting: int


def reviewed_periods(connection: Connection) -> list[ReviewedPeriod]:
    """Periods whose boxes were opened, the newest first, with how many cells wait in each: one query."""
    return [
        ReviewedPeriod(
            period.key,
            period.state,
            sum(len(list(_held(numbers))) for numbers in period.numbers) - period.decided,
        )
        for period in opened_periods(connection)
    ]
