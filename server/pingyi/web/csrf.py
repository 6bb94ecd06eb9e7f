"""Forms carry a token of their session; a request with a bearer key uses no cookie and needs none.

Pages for people without any session, such as ballots, sign a token of their own."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, current_app, g, request
from flask.sansio.app import App
from flask_wtf.csrf import CSRFError, CSRFProtect

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.web import error_titles
from pingyi.web.callers import bearer_token
from pingyi.web.public_root import public_root
from pingyi.web.sessions import current_session

_EXTENSION = "pingyi.csrf"
_OWN_TOKENS = "pingyi.csrf.own"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_SAME = frozenset({"same-origin", "none"})


def init_forgery(app: Flask) -> None:
    """Protect every unsafe request that a cookie could authorise."""
    app.config.update(WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_SSL_STRICT=False, WTF_CSRF_TIME_LIMIT=None)
    app.extensions[_EXTENSION] = CSRFProtect(app)
    app.extensions[_OWN_TOKENS] = set()
    app.before_request(lambda: _protect(app.extensions[_EXTENSION]))


def own_token(app: App, endpoint: str) -> None:
    """Leave the token of an endpoint's forms to its view: no session stands behind them."""
    app.extensions[_OWN_TOKENS].add(endpoint)


def _protect(csrf: CSRFProtect) -> None:
    g.pop("csrf_token", None)  # kept there by Flask-WTF; an outer application context outlives the request
    if request.method in _SAFE or request.endpoint is None or bearer_token() is not None:
        return
    if request.path.startswith("/api/") and current_session().account is None:
        return  # nobody is signed in: the endpoint's policy answers
    if _is_foreign():
        raise Problem("foreign_origin", 403, _FOREIGN)
    if request.endpoint in current_app.extensions[_OWN_TOKENS]:
        return
    try:
        csrf.protect()
    except CSRFError:
        raise Problem("form_expired", 400, error_titles.FORM_EXPIRED) from None


def _is_foreign() -> bool:
    """Whether the browser says that another site sent this: over plain http it tells only the Origin.

    Hosts are compared without their scheme: TLS may end at a proxy. Our pages have their own Origin sent
    (Referrer-Policy), so one that is withheld, "null", is another's.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in _SAME
    origin = request.headers.get("Origin")
    return origin is not None and _host_of(origin) not in {request.host.lower(), _host_of(public_root())}


def _host_of(address: str) -> str:
    try:
        return urlsplit(address).netloc.lower()
    except ValueError:
        return ""


_FOREIGN = Text(
    zh="请求来自其他网站，已拒绝。请从本站页面操作。",
    en="The request came from another site and was refused; use the pages of this site.",
)
