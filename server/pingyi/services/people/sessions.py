"""Signed-in browsers, kept in the database; of a session's id only the SHA-256 is stored."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, text

from pingyi.services.core.callers import Caller

IDLE = "interval '15 minutes'"
LONGEST = "interval '8 hours'"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """The account behind a session."""

    account_id: int
    login: str
    name: str
    roles: frozenset[str]
    operator_id: int | None = None

    def holds(self, *roles: str) -> bool:
        """Whether the account has one of these roles."""
        return not self.roles.isdisjoint(roles)

    def caller(self) -> Caller:
        """The account as the party that acts; the record names it by its number, never by a login."""
        return Caller(
            name=f"account-{self.account_id}",
            roles=self.roles,
            operator_id=self.operator_id,
            account_id=self.account_id,
        )


@dataclass(frozen=True, slots=True)
class StoredSession:
    """What a session holds: small data of the browser's pages, and the account once signed in."""

    data: Mapping[str, Any]
    account: SignedIn | None


def new_token() -> str:
    """A fresh 256-bit session id."""
    return secrets.token_urlsafe(32)


def load_session(connection: Connection, token: str) -> StoredSession | None:
    """The session of this id; None when it is unknown, idle too long, too old or of a disabled account."""
    row = connection.execute(text(_LOAD), {"id": _hash(token)}).one_or_none()
    if row is None or row.disabled:
        return None
    if row.stale:
        used = text("UPDATE session SET used_at = now() WHERE id_hash = :id")
        connection.execute(used, {"id": _hash(token)})
    account = None
    if row.account_id is not None:
        account = SignedIn(
            account_id=row.account_id,
            login=row.login,
            name=row.name,
            roles=frozenset(row.roles),
            operator_id=row.operator_id,
        )
    return StoredSession(msgspec.json.decode(row.data), account)


_LOAD = f"""
SELECT s.data, s.account_id, a.login, a.name, a.roles, a.operator_id, a.disabled_at IS NOT NULL AS disabled,
  s.used_at < now() - interval '1 minute' AS stale
FROM session s LEFT JOIN account a ON a.id = s.account_id
WHERE s.id_hash = :id AND s.used_at > now() - {IDLE} AND s.created_at > now() - {LONGEST}
"""  # noqa: S608 - constants of this module


def save_session(connection: Connection, token: str, data: Mapping[str, Any]) -> None:
    """Keep what a browser's pages remember; a session that has ended meanwhile stays ended."""
    connection.execute(
        text("UPDATE session SET data = :data WHERE id_hash = :id"),
        {"id": _hash(token), "data": msgspec.json.encode(data)},
    )


def start_session(
    connection: Connection, token: str, account_id: int | None, data: Mapping[str, Any]
) -> None:
    """A new session under a new id; sessions that have ended are swept away on the occasion."""
    connection.execute(text(_SWEEP))
    connection.execute(
        text("INSERT INTO session (id_hash, account_id, data) VALUES (:id, :account, :data)"),
        {"id": _hash(token), "account": account_id, "data": msgspec.json.encode(data)},
    )


_SWEEP = f"""
DELETE FROM session WHERE used_at < now() - {IDLE} OR created_at < now() - {LONGEST}
"""  # noqa: S608 - constants of this module


def end_session(connection: Connection, token: str) -> None:
    """End the session of this id."""
    connection.execute(text("DELETE FROM session WHERE id_hash = :id"), {"id": _hash(token)})


def end_sessions_of(connection: Connection, account_id: int) -> None:
    """End every session of an account: after a change of its roles, its password or its being."""
    connection.execute(text("DELETE FROM session WHERE account_id = :id"), {"id": account_id})


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
