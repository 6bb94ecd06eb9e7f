"""How the pages of a ballot answer: strictly headed, small, and in the ballot's own layout when refusing."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.web import error_titles
from pingyi.web.language import language
from pingyi.web.problems import as_problem
from pingyi_surveys.casting.page_html import Frame, render_refusal
from pingyi_surveys.pages.assets import style_address

MOST_BYTES: Final = 16_384
SITE: Final = Text(zh="政风行风评议", en="Conduct review")
POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none';"
    " base-uri 'none'"
)
_LOG = logging.getLogger("pingyi.surveys")


def html(content: str | bytes, status: int = 200) -> Response:
    """A page without any script, kept nowhere."""
    response = Response(content, status, mimetype="text/html")
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "no-store"
    return response


def strict(blueprint: Blueprint, most_bytes: int = MOST_BYTES) -> None:
    """Bound the bodies that a blueprint takes, and have it refuse in the ballot's layout."""

    def bound(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
        request.max_content_length = most_bytes

    blueprint.url_value_preprocessor(bound)
    blueprint.register_error_handler(Exception, refusal)


def refusal(error: Exception) -> AnyResponse:
    """The answer to an exception, in the language of the request."""
    if isinstance(error, HTTPException) and (error.code or 500) < HTTPStatus.BAD_REQUEST:
        return error.get_response()
    problem = as_problem(error)
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _LOG.error("%s on %s", problem.code, request.endpoint, exc_info=error)
    return refused(problem)


def refused(problem: Problem) -> Response:
    """A Problem as a page."""
    frame = Frame(site=SITE, period=SITE, action="", style=style_address())
    title = _TITLES.get(problem.code) or error_titles.title_of(problem.status)
    response = html(render_refusal(title, problem.message, frame, language()), problem.status)
    if problem.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(problem.retry_after_seconds)
    return response


_TITLES: Final = {
    "ballots_not_open": Text(zh="评议还没有开始", en="Not open yet"),
    "ballots_closed": Text(zh="评议已经截止", en="Rating is over"),
}
