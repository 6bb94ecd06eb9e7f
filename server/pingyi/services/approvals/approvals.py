"""Acts of two people: one asks with a reason, another approves or refuses; approval carries the act out."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, and_, bindparam, case, cast, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import aliased

from pingyi.channels import Text
from pingyi.db import one_row, rows
from pingyi.domain.canonical import canonical_json
from pingyi.domain.errors import FieldError, Problem
from pingyi.ledger.leaves import NONCE_BYTES, commitment, record
from pingyi.models import Account, Act, ActAnswer, Period, PeriodUnit, Unit
from pingyi.roles import Role
from pingyi.services.approvals.kinds import ApprovalKind, ApprovalRequest, Place
from pingyi.services.approvals.registered_kinds import kind_of
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import forbidden, not_found
from pingyi.services.periods.periods import Approved, PeriodRow, find_period

PENDING, APPROVED, REFUSED = "pending", "approved", "refused"
MOST_ANSWERED = 200
_CONTENT = cast(bindparam("canonical", type_=String), JSONB)
_REQUEST = (
    insert(Act)
    .values(content=_CONTENT)
    .on_conflict_do_nothing(index_elements=[Act.requested_by, Act.repeat_key])
    .returning(Act.id)
)
_OF_KEY = select(
    Act.id,
    and_(
        Act.kind == bindparam("kind"),
        Act.period_id.is_not_distinct_from(bindparam("period_id")),
        Act.content == _CONTENT,
        Act.reason == bindparam("reason"),
    ).label("same"),
).where(Act.requested_by == bindparam("requested_by"), Act.repeat_key == bindparam("repeat_key"))
_asker, _answerer = aliased(Account), aliased(Account)
_REQUESTS = (
    select(
        Act.id,
        Act.kind,
        func.coalesce(Period.key, "").label("period"),
        Act.content,
        Act.reason,
        Act.requested_by,
        Act.requested_at,
        case((ActAnswer.approved.is_(None), PENDING), (ActAnswer.approved, APPROVED), else_=REFUSED).label(
            "state"
        ),
        func.coalesce(PeriodUnit.name, "").label("unit_name"),
        func.coalesce(ActAnswer.answered_by, "").label("answered_by"),
        ActAnswer.answered_at,
        func.coalesce(ActAnswer.reason, "").label("answer"),
        func.coalesce(_asker.name + " " + _asker.login, Act.requested_by).label("asker"),
        func.coalesce(_answerer.name + " " + _answerer.login, ActAnswer.answered_by, "").label("answerer"),
    )
    .outerjoin(Period, Period.id == Act.period_id)
    .outerjoin(ActAnswer, ActAnswer.act_id == Act.id)
    .outerjoin(_asker, Act.requested_by == literal("account-") + cast(_asker.id, String))
    .outerjoin(_answerer, ActAnswer.answered_by == literal("account-") + cast(_answerer.id, String))
    .outerjoin(Unit, Unit.code == Act.content["unit"].astext)
    .outerjoin(PeriodUnit, and_(PeriodUnit.unit_id == Unit.id, PeriodUnit.period_id == Act.period_id))
)
_BY_ID = _REQUESTS.where(Act.id == bindparam("act"))
_PENDING = _REQUESTS.where(ActAnswer.act_id.is_(None)).order_by(Act.id)
_WAITING = _PENDING.where(Act.requested_by != bindparam("caller"))
_ANSWERED = (
    _REQUESTS.where(ActAnswer.act_id.is_not(None))
    .order_by(ActAnswer.answered_at.desc(), Act.id.desc())
    .limit(MOST_ANSWERED)
)
_ANSWER = (
    insert(ActAnswer).on_conflict_do_nothing(index_elements=[ActAnswer.act_id]).returning(ActAnswer.act_id)
)
_LOCK_PERIOD = select(Period.id).where(Period.key == bindparam("key")).with_for_update(key_share=True)


def request_approval(
    connection: Connection,
    caller: Caller,
    period: Place,
    kind: ApprovalKind[Place],
    content: Mapping[str, Any],
    reason: str,
    repeat_key: str = "",
) -> ApprovalRequest:
    """Ask for an approval. Two equal requests are two, unless the caller's `repeat_key` makes them one.

    `period` is None for the kinds that belong to none, and for those only: ValueError.
    Raises Problem reason_required, key_reused.
    """
    if kind.of_period is (period is None):
        raise ValueError(f"a request of the kind {kind.key} names a period: {kind.of_period}")
    _require_reason(reason)
    salt = secrets.token_bytes(NONCE_BYTES)
    given = {
        "kind": kind.key,
        "period_id": period.id if isinstance(period, PeriodRow) else None,
        "canonical": canonical_json(content).decode(),
        "reason": reason,
        "salt": salt,
        "requested_by": caller.name,
        "repeat_key": repeat_key or None,
    }
    if repeat_key and (earlier := _repeated(connection, given)):
        return earlier
    request_id: int | None = connection.execute(_REQUEST, given).scalar_one_or_none()
    if request_id is None and (twin := _repeated(connection, given)):
        return twin
    request = find_request(connection, request_id or 0)
    _record_request(connection, kind, request, salt)
    return request


def _repeated(connection: Connection, given: Mapping[str, Any]) -> ApprovalRequest | None:
    """The caller's request of the same key, None where there is none; Problem key_reused where it differs."""
    row = connection.execute(_OF_KEY, given).one_or_none()
    if row is None:
        return None
    if not row.same:
        raise Problem("key_reused", 422, _REUSED)
    return find_request(connection, row.id)


_REUSED = Text(
    zh="这个键已用于另一项申请；不同的申请请用新的键。",
    en="This key belongs to another request; take a new key for a different one.",
)


def _record_request(
    connection: Connection, kind: ApprovalKind[Any], request: ApprovalRequest, salt: bytes
) -> None:
    public = {name: value for name, value in request.content.items() if name not in kind.private}
    private = {
        "reason": request.reason,
        **{name: value for name, value in request.content.items() if name in kind.private},
    }
    content = {
        "by": request.requested_by,
        "content": public,
        "commitments": {name: commitment(salt, value) for name, value in private.items()},
    }
    _record(connection, "act.requested", request, content)


def _record(connection: Connection, leaf: str, request: ApprovalRequest, content: Mapping[str, Any]) -> None:
    """Write a leaf, the period's, or the installation's for a request that belongs to none."""
    told = {"act": request.id, "what": request.kind, **content}
    if request.period:
        period = find_period(connection, request.period)
        record(connection, leaf, {"period": period.key, **told}, period.id)
    else:
        record(connection, leaf, told)


def _require_reason(reason: str) -> None:
    if not reason.strip():
        error = FieldError(code="reason_required", message=_REASON, pointer="/reason")
        raise Problem("reason_required", 422, _REASON, [error])


_REASON = Text(zh="请写明理由。", en="Give the reason.")


def find_request(connection: Connection, act_id: int) -> ApprovalRequest:
    """One act; Problem not_found."""
    request = one_row(connection, ApprovalRequest, _BY_ID, act=act_id)
    if request is None:
        raise not_found(zh=f"申请{act_id}", en=f"Act {act_id}")
    return request


def _belongs_to(period: PeriodRow | None) -> ColumnElement[bool]:
    return Act.period_id.is_(None) if period is None else Act.period_id == period.id


def pending_requests(connection: Connection, period: PeriodRow | None) -> list[ApprovalRequest]:
    """What waits in a period (None: what belongs to none) for a second person, oldest first: one query."""
    return rows(connection, ApprovalRequest, _PENDING.where(_belongs_to(period)))


def waiting_requests(connection: Connection, caller: Caller) -> list[ApprovalRequest]:
    """What waits for this approver, of all periods and of none, oldest first: one query."""
    return rows(connection, ApprovalRequest, _WAITING, caller=caller.name)


def answered_requests(connection: Connection, period: PeriodRow | None) -> list[ApprovalRequest]:
    """What was approved or refused in a period (None: what belongs to none), newest first, at most 200."""
    return rows(connection, ApprovalRequest, _ANSWERED.where(_belongs_to(period)))


def approve_request(connection: Connection, caller: Caller, act_id: int, reason: str = "") -> ApprovalRequest:
    """Approve as the second person and carry the act out, in this transaction.

    Raises Problem not_found, forbidden, same_person, act_answered, approval_kind_unknown and what the act
    itself is refused for.
    """
    act = _answer(connection, caller, act_id, reason, approved=True)
    approved = Approved(act_id=act_id, requested_by=act.requested_by, approved_by=caller.name)
    kind = kind_of(act.kind)
    if kind.alone:
        connection.execute(_LOCK_PERIOD, {"key": act.period})
    period = find_period(connection, act.period) if kind.of_period else None
    kind.carry_out(connection, approved, period, act)
    return find_request(connection, act_id)


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
    stored = {
        "act_id": act_id,
        "requested_by": act.requested_by,
        "answered_by": caller.name,
        "approved": approved,
        "reason": reason,
        "salt": salt,
    }
    if connection.execute(_ANSWER, stored).first() is None:
        raise Problem("act_answered", 409, _ANSWERED_ALREADY)
    hidden = {"reason": commitment(salt, reason)} if reason else {}
    leaf = "act.approved" if approved else "act.refused"
    _record(connection, leaf, act, {"by": caller.name, "commitments": hidden})
    return act


_SAME_PERSON = Text(
    zh="这项申请是您本人提出的，须由另一位审批人审批。",
    en="You asked for this yourself; another approver has to answer it.",
)
_ANSWERED_ALREADY = Text(zh="这项申请已经有人审批过了。", en="Somebody has answered this already.")
