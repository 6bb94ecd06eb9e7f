"""The console's blueprint and what its pages share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, render_template, request
from sqlalchemy import Connection
from werkzeug.wrappers import Response as AnyResponse

from pingyi.db import transaction
from pingyi.domain.errors import Problem

blueprint = Blueprint("console", __name__)


def field(name: str) -> str:
    """A field of the submitted form, "" where it is missing."""
    return request.form.get(name, "").strip()


def secret(name: str) -> str:
    """A field of the submitted form exactly as it was typed: for passwords."""
    return request.form.get(name, "")


def page(template: str, status: int = 200, **values: Any) -> AnyResponse:
    """A page that nobody may keep."""
    response = Response(render_template(template, **values), status, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response


def attempt(act: Callable[[Connection], Any]) -> Problem | None:
    """Do something in one transaction; the refusal, if it was refused: nothing is stored then."""
    try:
        with transaction() as connection:
            act(connection)
    except Problem as problem:
        return problem
    return None
