"""Files of operators: judged row by row, then stored whole or not at all."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import Workbook, load_workbook
from sqlalchemy import text

from pingyi.db import transaction

CHANNEL = "/api/v1/periods/example-2017/partner_score/work_law"
HEAD = ("单位", "得分", "依据", "更正理由")
Send = Callable[..., Any]


def workbook(*rows: Sequence[Any], merged: Sequence[str] = ()) -> bytes:
    book = Workbook()
    sheet = book.active
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row, 1):
            cell = sheet.cell(number, column, value)
            if isinstance(value, str):
                cell.data_type = "s"
    for area in merged:
        sheet.merge_cells(area)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def scores(client: FlaskClient, headers: dict[str, str]) -> dict[str, str]:
    listed = client.get(f"{CHANNEL}/entries", headers=headers).json["entries"]
    return {entry["unit"]: entry["values"]["score"] for entry in listed if entry["current"]}


def test_rows_get_verdicts_and_are_stored_by_the_confirmation(
    upload: Send, confirm: Send, post: Send, stored: Send, client: FlaskClient, operator: dict[str, str]
) -> None:
    assert post({"unit": "A01", "score": "4"}, {"unit": "A02", "score": "3"}).status_code == 201
    before = stored()
    content = workbook(HEAD, ("A01", 4, None, None), ("市公安局", 4.5, "通报", "核对有误"))
    found = upload(content)
    assert found.status_code == 201, found.text
    assert [row["verdict"] for row in found.json["verdicts"]] == ["unchanged", "corrected"]
    assert found.json["verdicts"][1]["unit"] == "A02"
    assert stored() == before
    done = confirm(found)
    assert done.status_code == 201, done.text
    assert [entry["verdict"] for entry in done.json["entries"]] == ["unchanged", "corrected"]
    assert scores(client, operator) == {"A01": "4", "A02": "4.5"}
    assert stored()["delivery"] == before["delivery"] + 1


def test_confirming_twice_stores_once(upload: Send, confirm: Send, stored: Send) -> None:
    content = workbook(HEAD, ("A01", 4, "=1+1", None))
    found = upload(content)
    first = confirm(found)
    once = stored()
    again = confirm(found)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.data == first.data
    assert again.headers["Idempotency-Replayed"] == "true"
    same = upload(content)
    assert (same.json["state"], same.json["counts"]["unchanged"]) == ("ready", 1)
    assert stored() == once
    with transaction() as connection:
        row = connection.execute(text("SELECT kind, fingerprint FROM delivery")).one()
    assert (row.kind, row.fingerprint.hex()) == ("upload", found.json["sha256"])


def test_csv_in_gb18030_with_full_width_digits(
    upload: Send, confirm: Send, client: FlaskClient, operator: dict[str, str]
) -> None:
    content = "单位,得分,依据\n市发改委,４．５,通报３号\nＡ０２,3,-\n".encode("gb18030")
    found = upload(content)
    assert found.json["counts"]["new"] == 2, found.text
    assert confirm(found).status_code == 201
    listed = client.get(f"{CHANNEL}/entries", headers=operator).json["entries"]
    assert [(one["unit"], one["values"]) for one in listed] == [
        ("A01", {"unit": "A01", "score": "4.5", "evidence": "通报３号"}),
        ("A02", {"unit": "A02", "score": "3", "evidence": "-"}),
    ]


@pytest.mark.parametrize(
    "head",
    ["\ufeffunit,score", "unit,score", "Unit,Score", "单位 / Unit\t得分 / Score", "序号;单位名称;得分"],
)
def test_titles_in_any_language_and_separator(upload: Send, head: str) -> None:
    row = "A01,4.5" if "," in head else "A01\t4.5" if "\t" in head else "1;A01;4.5"
    found = upload(f"{head}\r\n{row}\r\n".encode())
    assert found.status_code == 201, found.text
    assert found.json["counts"]["new"] == 1


def test_merged_heading_is_read_as_people_see_it(upload: Send) -> None:
    content = workbook(
        ("2017年依法行政评分表", None, None),
        ("单位", "考核", None),
        (None, "得分", "依据"),
        ("A01", 4.5, "通报"),
        ("A02", 3, "+86-1"),
        merged=("A1:C1", "A2:A3", "B2:C2"),
    )
    found = upload(content)
    assert found.status_code == 201, found.text
    assert [(row["row"], row["verdict"]) for row in found.json["verdicts"]] == [(4, "new"), (5, "new")]


def test_wrong_row_is_named_with_its_column_and_nothing_is_stored(
    upload: Send,
    confirm: Send,
    stored: Send,
    client: FlaskClient,
    operator: dict[str, str],
    office: dict[str, str],
) -> None:
    before = stored()
    lines = ["单位,得分", *(f"A01x{n},4" for n in range(3015)), "A01,四", "A01,4", "A01,3"]
    found = upload("\n".join(lines).encode())
    number = found.json["upload"]
    assert found.json["state"] == "wrong"
    assert found.json["counts"]["wrong"] == 3017
    page = client.get(f"{CHANNEL}/uploads/{number}?after=3016&verdict=wrong", headers=operator).json
    assert [row["row"] for row in page["verdicts"]] == [3017, 3019]
    (error,) = page["verdicts"][0]["errors"]
    assert (error["field"], error["column"]) == ("score", "得分")
    assert "3018" in page["verdicts"][1]["errors"][0]["detail"]["zh"]
    assert confirm(found).json["code"] == "upload_wrong"
    assert stored() == before


def test_preview_that_no_longer_holds_is_refused(
    upload: Send, confirm: Send, post: Send, stored: Send
) -> None:
    content = "单位,得分,更正理由\nA01,4,核对".encode()
    found = upload(content)
    post({"unit": "A01", "score": "5"})
    before = stored()
    refused = confirm(found)
    assert (refused.status_code, refused.json["code"]) == (409, "preview_outdated")
    assert stored() == before
    again = upload(content)
    assert again.json["verdicts"][0]["verdict"] == "corrected"
    assert confirm(again).status_code == 201


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"PK\x03\x04 nothing", "file_unreadable"),
        (b"\xd0\xcf\x11\xe0 nothing", "file_unreadable"),
        (b"unit,score\x00", "file_unreadable"),
        (b"unit,colour\nA01,4\n", "columns_invalid"),
        (b"unit,score\n", "file_empty"),
        (b"unit,score\n" + b"A01,4\n" * 50_001, "too_many_rows"),
        (b"x" * (10 * 2**20 + 1), "body_too_large"),
    ],
)
def test_files_that_cannot_be_judged_are_refused(
    upload: Send, stored: Send, content: bytes, code: str
) -> None:
    before = stored()
    assert upload(content).json["code"] == code
    assert stored() == before


def test_channel_of_another_operator_is_refused(
    client: FlaskClient, upload: Send, key_of: Callable[..., dict[str, str]]
) -> None:
    found = upload(b"unit,score\nA01,4\n").json["upload"]
    other = key_of("市政府网站")
    assert upload(b"unit,score\nA01,4\n", **other).status_code == 403
    assert client.get(f"{CHANNEL}/uploads/{found}", headers=other).status_code == 403
    assert client.post(f"{CHANNEL}/uploads/{found}/confirmation", headers=other).status_code == 403
    assert client.get(f"{CHANNEL}/entries/template.xlsx", headers=other).status_code == 403


def test_template_filled_in_can_be_uploaded(
    client: FlaskClient, operator: dict[str, str], upload: Send
) -> None:
    given = client.get(f"{CHANNEL}/entries/template.xlsx", headers=operator)
    book = load_workbook(io.BytesIO(given.data))
    sheet = book.worksheets[0]
    assert [sheet.cell(row, 1).value for row in (3, 4)] == ["A01", "A02"]
    column = next(cell.column for cell in sheet[1] if str(cell.value).startswith("得分"))
    sheet.cell(3, column, "４")
    out = io.BytesIO()
    book.save(out)
    found = upload(out.getvalue())
    assert found.status_code == 201, found.text
    assert {**found.json["counts"]} == {
        "rows": 1,
        "new": 1,
        "corrected": 0,
        "unchanged": 0,
        "wrong": 0,
        "empty": 1,
        "moved": 0,
    }


def test_archive_that_lies_about_its_size_is_not_read(upload: Send) -> None:
    content = workbook(HEAD, *(("A01", 4, None, None) for _ in range(50)))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    lying = content.replace(size.to_bytes(4, "little"), (9).to_bytes(4, "little"))
    assert lying != content
    assert upload(lying).json["code"] == "file_unreadable"


def test_cell_at_the_far_corner_ends_the_reader_and_not_the_server(upload: Send) -> None:
    book = Workbook()
    book.active["A1"], book.active["XFD1048576"] = "单位", "x"
    out = io.BytesIO()
    book.save(out)
    refused = upload(out.getvalue())
    assert (refused.status_code, refused.json["code"]) == (422, "file_too_complex")


def test_open_document_is_read(upload: Send) -> None:
    text_cell, number = 'office:value-type="string"', 'office:value-type="float" office:value="4.5"'
    cells = [(text_cell, "单位"), (text_cell, "得分"), (text_cell, "A01"), (number, "4.5")]
    made = [f"<table:table-cell {kind}><text:p>{cell}</text:p></table:table-cell>" for kind, cell in cells]
    rows = "".join(f"<table:table-row>{''.join(made[at : at + 2])}</table:table-row>" for at in (0, 2))
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text", "manifest")
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", f"<manifest:manifest{names}/>")
        archive.writestr(
            "content.xml",
            f"<office:document-content{names}><office:body><office:spreadsheet>"
            f'<table:table table:name="a">{rows}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    found = upload(out.getvalue())
    assert found.status_code == 201, found.text
    assert found.json["counts"]["new"] == 1
