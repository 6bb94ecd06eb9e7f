"""A draw as a spreadsheet that explains how to check it: quotas and lots are formulas over the tickets."""

from __future__ import annotations

import io
from collections.abc import Iterator

from xlsxwriter.format import Format

from pingyi.domain.draw import Lot
from pingyi.services.draws.draws import DrawRecord
from pingyi.services.spreadsheets.writing.workbooks import PeopleBook, PeopleSheet, print_across

QUOTAS, LIST = "名额 Quotas", "名单 Draw"
ALL = "全体 all"
LOT_WORDS = {Lot.DRAWN: "抽中 drawn", Lot.ALTERNATE: "候补 alternate", Lot.NOT_DRAWN: ""}
_QUOTA_HEADS = (
    "层 Stratum",
    "人数 Members",
    "应得 Exact share",
    "整数 Whole",
    "名额 Quota",
    "候补 Alternates",
)
_LIST_HEADS = (
    "层 Stratum",
    "编号 Id",
    "票号 Ticket",
    "层内名次 Place",
    "结果 Lot",
    "票号次序 Order of tickets",
    "替换 Replaced by",
)


def draw_workbook(found: DrawRecord) -> bytes:
    """Three sheets: how to check, the quotas, and everybody's ticket with place and lot as formulas."""
    out = io.BytesIO()
    with PeopleBook(out) as book:
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        _write_words(book.add_sheet("说明 How to check"), found, head)
        _write_quotas(book.add_sheet(QUOTAS), found, head)
        _write_list(book.add_sheet(LIST), found, head)
    return out.getvalue()


def _write_words(sheet: PeopleSheet, found: DrawRecord, head: Format) -> None:
    for row, (name, words) in enumerate(_words(found)):
        sheet.write_string(row, 0, name, head)
        sheet.write_string(row, 1, words)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 110)


def _words(found: DrawRecord) -> Iterator[tuple[str, str]]:
    line = found.line
    yield "抽签 Draw", f"{line.title} ({line.key})"
    yield "规则 Rule", f"{line.members} → {line.rule.size}, 候补 alternates {line.rule.alternates}"
    yield "随机来源 Public source", f"{line.rule.source} ({line.due_on})"
    yield "名册指纹 Root", line.root.hex()
    yield "登记时间 Committed", line.committed_at.isoformat(timespec="seconds")
    yield "公布的数值 Value", line.value or "—"
    yield "种子 Seed", found.seed.hex() if found.seed else "—"
    yield "一、", "名册与规则在来源公布之前登记，名册指纹自登记之日起公开；增减一人，指纹即变。"
    yield "1.", "Pool and rule were recorded before the source was known; the root changes with every member."
    yield "二、", "种子 = SHA-256(名册指纹的 32 字节 ‖ 数值)；票号 = SHA-256(种子的 32 字节 ‖ 编号)。"
    yield (
        "2.",
        "Seed = SHA-256(root, value); a member's ticket = SHA-256(seed, id); the line below prints one.",
    )
    if found.seed and found.places:
        example = found.places[0]
        command = (
            f"printf '{found.seed.hex()}' | xxd -r -p | cat - <(printf '{example.member.id}') | sha256sum"
        )
        yield "命令 Command", command
        yield "应得 Prints", example.ticket
    yield "三、", "各层名额按人数比例，先取整数，余数大者先得；各层票号小者先中，其后依次候补。"
    yield "3.", "Strata share by size, largest remainder first; in each the smallest tickets are drawn."
    yield "四、", f"“{LIST}”中的名次、结果和次序是公式，可自行重算；次序列应全部为 ✓。"
    yield "4.", "Places, lots and the order are formulas: recalculate them; the order must be ✓ throughout."


def _write_quotas(sheet: PeopleSheet, found: DrawRecord, head: Format) -> None:
    sheet.write_row(0, 0, _QUOTA_HEADS, head)
    stated = found.line.rule.quotas
    quotas, alternates = found.shares
    last = len(found.strata) + 1
    for row, (name, members) in enumerate(found.strata.items(), 2):
        sheet.write_string(row - 1, 0, name or ALL)
        sheet.write_number(row - 1, 1, members)
        size = found.line.rule.size
        sheet.write_formula(
            row - 1, 2, f"={size}*B{row}/SUM(B$2:B${last})", None, size * members / found.line.members
        )
        sheet.write_formula(row - 1, 3, f"=INT(C{row})", None, size * members // found.line.members)
        if stated is None:
            # The same order as ours: remainder, then size, then place in the list, which is by name.
            earlier = (
                f"SUMPRODUCT(--((C$2:C${last}-D$2:D${last})*1000000+B$2:B${last}/1000000-ROW(B$2:B${last})/1E+12"
                f">(C{row}-D{row})*1000000+B{row}/1000000-ROW(B{row})/1E+12))"
            )
            formula = f"=D{row}+IF({earlier}<{size}-SUM(D$2:D${last}),1,0)"
            sheet.write_formula(row - 1, 4, formula, None, quotas[name])
        else:
            sheet.write_number(row - 1, 4, quotas.get(name, 0))
        sheet.write_number(row - 1, 5, alternates.get(name, 0))
    sheet.set_column(0, 5, 18)


def _write_list(sheet: PeopleSheet, found: DrawRecord, head: Format) -> None:
    sheet.write_row(0, 0, _LIST_HEADS, head)
    area = f"'{QUOTAS}'!$A$2:$F${len(found.strata) + 1}"
    for row, one in enumerate(found.places, 2):
        sheet.write_row(row - 1, 0, (one.member.stratum or ALL, one.member.id, one.ticket))
        sheet.write_formula(row - 1, 3, f"=IF(EXACT(A{row},A{row - 1}),D{row - 1}+1,1)", None, one.place)
        quota, kept = (f"VLOOKUP(A{row},{area},{column},FALSE)" for column in (5, 6))
        kept_or_not = f'IF(D{row}<={quota}+{kept},"{LOT_WORDS[Lot.ALTERNATE]}","")'
        lots = f'=IF(D{row}<={quota},"{LOT_WORDS[Lot.DRAWN]}",{kept_or_not})'
        sheet.write_formula(row - 1, 4, lots, None, LOT_WORDS[one.lot])
        order = f'=IF(OR(D{row}=1,C{row}>C{row - 1}),"✓","✗")'
        sheet.write_formula(row - 1, 5, order, None, "✓")
        if one.member.id in found.substitutes:
            sheet.write_string(row - 1, 6, found.substitutes[one.member.id][0])
    sheet.freeze_panes(1, 0)
    print_across(sheet, found.line.title, (0, 0))
    sheet.set_column(0, 1, 14)
    sheet.set_column(2, 2, 68)
    sheet.set_column(3, 6, 16)
