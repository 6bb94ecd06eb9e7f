"""Draws by lot as the public sees them: what was committed, what came of it, and the files to repeat it."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, render_template
from werkzeug.wrappers import Response as AnyResponse

from pingyi.db import transaction
from pingyi.domain.canonical import canonical_json
from pingyi.services.draws.documents import draw_document
from pingyi.services.draws.draws import DrawRecord, list_draws, load_draw
from pingyi.services.spreadsheets.writing.workbooks import XLSX_TYPE
from pingyi.site.draw_workbook import draw_workbook
from pingyi.site.views import blueprint
from pingyi.web.policy import PUBLIC, policy

_FILES: dict[str, tuple[str, Callable[[DrawRecord], bytes]]] = {
    "draw.json": ("application/json", lambda found: canonical_json(draw_document(found)) + b"\n"),
    "draw.xlsx": (XLSX_TYPE, draw_workbook),
}


@blueprint.get("/draws")
@policy(PUBLIC)
def draws() -> AnyResponse:
    """All draws, newest first."""
    with transaction() as connection:
        found = list_draws(connection)
    return _page(render_template("site/draws.html", draws=found))


@blueprint.get("/draws/<draw>")
@policy(PUBLIC)
def draw_page(draw: str) -> AnyResponse:
    """One draw: root, source, quotas, and who was drawn."""
    with transaction() as connection:
        found = load_draw(connection, draw)
    return _page(render_template("site/draw.html", draw=found))


@blueprint.get("/draws/<draw>/<any('draw.json','draw.xlsx'):name>")
@policy(PUBLIC)
def draw_file(draw: str, name: str) -> AnyResponse:
    """A draw as a file."""
    with transaction() as connection:
        found = load_draw(connection, draw)
    kind, make = _FILES[name]
    response = Response(make(found), content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{draw}-{name}"'
    response.headers["Cache-Control"] = "no-cache"
    return response


def _page(html: str) -> AnyResponse:
    response = Response(html, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    return response
