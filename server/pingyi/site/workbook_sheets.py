"""What the sheets of a result's workbook share, and those of its channels and adjustments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from xlsxwriter.format import Format

from pingyi.channels import Text
from pingyi.channels.own_words import own_titles
from pingyi.registry import Registry
from pingyi.services.results.result import Result, UnitResult, points_of
from pingyi.services.spreadsheets.writing.workbooks import PeopleBook, PeopleSheet, print_across
from pingyi.site.labels import FactWords, plain
from pingyi.site.results_table import (
    CATEGORY,
    CODE,
    EVIDENCE,
    LINKED,
    RANK,
    STATUS,
    UNIT,
    channel_status,
    fact_names,
)
from pingyi.site.unit_card import adjustment_line

HEAD_ROW, FIRST_ROW = 3, 4
DEMONSTRATION = "演示数据（随机生成），不代表任何单位的真实得分 / Demonstration data, generated at random"
ADJUSTMENTS = Text(zh="加减分", en="Adjustments")
POINTS = Text(zh="得分", en="Points")
_ITEM = (
    Text(zh="事项", en="Item"),
    Text(zh="分值", en="Points"),
    Text(zh="理由", en="Reason"),
    Text(zh="文号", en="Document"),
)
_NUMBER = re.compile(r"-?[0-9]{1,12}(?:\.([0-9]{1,9}))?(%?)")


@dataclass(frozen=True, slots=True)
class Formats:
    """The forms of a book's cells; `places` by the digits after the point and the sign of a percentage."""

    book: PeopleBook
    head: Format
    title: Format
    points: Format
    total: Format
    places: dict[str, Format]

    def of_number(self, digits: int, sign: str) -> Format:
        """The form that shows as many digits as were printed."""
        form = "0" + ("." + "0" * digits if digits else "") + sign
        if form not in self.places:
            self.places[form] = self.book.add_format({"num_format": form})
        return self.places[form]


def formats_of(book: PeopleBook, decimals: int) -> Formats:
    """The forms of a book whose points have so many decimals."""
    places = "0" + ("." + "0" * decimals if decimals else "")
    return Formats(
        book,
        head=book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1}),
        title=book.add_format({"bold": True, "font_size": 14}),
        points=book.add_format({"num_format": places}),
        total=book.add_format({"num_format": places, "bold": True}),
        places={},
    )


def start_sheet(
    book: PeopleBook, formats: Formats, result: Result, title: Text, key: str, *, table: bool = True
) -> PeopleSheet:
    """A sheet that names the evaluation and its own subject, on top and in the head of every printed page.

    `key`: its name where the title cannot be one; `table`: every page repeats the heads of its columns.
    """
    sheet = book.add_sheet(title.zh, key)
    heading = f"{result.scheme.title.zh} · {title.zh}"
    sheet.write_string(0, 0, heading, formats.title)
    sheet.write_string(1, 0, DEMONSTRATION if result.demonstration else result.scheme.title.en)
    print_across(sheet, printed_title(result, heading), (HEAD_ROW, HEAD_ROW) if table else None)
    return sheet


def printed_title(result: Result, heading: str) -> str:
    """What stands in the head of printed pages: generated data is called so there too."""
    return f"{heading}（演示数据）" if result.demonstration else heading


def write_points(sheet: PeopleSheet, row: int, column: int, points: Decimal | None, form: Format) -> None:
    """Points as a number, an empty cell where there are none."""
    if points is None:
        sheet.write_blank(row, column, None, form)
    else:
        sheet.write_number(row, column, float(points), form)


def both(title: Text) -> str:
    """A title in both languages, as the heads of columns are."""
    return f"{title.zh} {title.en}"


def write_channels(book: PeopleBook, formats: Formats, result: Result, registry: Registry) -> None:
    """One sheet per channel: points, evidence, and the facts that its points rest on."""
    for position, plan in enumerate(result.scheme.channels):
        sheet = start_sheet(book, formats, result, plan.title, plan.key)
        most = plain(plan.max_points)
        sheet.write_string(2, 0, f"{plan.operator} · 满分 {most} / {plan.title.en}, of {most}")
        words = FactWords(registry.installed(plan.plugin), own_titles(plan.settings))
        facts = words.columns(fact_names(result.units, position))
        _write_heads(sheet, formats, (*_CHANNEL, *(title for _name, title in facts)))
        for row, unit in enumerate(result.units, FIRST_ROW):
            _write_unit(sheet, row, result, unit)
            _write_score(sheet, formats, row, unit, position)
            for column, (name, _title) in enumerate(facts, len(_CHANNEL)):
                value = unit.scores[position].facts.get(name)
                if value is not None:
                    _write_fact(sheet, formats, row, column, words.value(name, value).zh)
        sheet.autofilter(
            HEAD_ROW, 0, FIRST_ROW + max(len(result.units), 1) - 1, len(_CHANNEL) + len(facts) - 1
        )


_PLACE = (CATEGORY, RANK, CODE, UNIT)
_CHANNEL = (*_PLACE, POINTS, EVIDENCE, STATUS)


def _write_heads(sheet: PeopleSheet, formats: Formats, titles: Sequence[Text]) -> None:
    for column, title in enumerate(titles):
        sheet.write_string(HEAD_ROW, column, both(title), formats.head)
    sheet.set_column(0, len(titles) - 1, 12)
    sheet.set_column(_PLACE.index(UNIT), _PLACE.index(UNIT), 24)
    sheet.freeze_panes(FIRST_ROW, len(_PLACE))


def _write_unit(sheet: PeopleSheet, row: int, result: Result, unit: UnitResult) -> None:
    category = result.scheme.category(unit.category)
    sheet.write_string(row, 0, category.title.zh if category else unit.category)
    if unit.rank is not None:
        sheet.write_number(row, 1, unit.rank)
    sheet.write_string(row, 2, unit.code)
    sheet.write_string(row, 3, unit.name)


def _write_score(sheet: PeopleSheet, formats: Formats, row: int, unit: UnitResult, position: int) -> None:
    score = unit.scores[position]
    write_points(sheet, row, 4, points_of(score.points), formats.points)
    if score.n is not None:
        sheet.write_number(row, 5, score.n)
    sheet.write_string(row, 6, channel_status(score).zh)


def _write_fact(sheet: PeopleSheet, formats: Formats, row: int, column: int, said: str) -> None:
    """A printed number as a number with its digits, anything else as text."""
    number = _NUMBER.fullmatch(said)
    if number is None:
        sheet.write_string(row, column, said)
        return
    value = Decimal(said.removesuffix("%")) / (100 if number[2] else 1)
    sheet.write_number(row, column, float(value), formats.of_number(len(number[1] or ""), number[2]))


def write_adjustments(book: PeopleBook, formats: Formats, result: Result) -> None:
    """What was added to totals and taken from them, one line each, with the reasons as they are public."""
    sheet = start_sheet(book, formats, result, ADJUSTMENTS, "Adjustments")
    _write_heads(sheet, formats, (*_PLACE, *_ITEM))
    items = [(unit, item) for unit in result.units for item in unit.items]
    for row, (unit, item) in enumerate(items, FIRST_ROW):
        line = adjustment_line(item)
        _write_unit(sheet, row, result, unit)
        sheet.write_string(row, 4, line.title.zh + ("" if line.applied else LINKED.zh))
        if line.points:
            sheet.write_number(row, 5, float(line.points.replace("−", "-")), formats.points)
        sheet.write_string(row, 6, line.reason)
        sheet.write_string(row, 7, line.document)
    if not items:
        sheet.write_string(FIRST_ROW, 0, "无 none")
    sheet.set_column(6, 7, 40)
