"""Operators and bearer keys: 256-bit secrets of which only the SHA-256 is kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import current_app
from sqlalchemy import Connection, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from pingyi.channels import Text
from pingyi.db import Lock, hold
from pingyi.domain.errors import FieldError, Problem
from pingyi.domain.names import read_alike
from pingyi.ledger.leaves import record
from pingyi.models import ApiKey, Operator
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import not_found
from pingyi.services.core.row_schemas import readable_name
from pingyi.settings import Settings

PREFIX = "pingyi"
LONGEST_DAYS = 1100
OPERATOR_OF_NAME = select(Operator.id).where(Operator.name == bindparam("name"))
_NEW_OPERATOR = insert(Operator).on_conflict_do_nothing()
_OPERATORS = select(Operator.name).order_by(Operator.name)
_ISSUE = insert(ApiKey)
_REVOKE = (
    update(ApiKey)
    .where(ApiKey.key_id == bindparam("key"), ApiKey.revoked_at.is_(None))
    .values(revoked_at=func.now())
)
_IN_FORCE = select(
    ApiKey.id,
    ApiKey.secret_hash,
    ApiKey.operator_id,
    ApiKey.roles,
    ApiKey.channels,
    (ApiKey.last_used_on == func.current_date()).label("fresh"),
).where(
    ApiKey.key_id == bindparam("key"),
    ApiKey.revoked_at.is_(None),
    or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > func.now()),
)
_USED_TODAY = update(ApiKey).where(ApiKey.id == bindparam("key")).values(last_used_on=func.current_date())


@dataclass(frozen=True, slots=True)
class NewKey:
    """A fresh key; `token` is shown once and never stored; without `expires_at` it does not expire."""

    key_id: str
    token: str
    expires_at: datetime | None


def ensure_operator(connection: Connection, name: str) -> int:
    """The id of the operator of this name, made where there was none.

    Raises Problem unseen_letter, operator_alike: a new one whose name reads like that of another.
    """
    standing = connection.execute(OPERATOR_OF_NAME, {"name": name}).scalar_one_or_none()
    if standing is not None:
        return int(standing)
    readable_name(name, "/name")
    hold(connection, Lock.NAMES)
    alike = next(
        (other for other in connection.execute(_OPERATORS).scalars() if read_alike(name, other)), name
    )
    if alike != name:
        message = _ALIKE.format(name=name, other=alike)
        raise Problem(
            "operator_alike",
            422,
            message,
            [FieldError(code="operator_alike", message=message, pointer="/name")],
        )
    connection.execute(_NEW_OPERATOR, {"name": name})
    return connection.execute(OPERATOR_OF_NAME, {"name": name}).scalar_one()


_ALIKE = Text(
    zh="“{name}”与已有的渠道单位“{other}”看起来一样，请用已有的名称，或改用能区分的名称。",
    en="{name} reads like the operator {other}: use that name, or one that people can tell apart.",
)


def find_operator(connection: Connection, name: str) -> int:
    """The id of the operator of this name; Problem not_found otherwise."""
    operator_id = connection.execute(OPERATOR_OF_NAME, {"name": name}).scalar_one_or_none()
    if operator_id is None:
        raise not_found(zh=f"评分单位“{name}”", en=f"Operator {name}")
    return operator_id


def new_operator_key(
    connection: Connection,
    caller: Caller,
    operator_id: int,
    *,
    label: str = "",
    channels: Sequence[str] = (),
    expires_at: datetime | None = None,
) -> NewKey:
    """A key by which an operator delivers to its own channels, or only to those named.

    Raises Problem unseen_letter, expiry_invalid.
    """
    return _store(connection, caller, operator_id, (), label, channels, expires_at)


def new_office_key(
    connection: Connection,
    caller: Caller,
    roles: Sequence[str],
    *,
    label: str = "",
    expires_at: datetime | None = None,
) -> NewKey:
    """A key with office roles; incompatible roles are the caller's to refuse before.

    Without a date it is valid for as long as is set. Raises Problem roles_missing, unseen_letter,
    expiry_invalid.
    """
    if not roles:
        raise Problem("roles_missing", 422, Text(zh="请至少指定一个角色。", en="Name at least one role."))
    settings: Settings = current_app.extensions["pingyi.configuration"]
    expires_at = expires_at or days_from_now(min(settings.office_key_days, LONGEST_DAYS))
    return _store(connection, caller, None, roles, label, (), expires_at)


def _store(
    connection: Connection,
    caller: Caller,
    operator_id: int | None,
    roles: Sequence[str],
    label: str,
    channels: Sequence[str],
    expires_at: datetime | None,
) -> NewKey:
    if expires_at is not None and not datetime.now(UTC) < expires_at <= days_from_now(LONGEST_DAYS):
        message = _EXPIRY.format(most=LONGEST_DAYS)
        error = FieldError(code="expiry_invalid", message=message, pointer="/expires_at")
        raise Problem("expiry_invalid", 422, message, [error])
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    connection.execute(
        _ISSUE,
        {
            "key_id": key_id,
            "secret_hash": _hash(secret),
            "label": readable_name(label, "/label"),
            "operator_id": operator_id,
            "roles": sorted(roles),
            "channels": sorted(channels),
            "expires_at": expires_at,
        },
    )
    content = {"key": key_id, "operator": operator_id, "roles": sorted(roles), "by": caller.name}
    record(connection, "key.issued", {**content, "channels": sorted(channels)})
    return NewKey(key_id, f"{PREFIX}_{key_id}_{secret}", expires_at)


def days_from_now(days: int) -> datetime:
    """The moment so many days from now; beyond what any key may have it stays the same, and is refused."""
    return datetime.now(UTC) + timedelta(days=min(days, LONGEST_DAYS + 1))


_EXPIRY = Text(
    zh="密钥的到期时间应在现在之后，至多 {most} 天。",
    en="A key expires later than now, and within {most} days.",
)


def revoke_key(connection: Connection, caller: Caller, key_id: str) -> None:
    """Revoke a key at once; Problem not_found when there is none of this id in force."""
    if not connection.execute(_REVOKE, {"key": key_id}).rowcount:
        raise not_found(zh=f"密钥“{key_id}”", en=f"Key {key_id}")
    record(connection, "key.revoked", {"key": key_id, "by": caller.name})


def authenticate(connection: Connection, token: str) -> Caller | None:
    """Who holds this token; None when it is malformed, unknown, expired or revoked."""
    prefix, _, rest = token.partition("_")
    key_id, _, secret = rest.partition("_")
    if prefix != PREFIX or not secret:
        return None
    row = connection.execute(_IN_FORCE, {"key": key_id}).one_or_none()
    if row is None or not hmac.compare_digest(row.secret_hash, _hash(secret)):
        return None
    if not row.fresh:
        connection.execute(_USED_TODAY, {"key": row.id})
    return Caller(
        name=key_id,
        roles=frozenset(row.roles),
        operator_id=row.operator_id,
        api_key_id=row.id,
        channels=frozenset(row.channels),
    )


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
