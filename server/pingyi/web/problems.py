"""Every refusal and failure as an answer: RFC 9457 below /api, elsewhere a page that helps."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import msgspec
from flask import Flask, Response, redirect, render_template, request
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.wrappers import Response as AnyResponse

from pingyi.channels import Text
from pingyi.domain.errors import FieldError, Problem
from pingyi.registry import field_errors
from pingyi.web import error_titles
from pingyi.web.language import TAGS, language, say

PROBLEM_JSON = "application/problem+json"
_LOG = logging.getLogger("pingyi.web")


def init_problems(app: Flask) -> None:
    """Answer every exception of the application."""
    app.register_error_handler(Exception, answer)


def refuse_nul() -> None:
    """Before every request: PostgreSQL stores no NUL, so nothing that holds one can be meant."""
    given = [request.path]
    if request.query_string:
        given += request.args.values()
    if request.method not in {"GET", "HEAD"} and not request.path.startswith("/api/"):
        given += request.form.values()
    if any("\0" in value for value in given):
        raise Problem("bad_request", 400, error_titles.of_status(400)[1])


def answer(error: Exception) -> AnyResponse:
    """The answer to an exception; what is not a refusal of ours is logged and told as a failure."""
    if isinstance(error, HTTPException) and error.code is not None and error.code < HTTPStatus.BAD_REQUEST:
        return error.get_response()
    if isinstance(error, SecurityError):
        # An untrusted host has no addresses: no page can be built for it.
        return Response(say(error_titles.of_status(400)[1]), 400, mimetype="text/plain")
    problem = as_problem(error)
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _LOG.error("%s on %s", problem.code, request.endpoint, exc_info=error)
    response = problem_json(problem) if request.path.startswith("/api/") else _page(problem)
    if isinstance(error, HTTPException):
        for name, value in error.get_headers():
            if name in {"Allow", "Retry-After", "WWW-Authenticate"}:
                response.headers[name] = value
    return response


def as_problem(error: Exception) -> Problem:
    """Any exception as a Problem: HTTP errors by their status, what nobody foresaw as an internal failure."""
    original = getattr(error, "original_exception", None)
    if isinstance(original, Exception):
        return as_problem(original)
    match error:
        case Problem():
            return error
        case HTTPException():
            return _http_problem(error)
        case OperationalError() | InterfaceError() | PoolTimeout():
            return Problem("database_away", 503, error_titles.DATABASE_AWAY, retry_after_seconds=5)
    return Problem("internal_error", 500, error_titles.INTERNAL)


def problem_json(problem: Problem) -> Response:
    """A Problem as application/problem+json in the language of the request."""
    body = {
        "type": f"/problems/{problem.code}",
        "title": say(error_titles.title_of(problem.status)),
        "status": problem.status,
        "detail": say(problem.message),
        "code": problem.code,
        "errors": [_field(error) for error in problem.errors],
    }
    response = Response(msgspec.json.encode(body), problem.status, mimetype=PROBLEM_JSON)
    response.headers["Content-Language"] = TAGS[language()]
    return _with_headers(response, problem)


def _page(problem: Problem) -> AnyResponse:
    if problem.code == "not_signed_in" and request.method in {"GET", "HEAD"}:
        return redirect("/sign-in?" + urlencode({"next": request.full_path.rstrip("?")}), 303)
    html = render_template("problem.html", problem=problem, title=error_titles.title_of(problem.status))
    return _with_headers(Response(html, problem.status), problem)


def _with_headers(response: Response, problem: Problem) -> Response:
    if problem.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(problem.retry_after_seconds)
    if problem.status == HTTPStatus.UNAUTHORIZED and request.path.startswith("/api/"):
        response.headers["WWW-Authenticate"] = 'Bearer realm="pingyi"'
    return response


def _field(error: FieldError) -> dict[str, Any]:
    given = {"file": error.file, "row": error.row, "column": error.column}
    told = {"pointer": error.pointer, "code": error.code, "detail": say(error.message)}
    return told | {name: value for name, value in given.items() if value not in ("", None)}


def _http_problem(error: HTTPException) -> Problem:
    status = error.code or 500
    code, message = error_titles.of_status(status)
    return Problem(code, status, message, tuple(_validation_errors(error)))


def _validation_errors(error: HTTPException) -> list[FieldError]:
    """What flask-smorest attaches to a refused request: messages by place, then by field."""
    messages = (getattr(error, "data", None) or {}).get("messages")
    if not isinstance(messages, dict):
        return []
    found: list[FieldError] = []
    for place, below in messages.items():
        found.extend(field_errors(below, "" if place in {"json", "json_or_form"} else f"/{place}"))
    return found


def refused(problem: Problem) -> Text:
    """The message of a Problem with those of its fields, for a form that is shown again."""
    parts = [problem.message, *(error.message for error in problem.errors)]
    return Text(zh=" ".join(part.zh for part in parts), en=" ".join(part.en for part in parts))
