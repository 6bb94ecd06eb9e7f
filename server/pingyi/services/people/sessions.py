"""Signed-in browsers, kept in the database; of a session's id only the SHA-256 is stored."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select, update

from pingyi.models import Account, Session
from pingyi.services.core.callers import Caller

IDLE, LONGEST, NOTED = timedelta(minutes=15), timedelta(hours=8), timedelta(minutes=1)
_OF_TOKEN = Session.id_hash == bindparam("token")
_LOAD = (
    select(
        Session.data,
        Session.account_id,
        Account.login,
        Account.name,
        Account.roles,
        Account.operator_id,
        Account.disabled_at.is_not(None).label("disabled"),
        (Session.used_at < func.now() - NOTED).label("stale"),
    )
    .outerjoin(Account, Account.id == Session.account_id)
    .where(_OF_TOKEN, Session.used_at > func.now() - IDLE, Session.created_at > func.now() - LONGEST)
)
_NOTE_USE = update(Session).where(_OF_TOKEN).values(used_at=func.now())
_SAVE = update(Session).where(_OF_TOKEN).values(data=bindparam("pages"))
_START = insert(Session)
_END = delete(Session).where(_OF_TOKEN)
_END_OF_ACCOUNT = delete(Session).where(Session.account_id == bindparam("account"))
_SWEEP = delete(Session).where(
    or_(Session.used_at < func.now() - IDLE, Session.created_at < func.now() - LONGEST)
)


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
    row = connection.execute(_LOAD, {"token": _hash(token)}).one_or_none()
    if row is None or row.disabled:
        return None
    if row.stale:
        connection.execute(_NOTE_USE, {"token": _hash(token)})
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


def save_session(connection: Connection, token: str, data: Mapping[str, Any]) -> None:
    """Keep what a browser's pages remember; a session that has ended meanwhile stays ended."""
    connection.execute(_SAVE, {"token": _hash(token), "pages": msgspec.json.encode(data)})


def start_session(
    connection: Connection, token: str, account_id: int | None, data: Mapping[str, Any]
) -> None:
    """A new session under a new id; sessions that have ended are swept away on the occasion."""
    connection.execute(_SWEEP)
    connection.execute(
        _START, {"id_hash": _hash(token), "account_id": account_id, "data": msgspec.json.encode(data)}
    )


def end_session(connection: Connection, token: str) -> None:
    """End the session of this id."""
    connection.execute(_END, {"token": _hash(token)})


def end_sessions_of(connection: Connection, account_id: int) -> None:
    """End every session of an account: after a change of its roles, its password or its being."""
    connection.execute(_END_OF_ACCOUNT, {"account": account_id})


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
