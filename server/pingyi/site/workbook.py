"""The result as a spreadsheet with live formulas: a view that recomputes, not the record."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from pingyi.domain.scheme.values import Category, Scheme
from pingyi.services.results.result import Result, UnitResult, WholeResult, points_of
from pingyi.site.board import BoardPart, part_points, parts_of
from pingyi.site.head_qr import head_picture
from pingyi.site.labels import BOTH_RANKINGS, RESULT_TITLES, REVIEW

HEAD_ROW, FIRST_ROW = 3, 4
RANK, CODE, NAME, FIRST_POINTS = 0, 1, 2, 3
DEMONSTRATION = "演示数据（随机生成），不代表任何单位的真实得分 / Demonstration data, generated at random"
_WHOLE = ("含待核查票总分 Total, held included", "含待核查票名次 Rank, held included", "复核 To be reviewed")
_FORBIDDEN = frozenset("[]:*?/\\'")
_LONGEST_NAME = 31


@dataclass(frozen=True, slots=True)
class _Formats:
    head: Format
    title: Format
    points: Format
    total: Format


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
    formats: _Formats
    shows_whole: bool

    @property
    def adjustments(self) -> int:
        return self.blocks[-1].column + 1

    @property
    def total(self) -> int:
        return self.adjustments + 1

    @property
    def last(self) -> int:
        return self.total + 2 + (len(_WHOLE) if self.shows_whole else 0)


def workbook_of(result: Result) -> bytes:
    """One sheet per category (points of every channel, sums and ranks as formulas) and one of notes."""
    out = io.BytesIO()
    with Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        formats = _formats(book, result.scheme.decimals)
        whole = any(unit.whole for unit in result.units)
        plan = _Plan(result.scheme, tuple(_blocks(result.scheme)), formats, whole)
        used: set[str] = set()
        for category in result.scheme.categories:
            sheet = book.add_worksheet(_sheet_name(category, used))
            _write_head(sheet, plan, result, category)
            _write_units(sheet, plan, result.of_category(category.key))
        _write_notes(book.add_worksheet("说明 Notes"), plan, result)
    return out.getvalue()


def _formats(book: Workbook, decimals: int) -> _Formats:
    places = "0" + ("." + "0" * decimals if decimals else "")
    return _Formats(
        head=book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1}),
        title=book.add_format({"bold": True, "font_size": 14}),
        points=book.add_format({"num_format": places}),
        total=book.add_format({"num_format": places, "bold": True}),
    )


def _blocks(scheme: Scheme) -> Iterator[_Block]:
    column = FIRST_POINTS
    for part in parts_of(scheme):
        own = column + len(part.channels) if part.is_group else column
        yield _Block(part, column, own)
        column = own + 1


def _sheet_name(category: Category, used: set[str]) -> str:
    wanted = category.title.zh[:_LONGEST_NAME]
    if not wanted or _FORBIDDEN & set(wanted) or wanted.casefold() in used:
        wanted = category.key[:_LONGEST_NAME]
    used.add(wanted.casefold())
    return wanted


def _write_head(sheet: Worksheet, plan: _Plan, result: Result, category: Category) -> None:
    formats = plan.formats
    sheet.write_string(0, 0, f"{result.scheme.title.zh} · {category.title.zh}", formats.title)
    sheet.write_string(1, 0, DEMONSTRATION if result.demonstration else result.scheme.title.en)
    heads = {RANK: "名次 Rank", CODE: "代码 Code", NAME: "单位 Unit"}
    heads |= {plan.adjustments: "加减分 Adjustments", plan.total: "总分 Total"}
    heads |= {plan.total + 1: "等次 Grade", plan.total + 2: "状态 Status"}
    heads |= dict(enumerate(_WHOLE, plan.total + 3)) if plan.shows_whole else {}
    for block in plan.blocks:
        for offset, position in enumerate(block.part.channels):
            channel = result.scheme.channels[position]
            heads[block.first + offset] = f"{channel.title.zh} ({channel.max_points:f})"
        heads[block.column] = f"{block.part.title.zh} ({block.part.max_points:f})"
    for column, words in heads.items():
        sheet.write_string(HEAD_ROW, column, words, formats.head)
    sheet.set_column(NAME, NAME, 24)
    sheet.set_column(FIRST_POINTS, plan.last, 11)
    sheet.freeze_panes(FIRST_ROW, FIRST_POINTS)


def _write_units(sheet: Worksheet, plan: _Plan, units: Sequence[UnitResult]) -> None:
    ranked = sum(unit.rank is not None for unit in units)
    for row, unit in enumerate(units, FIRST_ROW):
        sheet.write_string(row, CODE, unit.code)
        sheet.write_string(row, NAME, unit.name)
        for block in plan.blocks:
            _write_block(sheet, plan, block, row, unit)
        sheet.write_number(row, plan.adjustments, float(unit.adjustments or 0), plan.formats.points)
        _write_total(sheet, plan, row, unit)
        _write_rank(sheet, plan, row, unit, FIRST_ROW + ranked - 1)
        sheet.write_string(row, plan.total + 1, unit.grade)
        sheet.write_string(row, plan.total + 2, RESULT_TITLES[unit.status].zh)
        _write_whole(sheet, plan, row, unit.whole)
    sheet.autofilter(HEAD_ROW, 0, FIRST_ROW + max(len(units), 1) - 1, plan.last)


def _write_whole(sheet: Worksheet, plan: _Plan, row: int, whole: WholeResult | None) -> None:
    """Total and rank with held evidence counted, as numbers: no cell here repeats them."""
    if whole is None:
        return
    column = plan.total + 3
    _write_points(sheet, row, column, points_of(whole.total), plan.formats.points)
    if whole.rank is not None:
        sheet.write_number(row, column + 1, whole.rank)
    if whole.review:
        sheet.write_string(row, column + 2, REVIEW.zh)


def _write_block(sheet: Worksheet, plan: _Plan, block: _Block, row: int, unit: UnitResult) -> None:
    scores = [points_of(unit.scores[position].points) for position in block.part.channels]
    for offset, points in enumerate(scores):
        _write_points(sheet, row, block.first + offset, points, plan.formats.points)
    if not block.part.is_group:
        return
    published = points_of(part_points(block.part, unit))
    if published is not None and sum(points or Decimal(0) for points in scores) == published:
        first, last = (xl_rowcol_to_cell(row, column) for column in (block.first, block.column - 1))
        formula = f"=SUM({first}:{last})"
        sheet.write_formula(row, block.column, formula, plan.formats.points, float(published))
    else:
        _write_points(sheet, row, block.column, published, plan.formats.points)


def _write_total(sheet: Worksheet, plan: _Plan, row: int, unit: UnitResult) -> None:
    """The sum as a formula; a number where missing channels were made up for, which no plain sum repeats."""
    published = points_of(unit.total)
    parts = [points_of(part_points(block.part, unit)) for block in plan.blocks]
    plain = sum((points or Decimal(0) for points in parts), points_of(unit.adjustments) or Decimal(0))
    full = plan.scheme.full_marks
    if published is None or min(max(plain, Decimal(0)), full) != published:
        _write_points(sheet, row, plan.total, published, plan.formats.total)
        return
    cells = [
        xl_rowcol_to_cell(row, column) for column in (*(b.column for b in plan.blocks), plan.adjustments)
    ]
    formula = f"=MAX(0,MIN({full:f},SUM({','.join(cells)})))"
    sheet.write_formula(row, plan.total, formula, plan.formats.total, float(published))


def _write_rank(sheet: Worksheet, plan: _Plan, row: int, unit: UnitResult, last_row: int) -> None:
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


def _write_points(sheet: Worksheet, row: int, column: int, points: Decimal | None, form: Format) -> None:
    if points is None:
        sheet.write_blank(row, column, None, form)
    else:
        sheet.write_number(row, column, float(points), form)


def _write_notes(sheet: Worksheet, plan: _Plan, result: Result) -> None:
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
