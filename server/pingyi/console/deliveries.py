"""The operator's pages: its channels, and files with a preview that a second step confirms."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from pingyi.channels import Text
from pingyi.console.pages import blueprint, page
from pingyi.db import transaction
from pingyi.domain.errors import FieldError, Problem
from pingyi.services.core.bound_channels import ChannelRef
from pingyi.services.intake.entry_columns import columns_of
from pingyi.services.spreadsheets.reading import MAX_FILE_BYTES
from pingyi.services.spreadsheets.sheet_rows import MAX_ROWS
from pingyi.services.uploads.channel_header import channel_header
from pingyi.services.uploads.column_mappings import remembered_columns
from pingyi.services.uploads.confirmation import confirm
from pingyi.services.uploads.operator_channels import own_channels, own_files
from pingyi.services.uploads.preview import preview
from pingyi.services.uploads.read_table import choosable_columns
from pingyi.services.uploads.row_changes import upload_page
from pingyi.services.uploads.sample_rows import wide_sheet
from pingyi.services.uploads.uploads import own_channel
from pingyi.web.body_limits import take_files
from pingyi.web.callers import require_caller
from pingyi.web.policy import OPERATOR, policy

SENDING = "console.send_file"
ROWS_A_PAGE = 100
MOST_SHEET_NAME = 100
VERDICTS = {
    "new": Text(zh="新增", en="New"),
    "corrected": Text(zh="更正", en="Corrected"),
    "unchanged": Text(zh="未变", en="Unchanged"),
    "wrong": Text(zh="有误", en="Wrong"),
}
_CHANNEL = "/deliveries/<key:period>/<key:plugin>/<key:channel>"
_UPLOAD = f"{_CHANNEL}/uploads/<int:upload>"

blueprint.record_once(lambda state: take_files(state.app, SENDING))


@blueprint.get("/deliveries")
@policy(OPERATOR)
def deliveries() -> AnyResponse:
    """The operator's own channels with their states."""
    with transaction() as connection:
        channels = own_channels(connection, require_caller())
    return page("console/deliveries.html", channels=channels)


@blueprint.get(_CHANNEL)
@policy(OPERATOR)
def delivery_channel(period: str, plugin: str, channel: str) -> AnyResponse:
    """One channel: the template, the form for a file, the files so far."""
    return _channel(ChannelRef(period=period, channel=channel, plugin=plugin), 200, None)


@blueprint.post(_CHANNEL)
@policy(OPERATOR)
def send_file(period: str, plugin: str, channel: str) -> AnyResponse:
    """Preview a file; nothing is stored yet."""
    place, file = ChannelRef(period=period, channel=channel, plugin=plugin), request.files.get("file")
    try:
        if file is None or not file.filename:
            raise _no_file()
        sheet = request.form.get("sheet", "").strip()[:MOST_SHEET_NAME]
        upload = preview(require_caller(), place, file.read(), file.filename, sheet, asks=True)
    except Problem as problem:
        return _channel(place, problem.status, problem)
    return redirect(_address(place, upload), 303)


@blueprint.get(_UPLOAD)
@policy(OPERATOR)
def previewed_file(period: str, plugin: str, channel: str, upload: int) -> AnyResponse:
    """The verdicts on a file's rows, and the button that stores them."""
    return _upload(ChannelRef(period=period, channel=channel, plugin=plugin), upload, 200, None)


@blueprint.post(f"{_UPLOAD}/confirmation")
@policy(OPERATOR)
def confirm_file(period: str, plugin: str, channel: str, upload: int) -> AnyResponse:
    """Store all rows of a file, or none."""
    place = ChannelRef(period=period, channel=channel, plugin=plugin)
    try:
        confirm(require_caller(), place, upload)
    except Problem as problem:
        return _upload(place, upload, problem.status, problem)
    return redirect(_address(place, upload), 303)


def _address(place: ChannelRef, upload: int, endpoint: str = "console.previewed_file", **given: Any) -> str:
    return url_for(
        endpoint,
        period=place.period,
        plugin=place.plugin,
        channel=place.channel,
        upload=upload,
        **given,
    )


def _channel(place: ChannelRef, status: int, problem: Problem | None) -> AnyResponse:
    with transaction() as connection:
        working = own_channel(connection, require_caller(), place)
        head, _ = channel_header(connection, require_caller(), place)
        files = own_files(connection, working)
        remembered = remembered_columns(connection, working)
    return page(
        "console/delivery_channel.html",
        status,
        head=head,
        columns=columns_of(working),
        needs_reason=working.plugin.corrections_need_reason,
        files=files,
        remembered=remembered,
        is_wide=bool(wide_sheet(working)),
        choices=choosable_columns(working),
        problem=problem,
        most_megabytes=MAX_FILE_BYTES // 2**20,
        most_rows=MAX_ROWS,
    )


def _upload(place: ChannelRef, number: int, status: int, problem: Problem | None) -> AnyResponse:
    caller = require_caller()
    asked, after = request.args.get("verdict", ""), request.args.get("after", "0")
    shown = upload_page(
        caller,
        place,
        number,
        after=int(after) if after.isascii() and after.isdigit() and len(after) < 10 else 0,
        limit=ROWS_A_PAGE,
        verdict=asked if asked in VERDICTS else "",
    )
    if shown.upload.state == "columns" and problem is None:
        return redirect(_address(place, number, "console.choose_columns"), 303)
    with transaction() as connection:
        head, working = channel_header(connection, caller, place)
    next_after = shown.upload.after
    return page(
        "console/upload.html",
        status,
        head=head,
        shown=shown,
        choices=choosable_columns(working),
        problem=problem,
        verdicts=VERDICTS,
        asked=asked if asked in VERDICTS else "",
        after=after,
        following=_address(place, number, verdict=asked or None, after=next_after) if next_after else "",
    )


def _no_file() -> Problem:
    error = FieldError(code="required", message=_CHOOSE, pointer="/file")
    return Problem("invalid", 422, _CHOOSE, [error])


_CHOOSE = Text(zh="请选择一个文件。", en="Choose a file.")
