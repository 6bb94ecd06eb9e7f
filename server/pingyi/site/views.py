"""The public addresses: boards, units, lists and files of published periods."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.domain.scheme.values import Category
from pingyi.registry import current_registry
from pingyi.roles import Role
from pingyi.services.core.errors import not_found
from pingyi.services.periods.released_periods import newest_released, released_periods
from pingyi.services.results.load import load_result
from pingyi.services.results.result import Result, record_json, results_csv, results_json
from pingyi.services.results.revisions import list_revisions
from pingyi.services.spreadsheets.writing.csv_files import CSV_TYPE
from pingyi.services.spreadsheets.writing.workbooks import XLSX_TYPE
from pingyi.site.board import board_of
from pingyi.site.results_table import results_table
from pingyi.site.template_functions import register
from pingyi.site.unit_card import unit_card
from pingyi.site.workbook import workbook_of
from pingyi.web.callers import current_caller
from pingyi.web.language import language
from pingyi.web.policy import PUBLIC, policy

blueprint = Blueprint("site", __name__)
register(blueprint)
PREVIEWERS = frozenset({Role.ADMINISTRATOR, Role.APPROVER, Role.AUDITOR})
MACHINE = "machine"
_FILES: dict[str, tuple[str, Callable[[Result], bytes]]] = {
    "results.csv": (CSV_TYPE, lambda result: results_table(result, current_registry(), language())),
    "results.json": ("application/json", results_json),
    "record.json": ("application/json", record_json),
    "results.xlsx": (XLSX_TYPE, lambda result: workbook_of(result, current_registry())),
}
# The bytes of the bundle: the columns that verify.py and other programs read.
_MACHINE_FILES = _FILES | {"results.csv": (CSV_TYPE, results_csv)}


@blueprint.get("/")
@policy(PUBLIC)
def home() -> AnyResponse:
    """The board of the period that was published last."""
    with transaction() as connection:
        period = newest_released(connection)
    if period is None:
        return answer_page(render_template("site/empty.html"))
    return _board(period, None)


@blueprint.get("/periods")
@policy(PUBLIC)
def periods() -> AnyResponse:
    """All published periods."""
    with transaction() as connection:
        found = released_periods(connection)
    return answer_page(render_template("site/periods.html", periods=found))


@blueprint.get("/periods/<period>")
@policy(PUBLIC)
def period_page(period: str) -> AnyResponse:
    """Leads to the period's first board."""
    first = _result(period, category="").scheme.categories[0]
    return redirect(
        url_for("site.board_page", period=period, category=first.key, revision=request.args.get("revision")),
        303,
    )


@blueprint.get("/periods/<period>/categories/<category>")
@policy(PUBLIC)
def board_page(period: str, category: str) -> AnyResponse:
    """The ranked board of one category."""
    return _board(period, category)


@blueprint.get("/periods/<period>/units/<code>")
@policy(PUBLIC)
def unit_page(period: str, code: str) -> AnyResponse:
    """One unit: every channel, its evidence, and what else went into its total."""
    alone = _result(period, unit_code=code)
    if not alone.units:
        raise not_found(zh=f"本周期的单位“{code}”", en=f"Unit {code} of this period")
    unit = alone.units[0]
    result = _result(period, category=unit.category)
    page = render_template(
        "site/unit.html",
        card=unit_card(result, unit, current_registry()),
        result=result,
        newest=_superseding(result),
    )
    return answer_page(page, result)


@blueprint.get("/periods/<period>/<any('results.csv','results.json','record.json','results.xlsx'):name>")
@policy(PUBLIC)
def download(period: str, name: str) -> AnyResponse:
    """The whole result as a file; with form=machine a table as it stands in the bundle."""
    result = _result(period)
    machine = request.args.get("form") == MACHINE
    kind, make = (_MACHINE_FILES if machine else _FILES)[name]
    response = Response(make(result), content_type=kind)
    label = "-demonstration" if result.demonstration else ""
    label += "-machine" if machine and name == "results.csv" else ""
    response.headers["Content-Disposition"] = f'attachment; filename="{period}{label}-{name}"'
    return _kept(response, result)


def _board(period: str, category_key: str | None) -> AnyResponse:
    result, category = _with_category(period, category_key)
    board = board_of(result, category)
    page = render_template("site/board.html", board=board, result=result, newest=_superseding(result))
    return answer_page(page, result)


def _superseding(result: Result) -> int | None:
    """The newest published revision where a named, published one is shown that is older."""
    if "revision" not in request.args or result.published_at is None:
        return None
    with transaction() as connection:
        newest = list_revisions(connection, result.period).revisions[0].revision
    return newest if newest > result.revision else None


def _with_category(period: str, key: str | None) -> tuple[Result, Category]:
    """The result with the units of one category, the scheme's first where none is named."""
    if key is None:
        key = _result(period, category="").scheme.categories[0].key
    result = _result(period, category=key)
    category = result.scheme.category(key)
    if category is None:
        raise not_found(zh=f"类别“{key}”", en=f"Category {key}")
    return result, category


def _result(period: str, *, category: str | None = None, unit_code: str | None = None) -> Result:
    """The published result, or the revision asked for; the office may see what is not published yet."""
    asked = request.args.get("revision", type=_revision)
    with transaction() as connection:
        try:
            return load_result(connection, period, asked, category=category, unit_code=unit_code)
        except Problem:
            caller = current_caller()
            if caller is None or not caller.roles & PREVIEWERS:
                raise
    with transaction() as connection:
        return load_result(
            connection, period, asked, published_only=False, category=category, unit_code=unit_code
        )


def _revision(given: str) -> int:
    if not given.isascii() or not given.isdigit() or len(given) > 9:
        raise ValueError(given)
    return int(given)


def answer_page(html: str, result: Result | None = None) -> AnyResponse:
    """A page that browsers may keep where everybody may see it."""
    return _kept(Response(html, content_type="text/html; charset=utf-8"), result)


def _kept(response: Response, result: Result | None) -> AnyResponse:
    """Let browsers keep what the public may see, asking each time whether it still holds."""
    if current_caller() is not None or (result is not None and result.published_at is None):
        response.headers["Cache-Control"] = "no-store"
        return response
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    return response.make_conditional(request)
