"""The result as a spreadsheet with live formulas: a view that recomputes, not the record."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from xlsxwriter.utility import xl_rowcol_to_cell

from pingyi.domain.scheme.values import Scheme
from pingyi.registry import Registry
from pingyi.services.results.result import Result, UnitResult, WholeResult, points_of
from pingyi.services.spreadsheets.writing.workbooks import PeopleBook, PeopleSheet, print_across
from pingyi.site.board import BoardPart, part_points, parts_of
from pingyi.site.head_qr import head_picture
from pingyi.site.labels import BOTH_RANKINGS, RESULT_TITLES, REVIEW
from pingyi.site.results_table import LAST_RANK, LAST_TOTAL
from pingyi.site.template_functions import grade_title
from pingyi.site.workbook_chart import Bars, draw_totals
from pingyi.site.workbook_sheets import (
    DEMONSTRATION,
    FIRST_ROW,
    HEAD_ROW,
    Formats,
    both,
    formats_of,
    printed_title,
    start_sheet,
    write_adjustments,
    write_channels,
    write_points,
)

RANK, CODE, NAME, FIRST_POINTS = 0, 1, 2, 3
_WHOLE = ("含待核查票总分 Total, held included", "含待核查票名次 Rank, held included", "复核 To be reviewed")


@dataclass(frozen=True, slots=True)
class _Block:
    """A part of the total on the sheet: its channels' columns, then the column of the part itself."""

    part: BoardPart
    first: int
    column: int


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where everything stands on a sheet."""

    scheme: Scheme
    blocks: tuple[_Block, ...]
    formats: Formats
    shows_previous: bool
    shows_whole: bool

    @property
    def adjustments(self) -> int:
        return self.blocks[-1].column + 1

    @property
    def total(self) -> int:
        return self.adjustments + 1

    @property
    def whole(self) -> int:
        return self.total + 3 + (2 if self.shows_previous else 0)

    @property
    def last(self) -> int:
        return self.whole - 1 + (len(_WHOLE) if self.shows_whole else 0)


def workbook_of(result: Result, registry: Registry) -> bytes:
    """Sheets of categories (sums and ranks as formulas), charts, adjustments, channels, and notes."""
    out = io.BytesIO()
    with PeopleBook(out) as book:
        formats = formats_of(book, result.scheme.decimals)
        previous = any(unit.previous for unit in result.units)
        whole = any(unit.whole for unit in result.units)
        plan = _Plan(result.scheme, tuple(_blocks(result.scheme)), formats, previous, whole)
        bars = []
        for category in result.scheme.categories:
            units = result.of_category(category.key)
            sheet = start_sheet(book, formats, result, category.title, category.key)
            _write_head(sheet, plan)
            _write_units(sheet, plan, units)
            columns = tuple(block.column for block in plan.blocks)
            bars.append(Bars(sheet.get_name(), category.title, NAME, columns, len(units)))
        draw_totals(book, formats, result, bars)
        write_adjustments(book, formats, result)
        write_channels(book, formats, result, registry)
        _write_notes(book.add_sheet("说明 Notes"), plan, result)
    return out.getvalue()


def _blocks(scheme: Scheme) -> Iterator[_Block]:
    column = FIRST_POINTS
    for part in parts_of(scheme):
        own = column + len(part.channels) if part.is_group else column
        yield _Block(part, column, own)
        column = own + 1


def _write_head(sheet: PeopleSheet, plan: _Plan) -> None:
    heads = {RANK: "名次 Rank", CODE: "代码 Code", NAME: "单位 Unit"}
    heads |= {plan.adjustments: "加减分 Adjustments", plan.total: "总分 Total"}
    heads |= {plan.total + 1: "等次 Grade", plan.total + 2: "状态 Status"}
    earlier = (both(LAST_RANK), both(LAST_TOTAL)) if plan.shows_previous else ()
    heads |= dict(enumerate((*earlier, *(_WHOLE if plan.shows_whole else ())), plan.total + 3))
    for block in plan.blocks:
        for offset, position in enumerate(block.part.channels):
            channel = plan.scheme.channels[position]
            heads[block.first + offset] = f"{channel.title.zh} ({channel.max_points:f})"
        heads[block.column] = f"{block.part.title.zh} ({block.part.max_points:f})"
    for column, words in heads.items():
        sheet.write_string(HEAD_ROW, column, words, plan.formats.head)
    sheet.set_column(NAME, NAME, 24)
    sheet.set_column(FIRST_POINTS, plan.last, 11)
    sheet.freeze_panes(FIRST_ROW, FIRST_POINTS)


def _write_units(sheet: PeopleSheet, plan: _Plan, units: Sequence[UnitResult]) -> None:
    ranked = sum(unit.rank is not None for unit in units)
    for row, unit in enumerate(units, FIRST_ROW):
        sheet.write_string(row, CODE, unit.code)
        sheet.write_string(row, NAME, unit.name)
        for block in plan.blocks:
            _write_block(sheet, plan, block, row, unit)
        sheet.write_number(row, plan.adjustments, float(unit.adjustments or 0), plan.formats.points)
        _write_total(sheet, plan, row, unit)
        _write_rank(sheet, plan, row, unit, FIRST_ROW + ranked - 1)
        grade = grade_title(plan.scheme, unit.grade).zh if unit.grade else ""
        sheet.write_string(row, plan.total + 1, grade)
        sheet.write_string(row, plan.total + 2, RESULT_TITLES[unit.status].zh)
        _write_previous(sheet, plan, row, unit)
        _write_whole(sheet, plan, row, unit.whole)
    sheet.autofilter(HEAD_ROW, 0, FIRST_ROW + max(len(units), 1) - 1, plan.last)


def _write_previous(sheet: PeopleSheet, plan: _Plan, row: int, unit: UnitResult) -> None:
    if unit.previous:
        if unit.previous["rank"] is not None:
            sheet.write_number(row, plan.total + 3, unit.previous["rank"])
        write_points(sheet, row, plan.total + 4, points_of(unit.previous["total"]), plan.formats.points)


def _write_whole(sheet: PeopleSheet, plan: _Plan, row: int, whole: WholeResult | None) -> None:
    """Total and rank with held evidence counted, as numbers: no cell here repeats them."""
    if whole is None:
        return
    column = plan.whole
    write_points(sheet, row, column, points_of(whole.total), plan.formats.points)
    if whole.rank is not None:
        sheet.write_number(row, column + 1, whole.rank)
    if whole.review:
        sheet.write_string(row, column + 2, REVIEW.zh)


def _write_block(sheet: PeopleSheet, plan: _Plan, block: _Block, row: int, unit: UnitResult) -> None:
    scores = [points_of(unit.scores[position].points) for position in block.part.channels]
    for offset, points in enumerate(scores):
        write_points(sheet, row, block.first + offset, points, plan.formats.points)
    if not block.part.is_group:
        return
    published = points_of(part_points(block.part, unit))
    if published is not None and sum(points or Decimal(0) for points in scores) == published:
        first, last = (xl_rowcol_to_cell(row, column) for column in (block.first, block.column - 1))
        formula = f"=SUM({first}:{last})"
        sheet.write_formula(row, block.column, formula, plan.formats.points, float(published))
    else:
        write_points(sheet, row, block.column, published, plan.formats.points)


def _write_total(sheet: PeopleSheet, plan: _Plan, row: int, unit: UnitResult) -> None:
    """The sum as a formula; a number where missing channels were made up for, which no plain sum repeats."""
    published = points_of(unit.total)
    parts = [points_of(part_points(block.part, unit)) for block in plan.blocks]
    plain = sum((points or Decimal(0) for points in parts), points_of(unit.adjustments) or Decimal(0))
    full = plan.scheme.full_marks
    if published is None or min(max(plain, Decimal(0)), full) != published:
        write_points(sheet, row, plan.total, published, plan.formats.total)
        return
    cells = [
        xl_rowcol_to_cell(row, column) for column in (*(b.column for b in plan.blocks), plan.adjustments)
    ]
    formula = f"=MAX(0,MIN({full:f},SUM({','.join(cells)})))"
    sheet.write_formula(row, plan.total, formula, plan.formats.total, float(published))


def _write_rank(sheet: PeopleSheet, plan: _Plan, row: int, unit: UnitResult, last_row: int) -> None:
    if unit.rank is None:
        return
    if plan.scheme.policies.ties != "competition":
        sheet.write_number(row, RANK, unit.rank)
        return
    own = xl_rowcol_to_cell(row, plan.total)
    first, last = (
        xl_rowcol_to_cell(r, plan.total, row_abs=True, col_abs=True) for r in (FIRST_ROW, last_row)
    )
    sheet.write_formula(row, RANK, f"=RANK({own},{first}:{last})", None, unit.rank)


def _write_notes(sheet: PeopleSheet, plan: _Plan, result: Result) -> None:
    lines = [
        ("周期 Period", result.period),
        ("方案 Scheme", f"{result.scheme.title.zh} / {result.scheme.title.en}"),
        ("版次 Revision", str(result.revision)),
        ("结果指纹 SHA-256 of results.json", result.digest),
        ("快照指纹 SHA-256 of the snapshot", result.snapshot_digest),
        ("树头 Head of the record", result.head or "—"),
        ("数据 Data", DEMONSTRATION if result.demonstration else "正式数据 / real data"),
        ("说明", "本表为结果的展示，可重新计算；存档以 results.json 为准。"),
        ("", "没有公式的分组或总分：因有渠道缺失，按方案折算。"),
        ("Note", "A view that recomputes; the record is results.json."),
        ("", "A sum without a formula: missing channels were made up for as the scheme says."),
    ]
    if plan.shows_whole:
        lines.append(("含待核查票 Held included", f"{BOTH_RANKINGS.zh} {BOTH_RANKINGS.en}"))
    for row, (name, value) in enumerate(lines):
        sheet.write_string(row, 0, name, plan.formats.head)
        sheet.write_string(row, 1, value)
    if result.head:
        sheet.insert_image(
            len(lines) + 1, 1, "head.png", {"image_data": io.BytesIO(head_picture(result.head))}
        )
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 90)
    print_across(sheet, printed_title(result, result.scheme.title.zh))
