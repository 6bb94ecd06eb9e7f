"""What was published before, and what changed from one revision to the next."""

from __future__ import annotations

from flask import render_template
from werkzeug.wrappers import Response as AnyResponse

from pingyi.db import transaction
from pingyi.services.results.revisions import compare_revisions, list_revisions
from pingyi.site.labels import RESULT_TITLES, STATUS_TITLES
from pingyi.site.views import PREVIEWERS, answer_page, blueprint
from pingyi.web.callers import current_caller
from pingyi.web.policy import PUBLIC, policy


@blueprint.get("/periods/<period>/revisions")
@policy(PUBLIC)
def revisions_page(period: str) -> AnyResponse:
    """Every revision that was published, with its date and digest."""
    office = _of_the_office()
    with transaction() as connection:
        found = list_revisions(connection, period, published_only=not office)
    return answer_page(render_template("site/revisions.html", found=found))


@blueprint.get("/periods/<period>/revisions/<int(max=999999999):older>/<int(max=999999999):newer>")
@policy(PUBLIC)
def changes_page(period: str, older: int, newer: int) -> AnyResponse:
    """Whose points, totals, ranks or statuses changed from one revision to another."""
    office = _of_the_office()
    with transaction() as connection:
        found = compare_revisions(connection, period, older, newer, published_only=not office)
    titles = {"results": RESULT_TITLES, "statuses": STATUS_TITLES}
    return answer_page(render_template("site/changes.html", found=found, **titles))


def _of_the_office() -> bool:
    caller = current_caller()
    return caller is not None and bool(caller.roles & PREVIEWERS)
