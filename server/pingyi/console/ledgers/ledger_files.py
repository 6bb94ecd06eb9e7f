"""A whole day of a ledger as CSV for people, and as a workbook that prints the digest on every page."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from xlsxwriter.format import Format

from pingyi.channels import Text
from pingyi.services.core.bound_channels import BoundChannel
from pingyi.services.intake.daily_ledger import DailyLedger, LedgerRow
from pingyi.services.intake.entry_columns import columns_of
from pingyi.services.spreadsheets.writing.csv_files import csv_for_people
from pingyi.services.spreadsheets.writing.workbooks import PeopleBook, PeopleSheet, print_across
from pingyi.services.uploads.channel_header import ChannelHeader

NUMBER, PLACE = Text(zh="编号", en="No."), Text(zh="报送位置", en="Delivery")
TIME, KIND = Text(zh="时间", en="Time"), Text(zh="类型", en="Kind")
REPLACES, CODE = Text(zh="所替换的条目", en="Replaces"), Text(zh="单位代码", en="Code")
UNIT, CONTENT = Text(zh="单位", en="Unit"), Text(zh="内容", en="Content")
STANDING, LEAF = Text(zh="是否计入", en="Standing"), Text(zh="凭证", en="Leaf")
WHOLE_CHANNEL = Text(zh="全渠道", en="Whole channel")
DIGEST = Text(zh="本日台账指纹", en="SHA-256 of this day")
DEMONSTRATION = Text(zh="演示数据（随机生成）", en="Demonstration data, generated at random")
_BEFORE = (NUMBER, PLACE, TIME, KIND, REPLACES, CODE, UNIT)
_AFTER = (STANDING, LEAF)
_PRINTED = (NUMBER, TIME, KIND, UNIT, CONTENT, STANDING, LEAF)
_WIDTHS = (10, 10, 14, 24, 60, 10, 18)
_HEAD_ROW = 3


def ledger_table(working: BoundChannel, ledger: DailyLedger, language: str) -> bytes:
    """One line an entry with a column for each of its fields, then the digest of the day."""
    titles = _titles(working, ledger)
    head = [title.get(language) for title in (*_BEFORE, *titles, *_AFTER)]
    lines = [_line(working, row, titles, language) for row in ledger.rows]
    return csv_for_people([head, *lines, [], [DIGEST.get(language), ledger.digest]])


def _titles(working: BoundChannel, ledger: DailyLedger) -> list[Text]:
    """The columns that any of the entries has, in the order of the channel's files."""
    used = {cell.title for row in ledger.rows for cell in row.cells}
    return [title for title in dict.fromkeys(column.title for column in columns_of(working)) if title in used]


def _line(working: BoundChannel, row: LedgerRow, titles: Sequence[Text], language: str) -> list[str | int]:
    said = {cell.title: cell.after for cell in row.cells}
    cells = [words.get(language) if (words := said.get(title)) else "" for title in titles]
    time = f"{_local(working, row):%Y-%m-%d %H:%M:%S}"
    unit = row.name or WHOLE_CHANNEL.get(language)
    before: list[str | int] = [
        row.number,
        row.place,
        time,
        row.kind.get(language),
        row.replaces,
        row.unit,
        unit,
    ]
    return [*before, *cells, row.standing.get(language), row.digest]


def ledger_workbook(head: ChannelHeader, working: BoundChannel, ledger: DailyLedger) -> bytes:
    """The day to print: heads repeated, the digest and the page's number in the foot of every page."""
    out = io.BytesIO()
    with PeopleBook(out) as book:
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        sheet = book.add_sheet("台账 Ledger")
        title = f"{head.title.zh} · {ledger.day.day} · 台账"
        label = f"（{DEMONSTRATION.zh}）" if head.demonstration else ""
        sheet.write_string(0, 0, f"{title} {head.title.en}")
        sheet.write_string(1, 0, f"{DIGEST.zh} {DIGEST.en} {ledger.digest}")
        if head.demonstration:
            sheet.write_string(2, 0, f"{DEMONSTRATION.zh} {DEMONSTRATION.en}")
        _write_rows(sheet, working, ledger, bold, wrapped)
        print_across(sheet, f"{head.place.period} · {title}{label}", (_HEAD_ROW, _HEAD_ROW))
        sheet.set_footer(f"&L&8SHA-256 {ledger.digest}&R&P / &N")
    return out.getvalue()


def _write_rows(
    sheet: PeopleSheet, working: BoundChannel, ledger: DailyLedger, bold: Format, wrapped: Format
) -> None:
    for column, (title, width) in enumerate(zip(_PRINTED, _WIDTHS, strict=True)):
        sheet.set_column(column, column, width, wrapped)
        sheet.write_string(_HEAD_ROW, column, f"{title.zh} {title.en}", bold)
    for at, row in enumerate(ledger.rows, _HEAD_ROW + 1):
        sheet.write_number(at, 0, row.number)
        for column, words in enumerate(_printed(working, row), 1):
            sheet.write_string(at, column, words)
    sheet.freeze_panes(_HEAD_ROW + 1, 0)


def _printed(working: BoundChannel, row: LedgerRow) -> tuple[str, ...]:
    kind = f"{row.kind.zh}（原 {row.replaces}）" if row.replaces else row.kind.zh
    unit = f"{row.name} {row.unit}" if row.name else WHOLE_CHANNEL.zh
    content = "\n".join(f"{cell.title.zh}：{cell.after.zh if cell.after else ''}" for cell in row.cells)
    time = f"{_local(working, row):%H:%M:%S}"
    return time, f"{kind}\n{row.place}", unit, content, row.standing.zh, row.digest[:16]


def _local(working: BoundChannel, row: LedgerRow) -> datetime:
    return row.received_at.astimezone(ZoneInfo(working.context.period.time_zone))
