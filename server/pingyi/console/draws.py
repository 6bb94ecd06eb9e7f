"""The office's part in draws by lot: committing a pool, entering the public value, replacing members."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

from flask import redirect, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as AnyResponse

from pingyi.channels import Text
from pingyi.console.pages import attempt, blueprint, field, page
from pingyi.db import transaction
from pingyi.domain.draw import Member, Rule
from pingyi.domain.errors import FieldError, Problem
from pingyi.roles import Role
from pingyi.services.core.callers import Caller
from pingyi.services.draws.draws import (
    DrawDraft,
    commit_draw,
    enter_value,
    load_draw,
    local_today,
    substitute,
)
from pingyi.services.spreadsheets.reading import read_words
from pingyi.web.body_limits import take_files
from pingyi.web.callers import require_caller
from pingyi.web.policy import policy

NAMES = ("key", "title", "size", "alternates", "source", "due_on")
_KEY_CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

blueprint.record_once(lambda state: take_files(state.app, "console.commit"))


@blueprint.get("/office/draws/new")
@policy(Role.ADMINISTRATOR)
def new_draw() -> AnyResponse:
    """The form of a new draw."""
    return _form(200, None)


@blueprint.post("/office/draws")
@policy(Role.ADMINISTRATOR)
def commit() -> AnyResponse:
    """Commit a pool and its rule; what was typed is kept where something is wrong."""
    caller = require_caller()
    try:
        draft = _draft()
        with transaction() as connection:
            commit_draw(connection, caller, draft, local_today())
    except Problem as problem:
        return _form(problem.status, problem)
    return redirect(url_for("site.draw_page", draw=draft.key), 303)


@blueprint.post("/office/draws/<draw>/value")
@policy(Role.ADMINISTRATOR)
def draw_value(draw: str) -> AnyResponse:
    """Enter the public value: the draw is done."""
    value = field("value")
    return _act(draw, lambda connection, caller: enter_value(connection, caller, draw, value, local_today()))


@blueprint.post("/office/draws/<draw>/substitutions")
@policy(Role.ADMINISTRATOR)
def draw_substitute(draw: str) -> AnyResponse:
    """Put the next alternate in a member's place."""
    replaced, reason = field("replaced"), field("reason")
    return _act(draw, lambda connection, caller: substitute(connection, caller, draw, replaced, reason))


def _act(draw: str, act: Callable[[Connection, Caller], Any]) -> AnyResponse:
    caller = require_caller()
    problem = attempt(lambda connection: act(connection, caller))
    if problem is None:
        return redirect(url_for("site.draw_page", draw=draw), 303)
    with transaction() as connection:
        found = load_draw(connection, draw)
    return page("site/draw.html", problem.status, draw=found, problem=problem)


def _form(status: int, problem: Problem | None) -> AnyResponse:
    return page("console/draw.html", status, problem=problem, given={name: field(name) for name in NAMES})


def _draft() -> DrawDraft:
    errors = list(_faults())
    file = request.files.get("pool")
    if file is None or not file.filename:
        errors.append(FieldError(code="required", message=_NO_FILE, pointer="/pool"))
    if errors or file is None:
        raise Problem("invalid", 422, _CHECK, errors)
    rule = Rule(size=int(field("size")), source=field("source"), alternates=int(field("alternates") or 0))
    return DrawDraft(
        key=field("key"),
        title=field("title"),
        rule=rule,
        pool=_pool(read_words(file.read())),
        due_on=date.fromisoformat(field("due_on")),
    )


def _faults() -> Iterator[FieldError]:
    key = field("key")
    if not key or not key[0].isalpha() or not set(key) <= set(_KEY_CHARACTERS) or len(key) > 64:
        yield FieldError(code="invalid", message=_KEY, pointer="/key")
    if not field("title"):
        yield FieldError(code="required", message=_TITLE, pointer="/title")
    for name in ("size", "alternates"):
        number = field(name) or ("0" if name == "alternates" else "")
        if not (number.isascii() and number.isdigit() and len(number) < 7):
            yield FieldError(code="invalid", message=_NUMBER, pointer=f"/{name}")
    try:
        date.fromisoformat(field("due_on"))
    except ValueError:
        yield FieldError(code="invalid", message=_DATE, pointer="/due_on")


def _pool(rows: Sequence[Sequence[str]]) -> list[Member]:
    """Rows of id and, if given, stratum; the first row may name the columns."""
    named = [cell.strip().casefold() for cell in rows[0][:2]]
    first = 1 if named[0] in {"id", "编号", "代号"} else 0
    return [Member(*(cell.strip() for cell in (*row, "")[:2])) for row in rows[first:]]


_CHECK = Text(zh="请改正以下各项后重新提交。", en="Correct the following and send it again.")
_NO_FILE = Text(zh="请选择名册文件。", en="Choose the pool's file.")
_KEY = Text(
    zh="代码以字母开头，只含字母、数字、“_”和“-”。",
    en="The key starts with a letter: letters, digits, _ and -.",
)
_TITLE = Text(zh="请填写名称。", en="Give it a title.")
_NUMBER = Text(zh="请填写整数。", en="Give a whole number.")
_DATE = Text(zh="请填写揭晓日期。", en="Give the day on which the source becomes known.")
