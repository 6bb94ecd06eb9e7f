"""Pages on which an operator says what the columns of a file are, once for a channel."""

from __future__ import annotations

from flask import redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from pingyi.console.pages import blueprint, page
from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.services.core.bound_channels import ChannelRef
from pingyi.services.uploads.channel_header import channel_header
from pingyi.services.uploads.preview import forget_columns, map_columns, titles_digest
from pingyi.services.uploads.read_table import choosable_columns
from pingyi.services.uploads.uploads import shown
from pingyi.web.callers import require_caller
from pingyi.web.policy import OPERATOR, policy

_CHANNEL = "/deliveries/<key:period>/<key:plugin>/<key:channel>"
_COLUMNS = f"{_CHANNEL}/uploads/<int:upload>/columns"


@blueprint.get(_COLUMNS)
@policy(OPERATOR)
def choose_columns(period: str, plugin: str, channel: str, upload: int) -> AnyResponse:
    """The headings of a file, each with a choice of the channel's columns."""
    return _choice(ChannelRef(period=period, channel=channel, plugin=plugin), upload, None)


@blueprint.post(_COLUMNS)
@policy(OPERATOR)
def save_columns(period: str, plugin: str, channel: str, upload: int) -> AnyResponse:
    """Remember the choice for the channel, and judge the file by it."""
    place = ChannelRef(period=period, channel=channel, plugin=plugin)
    typed = [request.form.get(f"column-{at}", "") for at in range(_number(request.form.get("titles", "")))]
    try:
        judged = map_columns(require_caller(), place, upload, typed, request.form.get("seen", ""))
    except Problem as problem:
        return _choice(place, upload, problem)
    address = url_for("console.previewed_file", period=period, plugin=plugin, channel=channel, upload=judged)
    return redirect(address, 303)


@blueprint.post(f"{_CHANNEL}/columns/forgetting")
@policy(OPERATOR)
def forget_chosen_columns(period: str, plugin: str, channel: str) -> AnyResponse:
    """Forget what was chosen for the headings of this channel."""
    forget_columns(require_caller(), ChannelRef(period=period, channel=channel, plugin=plugin))
    address = url_for("console.delivery_channel", period=period, plugin=plugin, channel=channel)
    return redirect(address, 303)


def _choice(place: ChannelRef, number: int, problem: Problem | None) -> AnyResponse:
    caller = require_caller()
    upload = shown(caller, place, number, limit=1)
    with transaction() as connection:
        head, working = channel_header(connection, caller, place)
    return page(
        "console/upload_columns.html",
        problem.status if problem else 200,
        head=head,
        upload=upload,
        problem=problem,
        choices=choosable_columns(working),
        seen=titles_digest(upload.titles),
    )


def _number(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 0
