"""The look-up of receipts: whether a ballot is in the record, and never what is on it."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from pingyi.console.pages import page
from pingyi.db import transaction
from pingyi.ledger.tiles import number_path
from pingyi.web.policy import PUBLIC, policy
from pingyi_surveys.casting.receipts import Found, find_receipts, read_receipt

blueprint = Blueprint("receipts", __name__, template_folder="../templates")


@blueprint.get("/r")
@policy(PUBLIC)
def ask() -> AnyResponse:
    """The form; what was typed into it leads to the receipt's own address."""
    typed = request.args.get("code", "").strip()
    if not typed:
        return _page(200, "", "asked")
    asked = read_receipt(typed)
    if asked is None:
        return _page(400, typed, "malformed")
    return redirect(url_for(".receipt", code=asked.spelling), 303)


@blueprint.get("/r/<code>")
@policy(PUBLIC)
def receipt(code: str) -> AnyResponse:
    """Where the ballot of a receipt stands."""
    asked = read_receipt(code)
    if asked is None:
        return _page(400, code, "malformed")
    with transaction() as connection:
        found = find_receipts(connection, asked)
    if len(found) != 1:
        return _page(404, asked.spelling, "ambiguous" if found else "unknown")
    return _page(200, asked.spelling, "sealed" if found[0].place else "waiting", found[0])


def _page(status: int, typed: str, answer: str, found: Found | None = None) -> AnyResponse:
    return page(
        "receipts/look_up.html", status, typed=typed, answer=answer, found=found, tile_path=_tile_path(found)
    )


def _tile_path(found: Found | None) -> str:
    """The entry bundle that holds the leaf, as C2SP tlog-tiles names it; "" where there is none yet."""
    if found is None or found.place is None:
        return ""
    number, _, width = found.place.tile
    return f"{number_path(number)}.p/{width}" if width < 256 else number_path(number)
