"""The acts that need a second person, asked for one by one, or brought with a bundle and approved at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from pingyi.channels import word
from pingyi.services.approvals.approvals import approve_request, request_approval
from pingyi.services.approvals.core_kinds import ADJUSTMENT, RELEASE, REOPENING, WITHDRAWAL
from pingyi.services.approvals.document_issue import DOCUMENT_ISSUE
from pingyi.services.approvals.kinds import ApprovalRequest
from pingyi.services.core.callers import SHELL, Caller
from pingyi.services.core.row_schemas import ReasonSchema, WallClock
from pingyi.services.documents.documents import StoredDocument
from pingyi.services.documents.drafts import changed_meanwhile
from pingyi.services.documents.issue import issue_document, require_whole
from pingyi.services.documents.kinds import DocumentKind
from pingyi.services.periods.adjustments import AdjustmentRow, adjusted_units, standing_adjustment
from pingyi.services.periods.period_draft import TIME_ZONE
from pingyi.services.periods.periods import PeriodRow, find_period, require_reopenable
from pingyi.services.periods.queries import time_zone_of
from pingyi.services.results.release import releasable


class ReopeningSchema(ReasonSchema):
    """Why intake is opened again, and until when."""

    deadline = WallClock(required=True)


BUNDLE = Caller(name="bundle")
DEMONSTRATION = Caller(name="demonstration")


def request_release(
    connection: Connection, caller: Caller, key: str, reason: str, *, repeat_key: str = ""
) -> ApprovalRequest:
    """Ask for the newest revision to be published; raises what `releasable` does.

    `repeat_key`, here and below: as `request_approval` takes it.
    """
    period = find_period(connection, key)
    newest = releasable(connection, period.id, period.state)
    content = {"revision": newest.revision, "sha256": newest.sha256}
    return request_approval(connection, caller, period, RELEASE, content, reason, repeat_key)


def request_reopening(
    connection: Connection, caller: Caller, key: str, reason: str, deadline: datetime, *, repeat_key: str = ""
) -> ApprovalRequest:
    """Ask for a period to take entries again until a deadline; Problem wrong_state, deadline_passed.

    A deadline without an offset is read on the period's clock.
    """
    period = find_period(connection, key)
    if deadline.tzinfo is None:
        deadline = deadline.replace(tzinfo=ZoneInfo(time_zone_of(connection, key) or TIME_ZONE))
    require_reopenable(period, deadline)
    content = {"deadline": deadline.astimezone(UTC)}
    return request_approval(connection, caller, period, REOPENING, content, reason, repeat_key)


def request_adjustments(
    connection: Connection,
    caller: Caller,
    period: PeriodRow,
    rows: Sequence[AdjustmentRow],
    *,
    repeat_key: str = "",
) -> list[ApprovalRequest]:
    """Ask for adjustments, one act each; Problem wrong_state, units_unknown."""
    units = adjusted_units(connection, period, rows)
    return [
        request_approval(
            connection,
            caller,
            period,
            ADJUSTMENT,
            _content(code, row),
            row.reason,
            repeat_key and f"{repeat_key}/{position}",
        )
        for position, (row, (code, _)) in enumerate(zip(rows, units, strict=True))
    ]


def _content(code: str, row: AdjustmentRow) -> dict[str, str | None]:
    points = None if row.points is None else word(Decimal(row.points))
    return {
        "unit": code,
        "kind": row.kind,
        "points": points,
        "document": row.document,
        "target": row.target,
    }


def request_withdrawal(
    connection: Connection,
    caller: Caller,
    period: PeriodRow,
    adjustment_id: int,
    reason: str,
    *,
    repeat_key: str = "",
) -> ApprovalRequest:
    """Ask for an adjustment to be taken out of force; Problem wrong_state, not_found."""
    content = standing_adjustment(connection, period, adjustment_id)
    return request_approval(connection, caller, period, WITHDRAWAL, content, reason, repeat_key)


def issue_or_ask(
    connection: Connection,
    caller: Caller,
    kind: DocumentKind,
    stored: StoredDocument,
    expected: int,
    reason: str = "",
    *,
    repeat_key: str = "",
) -> ApprovalRequest | None:
    """Issue a draft as it stood at its revision `expected`, or ask for it where its kind takes two persons.

    Raises what `issue_document` does, reason_required.
    """
    if kind.persons == 1:
        issue_document(connection, {"by": caller.name}, kind, stored, expected)
        return None
    require_whole(kind, stored)
    if (stored.state, stored.revision) != ("draft", expected):
        raise changed_meanwhile(stored)
    content = {
        "document": kind.key,
        "key": stored.key,
        "version": stored.version,
        "revision": stored.revision,
        "sha256": stored.sha256,
    }
    return request_approval(connection, caller, None, DOCUMENT_ISSUE, content, reason, repeat_key)


def approve_all(connection: Connection, acts: Iterable[ApprovalRequest]) -> None:
    """Approve from the shell what a bundle or the demonstration brings: two names on the record."""
    for act in acts:
        approve_request(connection, SHELL, act.id)
