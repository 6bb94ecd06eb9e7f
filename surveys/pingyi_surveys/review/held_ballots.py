"""Held ballots before two reviewers: what they see, what each says, and what two who agree decide."""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, text
from sqlalchemy.exc import DBAPIError

from pingyi.channels import Text
from pingyi.database_refusals import sqlstate
from pingyi.db import Lock, hold
from pingyi.domain.errors import FieldError, Problem
from pingyi.domain.period_state import PeriodState
from pingyi.ledger.leaves import NONCE_BYTES, commitment, record
from pingyi.services.core.bound_channels import BoundChannel, ChannelRef, bound_channel
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import forbidden, not_found, require_state, wrong_state
from pingyi.services.core.roles import Role, incompatible_pairs
from pingyi.services.intake.dispositions import begin, move_standing
from pingyi.services.periods.periods import PeriodRow
from pingyi_surveys.ballot.tally_cells import COUNTED, HELD, REJECTED
from pingyi_surveys.setup.boxes import BATCH

NEEDED: Final = 2
LONGEST: Final = 2_000


@dataclass(frozen=True, slots=True)
class Review:
    """What one reviewer said; `name` is what people read."""

    by: str
    name: str
    release: bool
    grounds: str
    at: datetime


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
    given = {"period": period.id}
    names = {row.code: row for row in connection.execute(text(_UNITS), given)}
    reviews: defaultdict[tuple[int, int, str], list[Review]] = defaultdict(list)
    for row in connection.execute(text(_REVIEWS), given):
        reviews[_key(row)].append(Review(row.by, row.name, row.release, row.grounds, row.at))
    decided = {_key(row): row.release for row in connection.execute(text(_DECISIONS), given)}
    return [
        HeldCell(
            channel=opening.channel,
            channel_id=opening.channel_id,
            unit=unit,
            unit_id=names[unit].id,
            unit_name=names[unit].name,
            reason=reason,
            ballots=ballots,
            reviews=tuple(reviews[opening.channel_id, names[unit].id, reason]),
            decided=decided.get((opening.channel_id, names[unit].id, reason)),
        )
        for opening in connection.execute(text(_OPENINGS), given)
        for unit, reason, ballots in _held(opening.numbers)
    ]


def _key(row: Row[Any]) -> tuple[int, int, str]:
    return row.channel_id, row.unit_id, row.reason


def _held(numbers: Sequence[Sequence[Any]]) -> Iterator[tuple[str, str, int]]:
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
    if Role.REVIEWER not in caller.roles or incompatible_pairs(caller.roles - {"shell"}):
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
        text(
            "INSERT INTO cell_review (channel_id, unit_id, reason, reviewed_by, release, grounds, salt)"
            " VALUES (:channel, :unit, :reason, :by, :release, :grounds, :salt)"
        ),
        {
            "channel": cell.channel_id,
            "unit": cell.unit_id,
            "reason": cell.reason,
            "by": caller.name,
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


def _named(period: str, cell: HeldCell) -> dict[str, Any]:
    return {"period": period, "channel": cell.channel, "unit": cell.unit, "reason": cell.reason}


def _decide(
    connection: Connection, caller: Caller, working: BoundChannel, cell: HeldCell, release: bool
) -> None:
    """Move the cell's entries; Problem wrong_state where the period was assessed meanwhile."""
    identities = connection.execute(
        text(_ENTRIES),
        {
            "channel": cell.channel_id,
            "unit": cell.unit_id,
            "held": HELD,
            "batch": f"{BATCH}.{cell.reason}",
        },
    ).scalars()
    verdict = (COUNTED if release else REJECTED, cell.reason)
    delivery_id = begin(connection, caller, working)
    try:
        move_standing(connection, caller, working, delivery_id, dict.fromkeys(identities, verdict))
    except DBAPIError as error:
        if sqlstate(error) == "PY001":
            raise wrong_state(working.state, PeriodState.CLOSED) from error
        raise
    connection.execute(
        text(
            "INSERT INTO cell_decision (channel_id, unit_id, reason, release, delivery_id)"
            " VALUES (:channel, :unit, :reason, :release, :delivery)"
        ),
        {
            "channel": cell.channel_id,
            "unit": cell.unit_id,
            "reason": cell.reason,
            "release": release,
            "delivery": delivery_id,
        },
    )
    content = {**_named(working.period_key, cell), "release": release, "ballots": cell.ballots}
    record(connection, "cell.decided", content, working.period_id)


def reviewed_periods(connection: Connection) -> list[Mapping[str, Any]]:
    """Periods whose boxes were opened, the newest first, with how many cells wait in each: one query."""
    rows = connection.execute(text(_PERIODS)).all()
    return [
        {
            "key": row.key,
            "state": row.state,
            "waiting": sum(len(list(_held(numbers))) for numbers in row.numbers) - row.decided,
        }
        for row in rows
    ]


_UNITS = """
SELECT u.id, u.code, p.name FROM period_unit p JOIN unit u ON u.id = p.unit_id WHERE p.period_id = :period
"""
_OPENINGS = """
SELECT o.channel_id, c.key AS channel, o.numbers FROM box_opening o JOIN channel c ON c.id = o.channel_id
WHERE c.period_id = :period ORDER BY c.position
"""
_REVIEWS = """
SELECT r.channel_id, r.unit_id, r.reason, r.reviewed_by AS by, r.release, r.grounds, r.reviewed_at AS at,
  coalesce(a.name || ' ' || a.login, r.reviewed_by) AS name
FROM cell_review r JOIN channel c ON c.id = r.channel_id
LEFT JOIN account a ON r.reviewed_by = 'account-' || a.id
WHERE c.period_id = :period ORDER BY r.reviewed_at, r.reviewed_by
"""
_DECISIONS = """
SELECT d.channel_id, d.unit_id, d.reason, d.release FROM cell_decision d JOIN channel c ON c.id = d.channel_id
WHERE c.period_id = :period
"""
_ENTRIES = """
SELECT h.identity FROM entry_head h
JOIN entry e ON e.delivery_id = h.delivery_id AND e.position = h.position
WHERE h.channel_id = :channel AND e.unit_id = :unit AND e.standing = :held AND e.values ->> 'batch' = :batch
"""
_PERIODS = """
SELECT p.key, p.state, json_agg(o.numbers) AS numbers,
  (SELECT count(*) FROM cell_decision d JOIN channel k ON k.id = d.channel_id
    WHERE k.period_id = p.id) AS decided
FROM period p JOIN channel c ON c.period_id = p.id JOIN box_opening o ON o.channel_id = c.id
GROUP BY p.id ORDER BY p.id DESC
"""
