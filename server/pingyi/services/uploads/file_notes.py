"""What to know of a file before its rows are confirmed: which sheet was read, and what people do not see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pingyi.channels import Text
from pingyi.services.spreadsheets.sheet_cells import Answer, Sheet
from pingyi.services.uploads.read_table import SheetTable


def notes_on(sheet: Sheet, answer: Answer, table: SheetTable, *, text: bool) -> Iterator[Text]:
    """Sentences about sheets and columns; a text table has no sheets."""
    if text:
        return
    others = [each.name for each in answer.sheets if each.name != sheet.name]
    if others or answer.hidden_sheets:
        yield _READ.format(sheet=sheet.name)
    if others:
        yield _OTHERS.format(sheets=_listed(others))
    if answer.hidden_sheets:
        yield _HIDDEN_SHEETS.format(sheets=_listed(answer.hidden_sheets))
    if table.hidden:
        yield _HIDDEN_COLUMNS.format(columns=_listed(table.hidden))
    if hidden := sum(row.hidden for row in table.rows):
        yield _HIDDEN_ROWS.format(n=hidden)


def _listed(names: Sequence[str]) -> Text:
    return Text(zh="、".join(f"“{name}”" for name in names), en=", ".join(names))


_READ = Text(zh="读取的是工作表“{sheet}”。", en="The sheet {sheet} was read.")
_OTHERS = Text(
    zh="没有读取{sheets}；要读其中一张，请在上传时填写工作表名称。",
    en="Not read: {sheets}; to read one of them, name it when you upload the file.",
)
_HIDDEN_SHEETS = Text(zh="隐藏的工作表{sheets}没有读取。", en="Hidden sheets were not read: {sheets}.")
_HIDDEN_COLUMNS = Text(zh="隐藏的列{columns}也已读取。", en="Hidden columns were read, too: {columns}.")
_HIDDEN_ROWS = Text(
    zh="有{n}行在文件中是隐藏的，也会报送；不需要的请先在文件中删除。",
    en="{n} rows are hidden in the file and are delivered all the same; delete them there if need be.",
)
