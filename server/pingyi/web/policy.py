"""Who may call which endpoint: declared on the view, denied where nothing is declared."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any, TypeVar

from flask import Flask, current_app, request
from werkzeug.routing import Rule

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.extensions import evidence_readers, registered_roles
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import forbidden
from pingyi.web.callers import current_caller

PUBLIC = "public"
SIGNED_IN = "signed_in"
OPERATOR = "operator"
EVIDENCE_READERS = "evidence_readers"
EXTENSION = "pingyi.policy"
_ATTRIBUTE = "__pingyi_policy__"
_AUTOMATIC = frozenset({"HEAD", "OPTIONS"})

Policy = frozenset[str]
View = TypeVar("View", bound=Callable[..., Any])


def policy(*who: str) -> Callable[[View], View]:
    """Declare who may call a view function, a method of a MethodView, or a whole MethodView.

    `who`: "public" (anyone), "signed_in" (any account or key), "operator" (a key or account of one),
    "evidence_readers" (roles that see the files which prove entries), or roles; a caller needs to match one
    of them. Above or below other decorators that use functools.wraps.
    """
    stated = _checked(who)

    def mark(view: View) -> View:
        setattr(view, _ATTRIBUTE, stated)
        return view

    return mark


def declare(app: Flask, endpoint: str, *who: str, method: str | None = None) -> None:
    """Declare the policy of a view that is not ours to decorate, for one HTTP method or for all."""
    _stated(app)[endpoint, method] = _checked(who)


def declared(app: Flask, endpoint: str, method: str) -> Policy | None:
    """The policy of an endpoint for an HTTP method, None where nothing is declared."""
    method = "GET" if method == "HEAD" else method
    stated = _stated(app)
    if (endpoint, method) in stated or (endpoint, None) in stated:
        return stated.get((endpoint, method)) or stated[endpoint, None]
    view = app.view_functions.get(endpoint)
    view_class = getattr(view, "view_class", None)
    handler = getattr(view_class, method.lower(), None)
    for holder in (handler, view_class, view):
        found: Policy | None = getattr(holder, _ATTRIBUTE, None)
        if found:
            return found
    return None


def policies(app: Flask) -> list[tuple[str, str, Policy | None]]:
    """Every route: method, rule, and who may call it, None where nothing is declared; by rule and method."""
    routes = {
        (rule.rule, method, declared(app, rule.endpoint, method))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - _AUTOMATIC
    }
    return sorted(((method, rule, stated) for rule, method, stated in routes), key=itemgetter(1, 0))


def undeclared(app: Flask) -> list[str]:
    """Every "METHOD rule (endpoint)" without a policy: it answers 403 to everybody, and a test fails."""
    return sorted(
        f"{method} {rule.rule} ({rule.endpoint})"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - _AUTOMATIC
        if declared(app, rule.endpoint, method) is None
    )


def unknown_words(app: Flask) -> list[str]:
    """Every "endpoint: word" of a policy that is no role: it lets nobody in, and a test fails."""
    known = {PUBLIC, SIGNED_IN, EVIDENCE_READERS, *registered_roles()}
    return sorted(
        f"{rule.endpoint}: {word}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - _AUTOMATIC
        for word in (declared(app, rule.endpoint, method) or frozenset()) - known
    )


def permits(stated: Policy, caller: Caller | None) -> bool:
    """Whether a policy lets this caller in."""
    if PUBLIC in stated:
        return True
    if caller is None:
        return False
    bound = OPERATOR in stated and caller.operator_id is not None
    reads = EVIDENCE_READERS in stated and bool(caller.roles & evidence_readers())
    return SIGNED_IN in stated or bound or reads or bool((stated - {OPERATOR}) & caller.roles)


def enforce() -> None:
    """Before every request: refuse what is undeclared (403), unidentified (401) or not allowed (403)."""
    if request.endpoint is None or request.url_rule is None:
        return  # routing itself failed: 404, 405 or a redirect follows
    if request.method == "OPTIONS" and _answers_options_itself(request.url_rule):
        return
    stated = declared(current_app, request.endpoint, request.method)
    if stated is None:
        raise forbidden()
    if PUBLIC in stated:
        return
    caller = current_caller()
    if caller is None:
        raise Problem("not_signed_in", 401, _NOT_SIGNED_IN)
    if not permits(stated, caller):
        raise forbidden()


_NOT_SIGNED_IN = Text(
    zh="请先登录；程序请在 Authorization 请求头中提供有效的密钥（Bearer pingyi_…）。",
    en="Sign in first; a program sends a valid key in the Authorization header (Bearer pingyi_…).",
)


def _answers_options_itself(rule: Rule) -> bool:
    return bool(getattr(rule, "provide_automatic_options", False))


def _stated(app: Flask) -> dict[tuple[str, str | None], Policy]:
    stated: dict[tuple[str, str | None], Policy] = app.extensions.setdefault(EXTENSION, {})
    return stated


def _checked(who: tuple[str, ...]) -> Policy:
    if not who:
        raise ValueError("a policy names who may call")
    return frozenset(who)
