"""Who calls: the holder of a bearer key, or the account that is signed in by a session cookie."""

from __future__ import annotations

from flask import request

from pingyi.channels import Text
from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.services.core.callers import Caller
from pingyi.services.people.api_keys import authenticate
from pingyi.services.people.sessions import SignedIn
from pingyi.web.sessions import current_session

_CALLER = "pingyi.caller"


def bearer_token() -> str | None:
    """The token of the Authorization header, None where there is no such header."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def current_caller() -> Caller | None:
    """Whoever calls, looked up once per request; None for the public.

    A request with a bearer token never falls back to a session: a bad token is a Problem invalid_key (401).
    """
    if _CALLER not in request.environ:
        request.environ[_CALLER] = _find()
    found: Caller | None = request.environ[_CALLER]
    return found


def require_caller() -> Caller:
    """Whoever calls, for views whose policy lets nobody else in."""
    caller = current_caller()
    if caller is None:
        raise LookupError("this view needs a policy that is not public")
    return caller


def current_account() -> SignedIn | None:
    """The account of the session, for pages that greet a person."""
    return current_session().account


def _find() -> Caller | None:
    token = bearer_token()
    if token is None:
        account = current_account()
        return account.caller() if account else None
    with transaction() as connection:
        caller = authenticate(connection, token)
    if caller is None:
        raise Problem("invalid_key", 401, _INVALID_KEY)
    return caller


_INVALID_KEY = Text(
    zh="密钥无效、已过期或已撤销，请向评议办公室申请新的密钥。",
    en="The key is wrong, expired or revoked; ask the office for a new one.",
)
