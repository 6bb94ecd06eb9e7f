"""Acts of two people: one asks with a reason, another approves or refuses; approval carries the act out."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, text

from pingyi.channels import Text
from pingyi.db import Lock, hold
from pingyi.domain.canonical import canonical_json
from pingyi.domain.errors import FieldError, Problem
from pingyi.ledger.leaves import NONCE_BYTES, commitment, record
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import forbidden, not_found
from pingyi.services.core.roles import Role
from pingyi.services.periods.adjustments import AdjustmentRow, add_adjustment, withdraw_adjustment
from pingyi.services.periods.periods import Approved, PeriodRow, find_period, reopen_period
from pingyi.services.results.release import release_revision

RELEASE, REOPEN = "publish", "reopen"
ADJUSTMENT, WITHDRAWAL = "adjustment", "withdraw_adjustment"
PENDING, APPROVED, REFUSED = "pending", "approved", "refused"
MOST_ANSWERED = 200
_PRIVATE = ("document",)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequest:
    """What was asked for and what became of it; the answer's fields are empty while it is pending.

    `requested_by` and `answered_by` are what the record says; `asker` and `answerer` what people read.
    """

    id: int
    kind: str
    period: str
    content: Mapping[str, Any]
    reason: str
    requested_by: str
    requested_at: datetime
    state: str
    unit_name: str
    answered_by: str
    answered_at: datetime | None
    answer: str
    asker: str
    answerer: str


def request_approval(
    connection: Connection,
    caller: Caller,
    period: PeriodRow,
    kind: str,
    content: Mapping[str, Any],
    reason: str,
) -> ApprovalRequest:
    """Ask for an act; asking for what is pending already changes nothing. Problem reason_required."""
    _require_reason(reason)
    hold(connection, Lock.APPROVALS_OF_PERIOD, period.id)
    given = {"kind": kind, "period": period.id, "content": canonical_json(content).decode()}
    same = connection.execute(
        text(f"{_ACTS} WHERE {_IS_PENDING} AND a.kind = :kind AND a.content = CAST(:content AS jsonb)"), given
    ).first()
    return _act(same) if same else _store(connection, caller, period, given, reason)


def _require_reason(reason: str) -> None:
    if not reason.strip():
        error = FieldError(code="reason_required", message=_REASON, pointer="/reason")
        raise Problem("reason_required", 422, _REASON, [error])


_REASON = Text(zh="请写明理由。", en="Give the reason.")


def _store(
    connection: Connection, caller: Caller, period: PeriodRow, given: Mapping[str, Any], reason: str
) -> ApprovalRequest:
    salt = secrets.token_bytes(NONCE_BYTES)
    act_id: int = connection.execute(
        text(
            "INSERT INTO act (kind, period_id, content, reason, salt, requested_by)"
            " VALUES (:kind, :period, CAST(:content AS jsonb), :reason, :salt, :by) RETURNING id"
        ),
        {**given, "reason": reason, "salt": salt, "by": caller.name},
    ).scalar_one()
    act = find_request(connection, act_id)
    kept = {name: value for name, value in act.content.items() if name not in _PRIVATE}
    private = {"reason": reason, **{name: act.content[name] for name in _PRIVATE if name in act.content}}
    content = {
        "period": period.key,
        "act": act_id,
        "what": act.kind,
        "by": caller.name,
        "content": kept,
        "commitments": {name: commitment(salt, value) for name, value in private.items()},
    }
    record(connection, "act.requested", content, period.id)
    return act


def find_request(connection: Connection, act_id: int) -> ApprovalRequest:
    """One act; Problem not_found."""
    row = connection.execute(text(f"{_ACTS} WHERE a.id = :id"), {"id": act_id}).one_or_none()
    if row is None:
        raise not_found(zh=f"申请{act_id}", en=f"Act {act_id}")
    return _act(row)


def pending_requests(connection: Connection, period: PeriodRow) -> list[ApprovalRequest]:
    """What waits for a second person, oldest first: one query."""
    rows = connection.execute(text(f"{_ACTS} WHERE {_IS_PENDING} ORDER BY a.id"), {"period": period.id})
    return [_act(row) for row in rows]


def answered_requests(connection: Connection, period: PeriodRow) -> list[ApprovalRequest]:
    """What was approved or refused, the newest answers first, at most 200: one query."""
    rows = connection.execute(
        text(
            f"{_ACTS} WHERE a.period_id = :period AND w.act_id IS NOT NULL"
            " ORDER BY w.answered_at DESC, a.id DESC LIMIT :most"
        ),
        {"period": period.id, "most": MOST_ANSWERED},
    )
    return [_act(row) for row in rows]


def approve_request(connection: Connection, caller: Caller, act_id: int, reason: str = "") -> ApprovalRequest:
    """Approve as the second person and carry the act out, in this transaction.

    Raises Problem not_found, forbidden, same_person, act_answered and what the act itself is refused for.
    """
    act = _answer(connection, caller, act_id, reason, approved=True)
    approved = Approved(act_id=act_id, requested_by=act.requested_by, approved_by=caller.name)
    if act.kind in {RELEASE, REOPEN}:
        # An assessment under way ends first: what is approved is then looked at as it stands.
        connection.execute(_LOCK_PERIOD, {"key": act.period})
    _carry_out(connection, approved, find_period(connection, act.period), act)
    return find_request(connection, act_id)


_LOCK_PERIOD = text("SELECT FROM period WHERE key = :key FOR NO KEY UPDATE")


def refuse_request(connection: Connection, caller: Caller, act_id: int, reason: str) -> ApprovalRequest:
    """Refuse as the second person, with a reason; the act can be asked for again."""
    _require_reason(reason)
    _answer(connection, caller, act_id, reason, approved=False)
    return find_request(connection, act_id)


def _answer(
    connection: Connection, caller: Caller, act_id: int, reason: str, *, approved: bool
) -> ApprovalRequest:
    if not caller.roles & {Role.APPROVER, "shell"}:
        raise forbidden()
    act = find_request(connection, act_id)
    if act.requested_by == caller.name:
        raise Problem("same_person", 403, _SAME_PERSON)
    salt = secrets.token_bytes(NONCE_BYTES)
    stored = connection.execute(
        text(
            "INSERT INTO act_answer (act_id, requested_by, answered_by, approved, reason, salt)"
            " VALUES (:id, :requested_by, :by, :approved, :reason, :salt) ON CONFLICT (act_id) DO NOTHING"
        ),
        {
            "id": act_id,
            "requested_by": act.requested_by,
            "by": caller.name,
            "approved": approved,
            "reason": reason,
            "salt": salt,
        },
    ).rowcount
    if not stored:
        raise Problem("act_answered", 409, _ANSWERED)
    content = {
        "period": act.period,
        "act": act_id,
        "what": act.kind,
        "by": caller.name,
        "commitments": {"reason": commitment(salt, reason)} if reason else {},
    }
    record(connection, "act.approved" if approved else "act.refused", content, _period_id(connection, act))
    return act


_SAME_PERSON = Text(
    zh="这项申请是您本人提出的，须由另一位审批人审批。",
    en="You asked for this yourself; another approver has to answer it.",
)
_ANSWERED = Text(zh="这项申请已经有人审批过了。", en="Somebody has answered this already.")


def _period_id(connection: Connection, act: ApprovalRequest) -> int:
    return find_period(connection, act.period).id


def _carry_out(connection: Connection, approved: Approved, period: PeriodRow, act: ApprovalRequest) -> None:
    content = act.content
    if act.kind == RELEASE:
        release_revision(connection, approved, period, content["revision"])
    elif act.kind == REOPEN:
        reopen_period(connection, approved, period, datetime.fromisoformat(content["deadline"]))
    elif act.kind == ADJUSTMENT:
        points = None if content["points"] is None else Decimal(content["points"])
        row = AdjustmentRow(
            unit=content["unit"],
            kind=content["kind"],
            points=points,
            reason=act.reason,
            document=content["document"],
            target=content["target"],
        )
        add_adjustment(connection, approved, period, row)
    else:
        withdraw_adjustment(connection, approved, period, content["adjustment"], act.reason)


def _act(row: Row[Any]) -> ApprovalRequest:
    state = PENDING if row.approved is None else APPROVED if row.approved else REFUSED
    return ApprovalRequest(
        id=row.id,
        kind=row.kind,
        period=row.period,
        content=row.content,
        reason=row.reason,
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        state=state,
        unit_name=row.unit_name or "",
        answered_by=row.answered_by or "",
        answered_at=row.answered_at,
        answer=row.answer or "",
        asker=row.asker or row.requested_by,
        answerer=row.answerer or row.answered_by or "",
    )


_ACTS = """
SELECT a.id, a.kind, p.key AS period, a.content, a.reason, a.requested_by, a.requested_at,
  w.approved, w.answered_by, w.answered_at, w.reason AS answer, n.name AS unit_name,
  asker.name || ' ' || asker.login AS asker, answerer.name || ' ' || answerer.login AS answerer
FROM act a JOIN period p ON p.id = a.period_id LEFT JOIN act_answer w ON w.act_id = a.id
LEFT JOIN account asker ON a.requested_by = 'account-' || asker.id
LEFT JOIN account answerer ON w.answered_by = 'account-' || answerer.id
LEFT JOIN unit u ON u.code = a.content ->> 'unit'
LEFT JOIN period_unit n ON n.unit_id = u.id AND n.period_id = a.period_id
"""
_IS_PENDING = "a.period_id = :period AND w.act_id IS NULL"
