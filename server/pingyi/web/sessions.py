"""Server-side sessions behind Flask's interface: the cookie carries a random id and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Flask, Request, Response, request, session
from flask.sessions import SessionInterface, SessionMixin

from pingyi.db import transaction
from pingyi.services.people.sessions import (
    SignedIn,
    end_session,
    load_session,
    new_token,
    save_session,
    start_session,
)

COOKIE = "pingyi_session"
SECURE_COOKIE = "__Host-pingyi_session"


class ServerSession(SessionMixin):
    """A browser's session; it has a row and a cookie only once something is written to it."""

    def __init__(self, token: str | None, data: dict[str, Any], account: SignedIn | None) -> None:
        self.account = account
        self.token = token
        self.modified = False
        self.ended: str | None = None
        self.starting: int | None = None
        self._data = data

    def __getitem__(self, key: str) -> Any:
        return self._data[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._data[key] = value
        self.modified = True

    def __delitem__(self, key: str) -> None:
        del self._data[key]
        self.modified = True

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    @property
    def data(self) -> dict[str, Any]:
        """What the row keeps."""
        return self._data

    def sign_in(self, account_id: int) -> None:
        """Go on as this account, under a new id and without what was kept before (session fixation)."""
        self.sign_out()
        self.starting = account_id

    def sign_out(self) -> None:
        """Forget the account and everything kept."""
        self.ended, self.token, self.account = self.token, None, None
        self._data.clear()
        self.modified = True


class DatabaseSessions(SessionInterface):
    """Keeps sessions in PostgreSQL: one look-up where a cookie came, one write where something was kept."""

    def open_session(self, app: Flask, request: Request) -> ServerSession:  # noqa: ARG002 - Flask fixes the signature
        token = request.cookies.get(_cookie_name(request))
        if not token or request.endpoint == "static":
            return ServerSession(None, {}, None)
        with transaction() as connection:
            stored = load_session(connection, token)
        if stored is None:
            return ServerSession(None, {}, None)
        return ServerSession(token, dict(stored.data), stored.account)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:  # noqa: ARG002 - Flask fixes the signature
        if not isinstance(session, ServerSession) or not session.modified:
            return
        _store(session)
        _set_cookie(session, response)


def current_session() -> ServerSession:
    """The session of the running request; an empty one where it could not be loaded."""
    return session if isinstance(session, ServerSession) else ServerSession(None, {}, None)


def _store(kept: ServerSession) -> None:
    with transaction() as connection:
        if kept.ended:
            end_session(connection, kept.ended)
        if kept.token:
            save_session(connection, kept.token, kept.data)
        elif kept.data or kept.starting:
            kept.token = new_token()
            start_session(connection, kept.token, kept.starting, kept.data)


def _set_cookie(kept: ServerSession, response: Response) -> None:
    name, secure = _cookie_name(request), request.is_secure
    if kept.token:
        response.set_cookie(name, kept.token, path="/", httponly=True, samesite="Lax", secure=secure)
    else:
        response.delete_cookie(name, path="/", httponly=True, samesite="Lax", secure=secure)
    response.vary.add("Cookie")


def _cookie_name(request: Request) -> str:
    return SECURE_COOKIE if request.is_secure else COOKIE
