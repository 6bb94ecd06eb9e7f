"""Server-side sessions behind Flask's interface: the cookie carries a random id and nothing else.

Before anybody is signed in, the secret that the tokens of forms are made with stays in a cookie of its own:
the sign-in page stores nothing."""

from __future__ import annotations

import re
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
FORM_COOKIE = "pingyi_form"
_FORM_SECRET = "csrf_token"  # noqa: S105 - where Flask-WTF keeps its secret in a session
_SECRET = re.compile(r"[0-9a-f]{40}")


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

    @property
    def needs_row(self) -> bool:
        """Whether more is kept, or was, than the secret of a visitor's forms."""
        return bool(self.token or self.ended or self.starting or self._data.keys() - {_FORM_SECRET})

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
        token = request.cookies.get(_cookie_name(request, COOKIE))
        if request.endpoint == "static":
            return ServerSession(None, {}, None)
        stored = None
        if token:
            with transaction() as connection:
                stored = load_session(connection, token)
        if stored is None:
            return ServerSession(None, _form_secret(request), None)
        return ServerSession(token, dict(stored.data), stored.account)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:  # noqa: ARG002 - Flask fixes the signature
        if not isinstance(session, ServerSession) or not session.modified:
            return
        if session.needs_row:
            _store(session)
        _set_cookies(session, response)


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


def _set_cookies(kept: ServerSession, response: Response) -> None:
    secret = kept.data.get(_FORM_SECRET)
    _set_cookie(response, FORM_COOKIE, None if kept.token else secret)
    _set_cookie(response, COOKIE, kept.token)
    response.vary.add("Cookie")


def _set_cookie(response: Response, plain: str, value: str | None) -> None:
    name, secure = _cookie_name(request, plain), request.is_secure
    if value:
        response.set_cookie(name, value, path="/", httponly=True, samesite="Lax", secure=secure)
    elif name in request.cookies:
        response.delete_cookie(name, path="/", httponly=True, samesite="Lax", secure=secure)


def _form_secret(request: Request) -> dict[str, Any]:
    secret = request.cookies.get(_cookie_name(request, FORM_COOKIE), "")
    return {_FORM_SECRET: secret} if _SECRET.fullmatch(secret) else {}


def _cookie_name(request: Request, plain: str) -> str:
    return f"__Host-{plain}" if request.is_secure else plain
