"""The right part of a file: its sheet, rows, separator and encoding, or a sentence that says why not."""

from __future__ import annotations

import io
import struct
import zipfile
from email.message import EmailMessage
from typing import Any

import pytest
from tests.integration.api.tables.conftest import Desk
from tests.integration.api.tables.test_cells import case, csv, table
from xlsxwriter import Workbook

HEAD = ("单位", "得分")


def book(*sheets: tuple[str, bool, list[tuple[Any, ...]]]) -> bytes:
    """A workbook of (name, hidden, rows)."""
    out = io.BytesIO()
    with Workbook(out, {"in_memory": True}) as made:
        for name, hidden, rows in sheets:
            sheet = made.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
            if hidden:
                sheet.hide()
        next(each for each in made.worksheets() if not each.hidden).activate()
        next(each for each in made.worksheets() if not each.hidden).set_first_sheet()
    return out.getvalue()


def scores(desk: Desk, content: bytes) -> dict[str, str]:
    return {one["unit"]: one["score"] for one in desk.stored("scores", content)}


def test_hidden_sheet_is_not_read(desk: Desk) -> None:
    assert scores(desk, case("08-old-hidden.xlsx")) == {"003": "95"}


def test_sheet_whose_heading_fits_is_read(desk: Desk) -> None:
    assert scores(desk, case("08-notes-first.xlsx")) == {"010": "90"}


def test_sheet_is_read_that_fits_best_or_is_asked_for(desk: Desk) -> None:
    content = book(
        ("去年", False, [("单位", "名次"), ("010", 1)]),
        ("今年", False, [("单位", "得分", "依据"), ("010", 91, "通报")]),
        ("更正前", False, [HEAD, ("010", 61)]),
    )
    assert scores(desk, content) == {"010": "91"}


def test_blank_cells_far_away_do_not_end_the_reading(desk: Desk) -> None:
    out = io.BytesIO()
    with Workbook(out, {"in_memory": True}) as made:
        sheet = made.add_worksheet()
        sheet.write_row(0, 0, HEAD)
        sheet.write_row(1, 0, ("010", 91))
        sheet.write_string(0, 16_000, " ")
        sheet.write_blank(1, 16_383, None, made.add_format({"bold": True}))
        sheet.write_blank(1_048_575, 0, None, made.add_format({"bold": True}))
    assert scores(desk, out.getvalue()) == {"010": "91"}


def test_hidden_row_is_named(desk: Desk) -> None:
    out = io.BytesIO()
    with Workbook(out, {"in_memory": True}) as made:
        sheet = made.add_worksheet()
        for number, row in enumerate((HEAD, ("010", 91), ("011", 92))):
            sheet.write_row(number, 0, row)
        sheet.set_row(2, None, None, {"hidden": True})
    first, second = desk.rows("scores", out.getvalue())
    assert (first["notes"], second["verdict"]) == ([], "new")
    assert "隐藏" in second["notes"][0]["zh"]


def merged(*areas: str, rows: list[tuple[Any, ...]]) -> bytes:
    out = io.BytesIO()
    with Workbook(out, {"in_memory": True}) as made:
        sheet = made.add_worksheet()
        for area in areas:
            sheet.merge_range(area, "")
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if value is not None:
                    sheet.write(number, column, value)
    return out.getvalue()


TOTALS = ("单位", "月份", "指标", "件数", "总数")


def test_unit_merged_over_its_rows_belongs_to_each(desk: Desk) -> None:
    stored = desk.stored("totals", case("13-merged.xlsx"))
    assert [(one["unit"], one["measure"]) for one in stored] == [("010", "resolved"), ("010", "satisfied")]


def test_number_merged_over_rows_is_not_counted_twice(desk: Desk) -> None:
    content = merged(
        "E2:E3",
        rows=[
            TOTALS,
            ("010", "2026-02", "resolved", 9, 10),
            ("010", "2026-02", "satisfied", 8, None),
        ],
    )
    (row,) = [row for row in desk.rows("totals", content) if row["verdict"] == "wrong"]
    (error,) = row["errors"]
    assert (row["row"], error["code"]) == (3, "cell_merged")
    assert error["detail"]["zh"].startswith("E3 与 E2 合并")


def test_cells_merged_across_columns_are_named(desk: Desk) -> None:
    content = merged("D2:E2", rows=[TOTALS, ("010", "2026-02", "resolved", 9, None)])
    assert desk.codes("totals", content) == {2: ["cell_merged"]}


@pytest.mark.parametrize("bom", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_read_by_its_mark(desk: Desk, bom: str) -> None:
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}[bom]
    assert scores(desk, mark + "单位\t得分\r\n市公安局\t92.5\r\n".encode(bom)) == {"010": "92.5"}


def test_unicode_text_of_excel_is_read(desk: Desk) -> None:
    assert scores(desk, case("11-unicode.txt")) == {"010": "92.5"}


def test_semicolons_inside_a_column_part_nothing(desk: Desk) -> None:
    assert scores(desk, case("12-semis.csv")) == {"010": "90", "011": "90", "012": "90", "013": "90"}


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", "，"])
def test_separator_is_the_one_under_which_the_heading_fits(desk: Desk, separator: str) -> None:
    other = ";" if separator == "," else ","
    words = f'"{other * 9}、通报{separator}第3号"'
    content = csv(separator.join(("单位", "得分", "依据")), separator.join(("010", "90", words)))
    assert [one["evidence"] for one in desk.stored("scores", content)] == [words.strip('"')]


def test_separator_that_excel_names_is_taken(desk: Desk) -> None:
    rows = desk.rows("scores", csv("sep=;", "单位;得分", "010;90"))
    assert [(row["row"], row["verdict"]) for row in rows] == [(3, "new")]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7 ...", "PDF"),
        (b"\x89PNG\r\n\x1a\n....", "图片"),
        (b"\xff\xd8\xff\xe0....", "图片"),
        (b"Rar!\x1a\x07....", "压缩包"),
        (b"{\\rtf1 ...", "文档"),
    ],
)
def test_what_is_no_table_is_refused_by_its_name(desk: Desk, content: bytes, words: str) -> None:
    refused = desk.send("scores", content)
    assert (refused.status_code, refused.json["code"]) == (422, "file_unreadable")
    assert words in refused.json["detail"]


def test_code_and_name_must_mean_one_unit(desk: Desk) -> None:
    (row,) = desk.rows("scores", case("17-disagree.csv"))
    (error,) = row["errors"]
    assert (row["verdict"], error["code"]) == ("wrong", "unit_disagrees")
    assert "市财政局" in error["detail"]["zh"] and "010" in error["detail"]["zh"]
    assert desk.codes("scores", csv("单位,单位名称,得分", "010,没有这个单位,90")) == {2: ["unit_disagrees"]}
    assert desk.codes("scores", csv("单位,单位名称,得分", "010,市公安局,90")) == {2: []}


def test_title_with_a_note_in_brackets_is_that_title(desk: Desk) -> None:
    assert scores(desk, case("20-bracket.xlsx")) == {"010": "90"}


@pytest.mark.parametrize(
    "title", ["得分（100分制）", "得分(满分100)", "得分【必填】", "* 得分", "得分：", "得分\n（分）"]
)
def test_title_is_known_in_what_people_make_of_it(desk: Desk, title: str) -> None:
    assert scores(desk, table(("单位", title), ("010", 90))) == {"010": "90"}


@pytest.mark.parametrize("name", ["10-oa.xls", "10-sheetml.xls"])
def test_markup_under_the_name_of_xls_is_read(desk: Desk, name: str) -> None:
    assert scores(desk, case(name)) == {"010": "92.5"}


PAGE = """<!DOCTYPE html><html><head><meta charset="{charset}"><title>报表</title>
<style>.n {{mso-number-format:"0\\.00%";}} .t {{mso-number-format:"\\@";}}</style></head>
<body><script>var x = "<table><tr><td>不是</td></tr></table>";</script><table border=1>
<tr><th colspan=3>得分表<tr><th>单位<th>得分<th>依据
{rows}</table></body></html>"""


def page(rows: str, charset: str = "utf-8") -> bytes:
    return PAGE.format(rows=rows, charset=charset).encode(charset)


@pytest.mark.parametrize("charset", ["utf-8", "gb18030", "utf-16"])
def test_page_of_an_office_system_is_read_in_its_encoding(desk: Desk, charset: str) -> None:
    content = page("<tr><td>市公安局</td><td> 92.5 </td><td class=t>通&nbsp;报</td></tr>", charset)
    assert [(one["score"], one["evidence"]) for one in desk.stored("scores", content)] == [("92.5", "通 报")]


def test_number_that_a_page_shows_otherwise_is_refused_with_both(desk: Desk) -> None:
    content = page('<tr><td>010</td><td style="mso-number-format:0\\.00" x:num="92.5478">92.55</td></tr>')
    assert desk.codes("scores", content) == {3: ["number_rounded"]}
    assert desk.codes("scores", page('<tr><td>010</td><td class=n x:num="0.92">92.00%</td></tr>')) == {
        3: ["percent_misplaced"]
    }


def test_unit_of_a_page_that_spans_its_rows_belongs_to_each(desk: Desk) -> None:
    head = "<tr>" + "".join(f"<td>{title}</td>" for title in TOTALS) + "</tr>"
    rows = (
        "<tr><td rowspan=2>010</td><td>2026-02</td><td>resolved</td><td>9</td><td>10</td></tr>"
        "<tr><td>2026-02</td><td>satisfied</td><td>8</td><td>10</td></tr>"
    )
    stored = desk.stored("totals", f"<table>{head}{rows}</table>".encode())
    assert [(one["unit"], one["measure"]) for one in stored] == [("010", "resolved"), ("010", "satisfied")]


def test_web_archive_is_read(desk: Desk) -> None:
    archive = EmailMessage()
    archive.set_content("frames")
    archive.add_alternative(page("<tr><td>010</td><td>92.5</td></tr>").decode(), subtype="html")
    assert scores(desk, archive.as_bytes()) == {"010": "92.5"}


SHEETML = """<?xml version="1.0" encoding="{charset}"?>
<?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"
 xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
<Styles><Style ss:ID="p"><NumberFormat ss:Format="Percent"/></Style>
<Style ss:ID="d"><NumberFormat ss:Format="0.00"/></Style></Styles>
<Worksheet ss:Name="一"><Table><Row><Cell><Data ss:Type="String">单位</Data></Cell>
<Cell><Data ss:Type="String">得分</Data></Cell></Row>
<Row><Cell ss:Index="1"><Data ss:Type="String">010</Data></Cell>{cell}</Row></Table></Worksheet></Workbook>"""


@pytest.mark.parametrize(
    ("cell", "codes"),
    [
        ('<Cell><Data ss:Type="Number">92.5</Data></Cell>', []),
        ('<Cell ss:StyleID="d"><Data ss:Type="Number">92.5478</Data></Cell>', ["number_rounded"]),
        ('<Cell ss:StyleID="p"><Data ss:Type="Number">0.92</Data></Cell>', ["percent_misplaced"]),
        ('<Cell ss:Formula="=90+2"><Data ss:Type="Number"></Data></Cell>', ["formula_without_result"]),
        ('<Cell><Data ss:Type="Error">#DIV/0!</Data></Cell>', ["cell_error"]),
        ('<Cell><Data ss:Type="DateTime">2026-01-08T00:00:00.000</Data></Cell>', ["date_misplaced"]),
    ],
)
@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_xml_of_excel_2003_is_read_with_its_formats(
    desk: Desk, cell: str, codes: list[str], charset: str
) -> None:
    assert desk.codes("scores", SHEETML.format(cell=cell, charset=charset).encode(charset)) == {2: codes}


@pytest.mark.parametrize("stream", ["EncryptedPackage", "WordDocument"])
def test_other_documents_in_the_old_container_are_named(desk: Desk, stream: str) -> None:
    content = container(stream)
    refused = desk.send("scores", content)
    words = {"EncryptedPackage": "密码", "WordDocument": "文档"}[stream]
    assert (refused.json["code"], words in refused.json["detail"]) == ("file_unreadable", True)


def container(stream: str) -> bytes:
    """A compound file with one empty-ish stream: header, allocation table, directory, eight sectors of it."""
    free, end, table = b"\xff" * 4, b"\xfe\xff\xff\xff", b"\xfd\xff\xff\xff"
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    head += b"\0" * 10 + struct.pack("<II", 1, 1) + b"\0" * 4 + struct.pack("<I", 4096)
    head += end + b"\0" * 4 + end + b"\0" * 4 + struct.pack("<I", 0) + free * 108
    chain = b"".join(struct.pack("<I", at + 1) for at in range(2, 9)) + end
    allocation = (table + end + chain + free * 128)[:512]

    def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
        spelled = name.encode("utf-16-le")
        parts = struct.pack("<HBBIII", len(spelled) + 2, kind, 1, 2**32 - 1, 2**32 - 1, child)
        return spelled.ljust(64, b"\0") + parts + b"\0" * 36 + struct.pack("<III", start, size, 0)

    directory = entry("Root Entry", 5, 1, 2**32 - 2, 0) + entry(stream, 2, 2**32 - 1, 2, 4096)
    return head + allocation + directory.ljust(512, b"\0") + b"\0" * 4096


def test_old_workbook_is_read_with_its_formats(desk: Desk) -> None:
    answer = desk.send("totals", case("formats.xls")).json
    assert [(row["row"], [error["code"] for error in row["errors"]]) for row in answer["verdicts"]] == [
        (2, []),
        (3, ["month_as_number"]),
        (4, ["formula_without_result"]),
        (5, ["number_rounded"]),
        (6, []),
        (7, []),
        (8, []),
    ]
    assert answer["sheet"] == "数据"
    assert "旧表" in "".join(note["zh"] for note in answer["notes"])
    assert [row["unit"] for row in answer["verdicts"][4:6]] == ["013", "013"]
    assert "隐藏" in answer["verdicts"][5]["notes"][0]["zh"]


def test_old_workbook_counts_its_days_from_where_it_says(desk: Desk) -> None:
    rows = desk.rows("cases", case("days-1904.xls"))
    assert [[error["code"] for error in row["errors"]] for row in rows] == [["number_lost_digits"], []]


def test_sheet_can_be_asked_for_by_its_name(desk: Desk) -> None:
    content = book(
        ("今年", False, [("单位", "得分", "依据"), ("010", 91, "通报")]),
        ("更正前", False, [HEAD, ("010", 61)]),
        ("旧表", True, [HEAD, ("010", 60)]),
    )
    assert desk.send("scores", content, sheet="更正前").json["sheet"] == "更正前"
    assert desk.send("scores", content).json["sheet"] == "今年"
    refused = desk.send("scores", content, sheet="旧表")
    assert (refused.status_code, refused.json["code"]) == (422, "sheet_missing")


RELATION = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="1"'
    ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"'
    ' Target="{target}"/></Relationships>'
)


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"得分.csv": "单位,得分"}, "压缩包"),
        ({"_rels/.rels": RELATION.format(target="word/document.xml"), "word/document.xml": "<w/>"}, "文档"),
        ({"_rels/.rels": RELATION.format(target="xl/workbook.bin"), "xl/workbook.bin": "x"}, "XLSB"),
    ],
)
def test_archives_that_are_no_workbook_are_named(desk: Desk, members: dict[str, str], words: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    refused = desk.send("scores", out.getvalue())
    assert (refused.json["code"], words in refused.json["detail"]) == ("file_unreadable", True)
