"""How to check a result, for everybody: the record in plain words, its newest head, and two look-ups."""

from __future__ import annotations

import re

from flask import Response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from pingyi.db import transaction
from pingyi.ledger.tree_heads import newest_head
from pingyi.services.periods.released_periods import released_periods
from pingyi.services.record.proofs import KnownHead, LeafPlace, find_head, find_leaf_place
from pingyi.site.head_qr import head_code
from pingyi.site.views import blueprint
from pingyi.web.policy import PUBLIC, policy

_DIGEST = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)


@blueprint.get("/check")
@policy(PUBLIC)
def check() -> AnyResponse:
    """Explains the check, and answers whether a head or a receipt is in the record."""
    asked = {name: request.args.get(name, "").strip() for name in ("head", "delivery", "position", "digest")}
    with transaction() as connection:
        newest = newest_head(connection)
        periods = released_periods(connection)
        known: KnownHead | None = find_head(connection, asked["head"]) if asked["head"] else None
        place: LeafPlace | None = None
        if _NUMBER.fullmatch(asked["delivery"]) and _DIGEST.fullmatch(asked["digest"]):
            position = asked["position"] if _NUMBER.fullmatch(asked["position"]) else "0"
            place = find_leaf_place(
                connection, int(asked["delivery"]), int(position), bytes.fromhex(asked["digest"])
            )
    page = render_template(
        "site/check.html", newest=newest, periods=periods, asked=asked, known=known, place=place
    )
    response = Response(page, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response


blueprint.add_app_template_global(head_code)
