"""Files as programs write them and people hand them in: old formats, one wrong cell, archives that expand."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from tests.waiting import worked_seconds

from pingyi.services.spreadsheets.writing.csv_files import csv_for_people

FILES = Path(__file__).parent / "files"
CHANNEL = "/api/v1/periods/example-2017/partner_score/work_law"
POLL = "/api/v1/periods/example-2017/web_poll/online_poll"
MEGABYTE = 2**20
Send = Callable[..., Any]


@pytest.mark.parametrize("name", ["scores.xls", "scores.ods"])
def test_file_that_a_spreadsheet_program_wrote_is_previewed_and_stored(
    client: FlaskClient, operator: dict[str, str], upload: Send, confirm: Send, name: str
) -> None:
    found = upload((FILES / name).read_bytes())
    assert found.status_code == 201, found.text
    assert [(row["row"], row["unit"], row["verdict"]) for row in found.json["verdicts"]] == [
        (4, "A01", "new"),
        (5, "A02", "new"),
    ]
    assert confirm(found).status_code == 201
    listed = client.get(f"{CHANNEL}/entries", headers=operator).json["entries"]
    assert [one["values"] for one in listed] == [
        {"unit": "A01", "score": "4.1", "evidence": "通报３号"},
        {"unit": "A02", "score": "3.5", "evidence": "+86-1"},
    ]


def test_table_for_people_is_taken_back_as_it_was(
    client: FlaskClient, operator: dict[str, str], upload: Send, confirm: Send
) -> None:
    words = ['=HYPERLINK("http://evil.example","通报")', "+cmd|' /C calc'!A0"]
    rows = [(unit, "4.1", said) for unit, said in zip(("A01", "A02"), words, strict=True)]
    content = csv_for_people([("单位", "得分", "依据"), *rows])
    assert content.count(b"'=HYPERLINK") == content.count(b"'+cmd") == 1
    assert confirm(upload(content)).status_code == 201
    listed = client.get(f"{CHANNEL}/entries", headers=operator).json["entries"]
    assert [one["values"]["evidence"] for one in listed] == words


def polled() -> Worksheet:
    """A sheet of 3,500 rows, one for each of 3,500 batches of a poll."""
    sheet = Workbook().active
    sheet.append(("单位", "批次", "选项", "票数"))
    for number in range(2, 3502):
        sheet.append((("A01", "市公安局")[number % 2], f"第{number}批", "satisfied", number))
    return sheet


def saved(sheet: Worksheet) -> bytes:
    out = io.BytesIO()
    sheet.parent.save(out)
    return out.getvalue()


def test_one_wrong_row_of_thousands_is_named_and_the_corrected_sheet_is_stored(
    client: FlaskClient, opened: None, key_of: Send, upload: Send, stored: Send
) -> None:
    key, before, sheet = key_of("市政府网站"), stored(), polled()
    sheet["D3017"] = "三十"
    found = upload(saved(sheet), POLL, **key)
    assert found.status_code == 201, found.text
    assert found.json["state"] == "wrong"
    counts = {"rows": 3500, "new": 3499, "corrected": 0, "unchanged": 0, "wrong": 1, "empty": 0, "moved": 0}
    assert found.json["counts"] == counts
    uploads = f"{POLL}/uploads"
    (row,) = client.get(f"{uploads}/{found.json['upload']}?verdict=wrong", headers=key).json["verdicts"]
    (error,) = row["errors"]
    assert (row["row"], error["column"], error["field"]) == (3017, "票数", "count")
    assert error["detail"]["zh"] and error["detail"]["en"]
    refused = client.post(f"{uploads}/{found.json['upload']}/confirmation", headers=key)
    assert (refused.status_code, refused.json["code"]) == (409, "upload_wrong")
    assert stored() == before
    sheet["D3017"] = "３０"
    again = upload(saved(sheet), POLL, **key)
    assert (again.json["state"], again.json["counts"]["new"]) == ("ready", 3500)
    assert client.post(f"{uploads}/{again.json['upload']}/confirmation", headers=key).status_code == 201
    assert stored()["entry"] == before["entry"] + 3500


def test_workbook_of_two_megabytes_that_expands_to_five_hundred_is_refused(
    upload: Send, stored: Send
) -> None:
    content = expanding()
    assert 1.5 * MEGABYTE < len(content) < 2.5 * MEGABYTE
    before, began = stored(), worked_seconds()
    refused = upload(content)
    assert (refused.status_code, refused.json["code"]) == (422, "file_expands")
    assert worked_seconds() - began < 3
    assert stored() == before


def expanding() -> bytes:
    """A workbook as programs write it, with 500 MB of equal rows."""
    row = b'<row><c t="inlineStr"><is><t>A01</t></is></c><c><v>4</v></c></row>'
    rows = row * (MEGABYTE // len(row) + 1)
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(saved(Workbook().active))) as empty,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        sheets = "xl/worksheets/sheet1.xml"
        for member in empty.namelist():
            if member != sheets:
                archive.writestr(member, empty.read(member))
        head, tail = empty.read(sheets).split(b"<sheetData></sheetData>")
        with archive.open(sheets, "w", force_zip64=True) as sheet:
            sheet.write(head + b"<sheetData>")
            for _ in range(500):
                sheet.write(rows)
            sheet.write(b"</sheetData>" + tail)
    return out.getvalue()
