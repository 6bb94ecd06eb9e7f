"""Acts of two people: one asks with a reason, another approves or refuses; approval carries the act out."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, String, and_, bindparam, case, cast, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import aliased

from pingyi.channels import Text
from pingyi.db import one_row, rows
from pingyi.domain.canonical import canonical_json
from pingyi.domain.errors import FieldError, Problem
from pingyi.extensions import current_extensions
from pingyi.ledger.leaves import NONCE_BYTES, commitment, record
from pingyi.models import Account, Act, ActAnswer, Period, PeriodUnit, Unit
from pingyi.roles import Role
from pingyi.services.approvals.core_kinds import CORE_KINDS
from pingyi.services.approvals.kinds import ApprovalKind, ApprovalRequest, Moment
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
        Act.period_id == bindparam("period_id"),
        Act.content == _CONTENT,
        Act.reason == bindparam("reason"),
    ).label("same"),
).where(Act.requested_by == bindparam("requested_by"), Act.repeat_key == bindparam("repeat_key"))
_asker, _answerer = aliased(Account), aliased(Account)
_REQUESTS = (
    select(
        Act.id,
        Act.kind,
        Period.key.label("period"),
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
    .join(Period, Period.id == Act.period_id)
    .outerjoin(ActAnswer, ActAnswer.act_id == Act.id)
    .outerjoin(_asker, Act.requested_by == literal("account-") + cast(_asker.id, String))
    .outerjoin(_answerer, ActAnswer.answered_by == literal("account-") + cast(_answerer.id, String))
    .outerjoin(Unit, Unit.code == Act.content["unit"].astext)
    .outerjoin(PeriodUnit, and_(PeriodUnit.unit_id == Unit.id, PeriodUnit.period_id == Act.period_id))
)
_BY_ID = _REQUESTS.where(Act.id == bindparam("act"))
_PENDING = _REQUESTS.where(Act.period_id == bindparam("period"), ActAnswer.act_id.is_(None)).order_by(Act.id)
_WAITING = _REQUESTS.where(ActAnswer.act_id.is_(None), Act.requested_by != bindparam("caller")).order_by(
    Act.id
)
_ANSWERED = (
    _REQUESTS.where(Act.period_id == bindparam("period"), ActAnswer.act_id.is_not(None))
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
    period: PeriodRow,
    kind: ApprovalKind,
    content: Mapping[str, Any],
    reason: str,
    repeat_key: str = "",
) -> ApprovalRequest:
    """Ask for an approval. Two equal requests are two, unless the caller's `repeat_key` makes them one.

    Raises Problem reason_required, key_reused.
    """
    _require_reason(reason)
    salt = secrets.token_bytes(NONCE_BYTES)
    given = {
        "kind": kind.key,
        "period_id": period.id,
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
    _record_request(connection, period, kind, request, salt)
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
    connection: Connection, period: PeriodRow, kind: ApprovalKind, request: ApprovalRequest, salt: bytes
) -> None:
    public = {name: value for name, value in request.content.items() if name not in kind.private}
    private = {
        "reason": request.reason,
        **{name: value for name, value in request.content.items() if name in kind.private},
    }
    content = {
        "period": period.key,
        "act": request.id,
        "what": request.kind,
        "by": request.requested_by,
        "content": public,
        "commitments": {name: commitment(salt, value) for name, value in private.items()},
    }
    record(connection, "act.requested", content, period.id)


def _require_reason(reason: str) -> None:
    if not reason.strip():
        error = FieldError(code="reason_required", message=_REASON, pointer="/reason")
        raise Problem("reason_required", 422, _REASON, [error])


_REASON = Text(zh="请写明理由。", en="Give the reason.")


def approval_kinds() -> tuple[ApprovalKind, ...]:
    """Every kind there is: the core's, then those of extensions."""
    brought = (kind for extension in current_extensions() for kind in extension.approval_kinds())
    return (*CORE_KINDS, *brought)


def kind_of(key: str) -> ApprovalKind:
    """The kind of that stored spelling; Problem approval_kind_unknown, and nothing is carried out."""
    kind = next((kind for kind in approval_kinds() if kind.key == key), None)
    if kind is None:
        raise Problem("approval_kind_unknown", 409, _UNKNOWN.format(kind=key))
    return kind


_UNKNOWN = Text(
    zh="本系统没有“{kind}”这种审批，可能是某个扩展包未能加载；装好后再审批，或驳回。",
    en="There is no approval of the kind {kind} here; an extension may have failed to load."
    " Install it, or refuse.",
)


def words_of(request: ApprovalRequest, moment: Moment) -> Text:
    """What is asked, as both people read it; a kind that nobody knows is named by its key."""
    known = {kind.key: kind for kind in approval_kinds()}
    if request.kind not in known:
        return Text(zh=f"未知的审批“{request.kind}”", en=f"Unknown approval {request.kind}")
    return known[request.kind].words(request, moment)


def find_request(connection: Connection, act_id: int) -> ApprovalRequest:
    """One act; Problem not_found."""
    request = one_row(connection, ApprovalRequest, _BY_ID, act=act_id)
    if request is None:
        raise not_found(zh=f"申请{act_id}", en=f"Act {act_id}")
    return request


def pending_requests(connection: Connection, period: PeriodRow) -> list[ApprovalRequest]:
    """What waits for a second person, oldest first: one query."""
    return rows(connection, ApprovalRequest, _PENDING, period=period.id)


def waiting_requests(connection: Connection, caller: Caller) -> list[ApprovalRequest]:
    """What waits for this approver, of all periods, oldest first: one query."""
    return rows(connection, ApprovalRequest, _WAITING, caller=caller.name)


def answered_requests(connection: Connection, period: PeriodRow) -> list[ApprovalRequest]:
    """What was approved or refused, the newest answers first, at most 200: one query."""
    return rows(connection, ApprovalRequest, _ANSWERED, period=period.id)


def approve_request(connection: Connection, caller: Caller, act_id: int, reason: str = "") -> ApprovalRequest:
    """Approve as the second person and carry the act out, in this transaction.

    Raises Problem not_found, forbidden, same_person, act_answered and what the act itself is refused for.
    """
    act = _answer(connection, caller, act_id, reason, approved=True)
    approved = Approved(act_id=act_id, requested_by=act.requested_by, approved_by=caller.name)
    kind = kind_of(act.kind)
    if kind.alone:
        connection.execute(_LOCK_PERIOD, {"key": act.period})
    kind.carry_out(connection, approved, find_period(connection, act.period), act)
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
_ANSWERED_ALREADY = Text(zh="这项申请已经有人审批过了。", en="Somebody has answered this already.")


def _period_id(connection: Connection, act: ApprovalRequest) -> int:
    return find_period(connection, act.period).id
