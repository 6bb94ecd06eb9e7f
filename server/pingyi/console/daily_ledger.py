"""The daily ledger of a channel, to look at and to print."""

from __future__ import annotations

from datetime import date

from flask import request
from werkzeug.wrappers import Response as AnyResponse

from pingyi.console.pages import blueprint, page
from pingyi.db import transaction
from pingyi.roles import OFFICE_READERS
from pingyi.services.core.bound_channels import ChannelRef
from pingyi.services.core.errors import not_found
from pingyi.services.intake.daily_ledger import LedgerDay, daily_ledger, ledger_days
from pingyi.services.uploads.channel_header import channel_header
from pingyi.web.callers import require_caller
from pingyi.web.policy import OPERATOR, policy

ROWS_A_PAGE = 20


@blueprint.get("/ledgers/<key:period>/<key:plugin>/<key:channel>")
@policy(OPERATOR, *OFFICE_READERS)
def channel_ledger(period: str, plugin: str, channel: str) -> AnyResponse:
    """One day of a channel, the newest where none is asked for."""
    asked = request.args.get("day", "")
    with transaction() as connection:
        head, working = channel_header(
            connection, require_caller(), ChannelRef(period=period, channel=channel, plugin=plugin)
        )
        days = ledger_days(connection, working)
        day = _day(days, asked)
        ledger = daily_ledger(connection, require_caller(), working, day) if day else None
    return page("console/daily_ledger.html", head=head, days=days, ledger=ledger, rows_a_page=ROWS_A_PAGE)


def _day(days: list[LedgerDay], asked: str) -> LedgerDay | None:
    if not asked:
        return days[-1] if days else None
    try:
        wanted = date.fromisoformat(asked)
    except ValueError:
        wanted = None
    found = next((day for day in days if day.day == wanted), None)
    if found is None:
        raise not_found(zh=f"{asked} 的台账", en=f"A ledger of {asked}")
    return found
