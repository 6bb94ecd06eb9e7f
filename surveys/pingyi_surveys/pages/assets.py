"""The ballots' stylesheet, to be kept for ever under its version: the one file that their pages ask for."""

from __future__ import annotations

from flask import Blueprint, Response

from pingyi.web.policy import PUBLIC, policy
from pingyi_surveys.casting.page_html import stylesheet, stylesheet_version

PATH = "/ballot.css"
blueprint = Blueprint("ballot_assets", __name__)
_FOR_EVER = "public, max-age=31536000, immutable"


def style_address() -> str:
    """The stylesheet's address, another one for every version."""
    return f"{PATH}?v={stylesheet_version()}"


@blueprint.get(PATH)
@policy(PUBLIC)
def style() -> Response:
    """The stylesheet."""
    return Response(stylesheet(), mimetype="text/css", headers={"Cache-Control": _FOR_EVER})
