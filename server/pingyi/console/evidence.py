"""A channel's evidence files: brought by its operator, read by it and the office, saved and never shown."""

from __future__ import annotations

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from pingyi.channels import Text
from pingyi.console.pages import blueprint, page
from pingyi.db import transaction
from pingyi.domain.errors import FieldError, Problem
from pingyi.roles import OFFICE_READERS
from pingyi.services.core.bound_channels import ChannelRef
from pingyi.services.evidence.evidence import evidence_content, keep_evidence, most_bytes
from pingyi.services.evidence.files import ENDINGS
from pingyi.services.evidence.queries import MOST_PAGES, evidence_lines
from pingyi.services.uploads.channel_header import channel_header
from pingyi.web.body_limits import take_files
from pingyi.web.callers import require_caller
from pingyi.web.policy import EVIDENCE_READERS, OPERATOR, policy

SENDING = "console.send_evidence"
FILES_A_PAGE = 50
# A form around the file has words of its own.
_AROUND = 65_536
_EVIDENCE = "/evidence/<key:period>/<key:plugin>/<key:channel>"

blueprint.record_once(
    lambda state: take_files(
        state.app, SENDING, state.app.extensions["pingyi.configuration"].max_evidence_bytes + _AROUND
    )
)


@blueprint.get(_EVIDENCE)
@policy(OPERATOR, *OFFICE_READERS)
def evidence(period: str, plugin: str, channel: str) -> AnyResponse:
    """The files of a channel and which entries refer to them; for its operator a form for another."""
    return _evidence(ChannelRef(period=period, channel=channel, plugin=plugin), 200, None)


@blueprint.post(_EVIDENCE)
@policy(OPERATOR)
def send_evidence(period: str, plugin: str, channel: str) -> AnyResponse:
    """Keep a file and show the reference that an entry writes."""
    place, file = ChannelRef(period=period, channel=channel, plugin=plugin), request.files.get("file")
    try:
        if file is None or not file.filename:
            raise _no_file()
        kept = keep_evidence(require_caller(), place, file.read())
    except Problem as problem:
        return _evidence(place, problem.status, problem)
    address = url_for("console.evidence", period=period, plugin=plugin, channel=channel, kept=kept.sha256)
    return redirect(address, 303)


@blueprint.get(f"{_EVIDENCE}/<digest:sha256>")
@policy(OPERATOR, EVIDENCE_READERS)
def evidence_file(period: str, plugin: str, channel: str, sha256: str) -> AnyResponse:
    """A file's bytes, to be saved and never shown in place."""
    place = ChannelRef(period=period, channel=channel, plugin=plugin)
    content, media_type = evidence_content(require_caller(), place, bytes.fromhex(sha256))
    # Not by its own type: a browser has nothing to open here.
    response = Response(content, content_type="application/octet-stream")
    name = f"{period}-{channel}-{sha256[:12]}.{ENDINGS[media_type]}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _evidence(place: ChannelRef, status: int, problem: Problem | None) -> AnyResponse:
    asked = request.args.get("page", "0")
    number = min(int(asked), MOST_PAGES) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 0
    with transaction() as connection:
        head, working = channel_header(connection, require_caller(), place)
        lines = evidence_lines(connection, working, page=number, limit=FILES_A_PAGE)
    kept = next((file for file in lines.files if file.sha256 == request.args.get("kept")), None)
    return page(
        "console/evidence.html",
        status,
        head=head,
        lines=lines,
        number=number,
        kept=kept,
        problem=problem,
        most=most_bytes(),
    )


def _no_file() -> Problem:
    error = FieldError(code="required", message=_CHOOSE, pointer="/file")
    return Problem("invalid", 422, _CHOOSE, [error])


_CHOOSE = Text(zh="请选择一个文件。", en="Choose a file.")
