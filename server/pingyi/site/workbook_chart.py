"""The totals of every category as bars, drawn by the spreadsheet from the cells of its sheets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pingyi.channels import Text
from pingyi.services.results.result import Result
from pingyi.services.spreadsheets.writing.workbooks import PeopleBook
from pingyi.site.workbook_sheets import FIRST_ROW, HEAD_ROW, Formats, start_sheet

_WIDTH, _MARGIN, _BAR = 960, 160, 24  # pixels


@dataclass(frozen=True, slots=True)
class Bars:
    """Where a category's names and the points on the parts of the total stand: columns of one sheet."""

    sheet: str
    title: Text
    names: int
    columns: tuple[int, ...]
    units: int


def draw_totals(book: PeopleBook, formats: Formats, result: Result, categories: Sequence[Bars]) -> None:
    """A sheet per category that has units, with one chart: best on top, the parts of the total in a row."""
    for number, bars in enumerate(categories, 1):
        if bars.units:
            title = Text(zh=f"图·{bars.title.zh}", en=f"Chart: {bars.title.en}")
            sheet = start_sheet(book, formats, result, title, f"图 Chart {number}", table=False)
            sheet.fit_to_pages(1, 1)
            sheet.insert_chart(HEAD_ROW, 0, _chart(book, result, bars))


def _chart(book: PeopleBook, result: Result, bars: Bars) -> object:
    chart = book.add_chart({"type": "bar", "subtype": "stacked"})
    last = FIRST_ROW + bars.units - 1
    for column in bars.columns:
        chart.add_series(
            {
                "name": [bars.sheet, HEAD_ROW, column],
                "categories": [bars.sheet, FIRST_ROW, bars.names, last, bars.names],
                "values": [bars.sheet, FIRST_ROW, column, last, column],
                "gap": 40,
            }
        )
    # A title that begins with = would be taken for a reference.
    chart.set_title({"name": f"得分构成 Points by part · {bars.title.zh}"})
    chart.set_y_axis({"reverse": True})
    chart.set_x_axis({"min": 0, "max": float(result.scheme.full_marks), "label_position": "high"})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": _WIDTH, "height": _MARGIN + _BAR * bars.units})
    return chart
