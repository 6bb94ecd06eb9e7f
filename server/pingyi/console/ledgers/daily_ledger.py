"""The daily ledger of a channel: a hundred rows a page to look at, the whole day as a file."""

from __future__ import annotations

from datetime import date

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from pingyi.console.ledgers.ledger_files import ledger_table, ledger_workbook
from pingyi.console.pages import blueprint, page
from pingyi.db import transaction
from pingyi.roles import OFFICE_READERS
from pingyi.services.core.bound_channels import BoundChannel, ChannelRef
from pingyi.services.core.errors import not_found
from pingyi.services.intake.daily_ledger import DailyLedger, LedgerDay, daily_ledger, ledger_days
from pingyi.services.spreadsheets.writing.csv_files import CSV_TYPE
from pingyi.services.spreadsheets.writing.workbooks import XLSX_TYPE
from pingyi.services.uploads.channel_header import ChannelHeader, channel_header
from pingyi.web.callers import require_caller
from pingyi.web.language import language
from pingyi.web.policy import OPERATOR, policy

ROWS_A_PAGE = 100
ROWS_A_SHEET = 20


@blueprint.get("/ledgers/<key:period>/<key:plugin>/<key:channel>")
@policy(OPERATOR, *OFFICE_READERS)
def channel_ledger(period: str, plugin: str, channel: str) -> AnyResponse:
    """One page of a day of a channel, of the newest day where none is asked for."""
    with transaction() as connection:
        head, working = channel_header(
            connection, require_caller(), ChannelRef(period=period, channel=channel, plugin=plugin)
        )
        days = ledger_days(connection, working)
        day = _day(days)
        number, pages = (_page_number(day), _pages(day, ROWS_A_PAGE)) if day else (1, 1)
        before = (number - 1) * ROWS_A_PAGE
        ledger = day and daily_ledger(
            connection, require_caller(), working, day, before=before, most=ROWS_A_PAGE
        )
    return page(
        "console/daily_ledger.html",
        head=head,
        days=days,
        ledger=ledger,
        number=number,
        pages=pages,
        sheets=_sheets(ledger) if ledger else [],
        first_sheet=before // ROWS_A_SHEET + 1,
        all_sheets=_pages(ledger.day, ROWS_A_SHEET) if ledger else 0,
    )


@blueprint.get("/ledgers/<key:period>/<key:plugin>/<key:channel>/ledger.csv")
@policy(OPERATOR, *OFFICE_READERS)
def channel_ledger_table(period: str, plugin: str, channel: str) -> AnyResponse:
    """The whole day as CSV."""
    _head, working, ledger = _whole_day(ChannelRef(period=period, channel=channel, plugin=plugin))
    return _file(ledger_table(working, ledger, language()), CSV_TYPE, working, ledger, "csv")


@blueprint.get("/ledgers/<key:period>/<key:plugin>/<key:channel>/ledger.xlsx")
@policy(OPERATOR, *OFFICE_READERS)
def channel_ledger_workbook(period: str, plugin: str, channel: str) -> AnyResponse:
    """The whole day as a workbook to print."""
    head, working, ledger = _whole_day(ChannelRef(period=period, channel=channel, plugin=plugin))
    return _file(ledger_workbook(head, working, ledger), XLSX_TYPE, working, ledger, "xlsx")


def _whole_day(place: ChannelRef) -> tuple[ChannelHeader, BoundChannel, DailyLedger]:
    with transaction() as connection:
        head, working = channel_header(connection, require_caller(), place)
        day = _day(ledger_days(connection, working))
        if day is None:
            raise not_found(zh="本渠道的台账", en="A ledger of this channel")
        return head, working, daily_ledger(connection, require_caller(), working, day)


def _file(content: bytes, kind: str, working: BoundChannel, ledger: DailyLedger, ending: str) -> Response:
    response = Response(content, content_type=kind)
    name = f"{working.period_key}-{working.key}-{ledger.day.day}.{ending}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _day(days: list[LedgerDay]) -> LedgerDay | None:
    """The day in the address, the newest where there is none; Problem not_found."""
    asked = request.args.get("day", "")
    if not asked:
        return days[-1] if days else None
    try:
        wanted = date.fromisoformat(asked)
    except ValueError:
        wanted = None
    known = next((day for day in days if day.day == wanted), None)
    if known is None:
        raise not_found(zh=f"{asked} 的台账", en=f"A ledger of {asked}")
    return known


def _page_number(day: LedgerDay) -> int:
    """The page in the address, from 1; Problem not_found where the day has no such page."""
    asked = request.args.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 0
    if not 1 <= number <= _pages(day, ROWS_A_PAGE):
        raise not_found(zh=f"台账的第 {asked} 页", en=f"Page {asked} of the ledger")
    return number


def _pages(day: LedgerDay, rows: int) -> int:
    return -(-day.entries // rows)


def _sheets(ledger: DailyLedger) -> list[object]:
    """The rows of a page in sheets of paper."""
    return [ledger.rows[at : at + ROWS_A_SHEET] for at in range(0, len(ledger.rows), ROWS_A_SHEET)]
