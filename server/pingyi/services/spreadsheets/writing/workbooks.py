"""Workbooks: no text is calculated, not even after it was edited, and every sheet can be printed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO, Final

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from pingyi.services.spreadsheets.writing.shields import is_dangerous

XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PAGE_NUMBERS: Final = "&R第 &P 页，共 &N 页 Page &P of &N"
_A4: Final = 9
_LONGEST_HEAD: Final = 120
_FORBIDDEN = frozenset("[]:*?/\\'")
_LONGEST_NAME: Final = 31


class PeopleSheet(Worksheet):  # type: ignore[misc]  # xlsxwriter is not annotated
    """A sheet on which text that looks like a formula carries the mark of text (quotePrefix)."""

    book: PeopleBook

    def _write_string(self, row: int, col: int, string: str, cell_format: Format | None = None) -> Any:
        if is_dangerous(string):
            cell_format = self.book.marked_as_text(cell_format)
        return super()._write_string(row, col, string, cell_format)


class PeopleBook(Workbook):  # type: ignore[misc]  # xlsxwriter is not annotated
    """A workbook in memory whose sheets are `PeopleSheet`s; names of sheets are taken once."""

    def __init__(self, out: BinaryIO) -> None:
        self._properties: dict[Format | None, dict[str, Any]] = {}
        self._marked: dict[Format | None, Format] = {}
        self._names: set[str] = set()
        super().__init__(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})

    def add_format(self, properties: Mapping[str, Any] | None = None) -> Format:
        """A format of this book, as xlsxwriter names its properties."""
        form = super().add_format(dict(properties or {}))
        self._properties[form] = dict(properties or {})
        return form

    def marked_as_text(self, form: Format | None) -> Format:
        """The format with the mark of text; None is the plain format."""
        if form not in self._marked:
            properties = self._properties.get(form, {}) | {"quote_prefix": True}
            self._marked[form] = self.add_format(properties)
        return self._marked[form]

    def add_sheet(self, wanted: str, instead: str = "") -> PeopleSheet:
        """A sheet of the wanted name, else (no name, or taken) of `instead`, numbered where that is taken."""
        sheet: PeopleSheet = super().add_worksheet(self._free_name(wanted, instead), PeopleSheet)
        sheet.book = self
        return sheet

    def _free_name(self, wanted: str, instead: str) -> str:
        name = wanted[:_LONGEST_NAME].strip()
        if not name or _FORBIDDEN & set(name) or name.casefold() in self._names:
            name = instead[:_LONGEST_NAME] or "表 Sheet"
        number = 2
        base = name
        while name.casefold() in self._names:
            name, number = f"{base[: _LONGEST_NAME - 4]} {number}", number + 1
        self._names.add(name.casefold())
        return name


def print_across(sheet: PeopleSheet, title: str, head_rows: tuple[int, int] | None = None) -> None:
    """Landscape A4, as wide as the page, the title in the head and page numbers in the foot.

    `head_rows`: the first and last row that every page repeats, from 0.
    """
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.8, bottom=0.7)
    sheet.set_header(f"&L{print_words(title)}")
    sheet.set_footer(f"&L&A{PAGE_NUMBERS}")
    if head_rows:
        sheet.repeat_rows(*head_rows)


def print_words(words: str) -> str:
    """Words for the head or foot of a printed page, where & begins a command."""
    return words[:_LONGEST_HEAD].replace("&", "&&")
