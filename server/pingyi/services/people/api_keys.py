"""Operators and bearer keys: 256-bit secrets of which only the SHA-256 is kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.ledger.leaves import record
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import not_found

PREFIX = "pingyi"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A fresh key; `token` is shown once and never stored."""

    key_id: str
    token: str


def ensure_operator(connection: Connection, name: str) -> int:
    """The id of the operator of this name, made where there was none."""
    connection.execute(
        text("INSERT INTO operator (name) VALUES (:name) ON CONFLICT DO NOTHING"), {"name": name}
    )
    found: int = connection.execute(
        text("SELECT id FROM operator WHERE name = :name"), {"name": name}
    ).scalar_one()
    return found


def find_operator(connection: Connection, name: str) -> int:
    """The id of the operator of this name; Problem not_found otherwise."""
    found: int | None = connection.execute(
        text("SELECT id FROM operator WHERE name = :name"), {"name": name}
    ).scalar_one_or_none()
    if found is None:
        raise not_found(zh=f"评分单位“{name}”", en=f"Operator {name}")
    return found


def new_operator_key(
    connection: Connection,
    caller: Caller,
    operator_id: int,
    *,
    label: str = "",
    channels: Sequence[str] = (),
    expires_at: datetime | None = None,
) -> NewKey:
    """A key by which an operator delivers to its own channels, or only to those named."""
    return _store(connection, caller, operator_id, (), label, channels, expires_at)


def new_office_key(
    connection: Connection,
    caller: Caller,
    roles: Sequence[str],
    *,
    label: str = "",
    expires_at: datetime | None = None,
) -> NewKey:
    """A key with office roles; incompatible roles are the caller's to refuse before."""
    if not roles:
        raise Problem("roles_missing", 422, Text(zh="请至少指定一个角色。", en="Name at least one role."))
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
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    connection.execute(
        text(
            "INSERT INTO api_key (key_id, secret_hash, label, operator_id, roles, channels, expires_at)"
            " VALUES (:key_id, :hash, :label, :operator, :roles, :channels, :expires)"
        ),
        {
            "key_id": key_id,
            "hash": _hash(secret),
            "label": label,
            "operator": operator_id,
            "roles": sorted(roles),
            "channels": sorted(channels),
            "expires": expires_at,
        },
    )
    content = {"key": key_id, "operator": operator_id, "roles": sorted(roles), "by": caller.name}
    record(connection, "key.issued", {**content, "channels": sorted(channels)})
    return NewKey(key_id, f"{PREFIX}_{key_id}_{secret}")


def revoke_key(connection: Connection, caller: Caller, key_id: str) -> None:
    """Revoke a key at once; Problem not_found when there is none of this id in force."""
    revoked = connection.execute(
        text("UPDATE api_key SET revoked_at = now() WHERE key_id = :key AND revoked_at IS NULL"),
        {"key": key_id},
    ).rowcount
    if not revoked:
        raise not_found(zh=f"密钥“{key_id}”", en=f"Key {key_id}")
    record(connection, "key.revoked", {"key": key_id, "by": caller.name})


def authenticate(connection: Connection, token: str) -> Caller | None:
    """Who holds this token; None when it is malformed, unknown, expired or revoked."""
    prefix, _, rest = token.partition("_")
    key_id, _, secret = rest.partition("_")
    if prefix != PREFIX or not secret:
        return None
    row = connection.execute(
        text(
            "SELECT id, secret_hash, operator_id, roles, channels, last_used_on = current_date AS fresh"
            " FROM api_key"
            " WHERE key_id = :key AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())"
        ),
        {"key": key_id},
    ).one_or_none()
    if row is None or not hmac.compare_digest(row.secret_hash, _hash(secret)):
        return None
    if not row.fresh:
        connection.execute(
            text("UPDATE api_key SET last_used_on = current_date WHERE id = :id"), {"id": row.id}
        )
    return Caller(
        name=key_id,
        roles=frozenset(row.roles),
        operator_id=row.operator_id,
        api_key_id=row.id,
        channels=frozenset(row.channels),
    )


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
