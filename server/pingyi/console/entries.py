"""A channel's standing entries, with the evidence files that they refer to beside them."""

from __future__ import annotations

import re

from flask import request, url_for
from werkzeug.wrappers import Response as AnyResponse

from pingyi.console.pages import blueprint, page
from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.roles import OFFICE_READERS
from pingyi.services.core.bound_channels import ChannelRef
from pingyi.services.intake.current_entries import EntryLines, current_entries_page
from pingyi.services.intake.entry_cells import evidence_parts
from pingyi.services.uploads.channel_header import channel_header
from pingyi.web.callers import require_caller
from pingyi.web.policy import OPERATOR, policy

ENTRIES_A_PAGE = 50
_DIGEST = re.compile(r"[0-9a-f]{64}")

blueprint.add_app_template_filter(evidence_parts)


@blueprint.get("/entries/<key:period>/<key:plugin>/<key:channel>")
@policy(OPERATOR, *OFFICE_READERS)
def channel_entries(period: str, plugin: str, channel: str) -> AnyResponse:
    """The entries that stand, of one unit or with one evidence file where asked."""
    place, unit = (
        ChannelRef(period=period, channel=channel, plugin=plugin),
        request.args.get("unit", "").strip(),
    )
    evidence = request.args.get("evidence", "")
    evidence = evidence if _DIGEST.fullmatch(evidence) else ""
    problem, lines = None, EntryLines([], [], "")
    with transaction() as connection:
        head, working = channel_header(connection, require_caller(), place)
        try:
            lines = current_entries_page(
                connection,
                require_caller(),
                working,
                unit=unit,
                evidence=evidence,
                below=request.args.get("below", ""),
                limit=ENTRIES_A_PAGE,
            )
        except Problem as refused:
            problem = refused
    return page(
        "console/entries.html",
        problem.status if problem else 200,
        head=head,
        lines=lines,
        problem=problem,
        unit=unit,
        evidence=evidence,
        corrects=bool(working.plugin.identity),
        following=_older(place, unit, evidence, lines.below) if lines.below else "",
    )


def _older(place: ChannelRef, unit: str, evidence: str, below: str) -> str:
    return url_for(
        "console.channel_entries",
        period=place.period,
        plugin=place.plugin,
        channel=place.channel,
        unit=unit or None,
        evidence=evidence or None,
        below=below,
    )
