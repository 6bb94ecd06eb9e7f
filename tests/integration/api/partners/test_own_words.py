"""Operators use the words of their scheme in files, headings and requests; what is stored is the key."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import Workbook, load_workbook
from tests.own_words import OPERATOR, TOLD, open_period

Headers = dict[str, str]


@pytest.fixture
def headers(app: Flask, key_of: Callable[..., Headers]) -> Iterator[Headers]:
    """The operator's key for the open period."""
    open_period()
    yield key_of(OPERATOR)


def base(key: str) -> str:
    return f"/api/v1/periods/p/{TOLD[key].plugin}/{key}"


def as_csv(table: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(table)
    return out.getvalue().encode()


def as_xlsx(table: Sequence[Sequence[str]]) -> bytes:
    """As a spreadsheet keeps them: counts are numbers."""
    book, out = Workbook(), io.BytesIO()
    for row in table:
        book.active.append([int(cell) if cell.isdecimal() and len(cell) < 3 else cell for cell in row])
    book.save(out)
    return out.getvalue()


def stored(client: FlaskClient, headers: Headers, key: str) -> list[Mapping[str, Any]]:
    entries = client.get(f"{base(key)}/entries", headers=headers).json["entries"]
    return [{name: value for name, value in one["values"].items() if name != "unit"} for one in entries]


@pytest.mark.parametrize("write", [as_csv, as_xlsx])
@pytest.mark.parametrize("key", TOLD)
def test_table_in_the_words_of_the_scheme_is_stored_by_its_keys(
    client: FlaskClient, headers: Headers, key: str, write: Callable[..., bytes]
) -> None:
    sent = client.post(f"{base(key)}/uploads", data=write(TOLD[key].table), headers=headers)
    assert sent.json.get("state") == "ready", sent.text
    done = client.post(f"{base(key)}/uploads/{sent.json['upload']}/confirmation", headers=headers)
    assert done.status_code == 201, done.text
    assert stored(client, headers, key) == list(TOLD[key].values)


@pytest.mark.parametrize("key", TOLD)
def test_request_in_the_words_of_the_scheme_is_stored_by_its_keys(
    client: FlaskClient, headers: Headers, key: str
) -> None:
    sent = client.post(
        f"{base(key)}/entries",
        json={"entries": TOLD[key].entries},
        headers={**headers, "Idempotency-Key": f"own-words-{key:_<20}"},
    )
    assert sent.status_code == 201, sent.text
    assert stored(client, headers, key) == list(TOLD[key].values)


def test_same_item_in_two_words_is_one(client: FlaskClient, headers: Headers) -> None:
    table = [("单位", "指标", "次数"), ("u1", "中午饮酒", "1"), ("u1", "noon_alcohol", "2")]
    sent = client.post(f"{base('discipline')}/uploads", data=as_csv(table), headers=headers).json
    assert [error["code"] for error in sent["verdicts"][1]["errors"]] == ["repeated_in_batch"]


@pytest.mark.parametrize(
    ("key", "row", "zh", "en"),
    [
        (
            "discipline",
            {"unit": "u1", "item": "喝酒", "count": 1},
            "没有“喝酒”，只能是：工作日中午饮酒、弄虚作假。",
            "There is no 喝酒; it is one of: Alcohol at noon, Forgery.",
        ),
        (
            "vote",
            {"unit": "u1", "stratum": "东片", "option": "很好", "count": 1},
            "只能是：守法、履职。",
            "Must be one of: Abiding, Duty.",
        ),
        (
            "points",
            {"unit": "u1", "point": "E1", "stratum": "企业", "answers": {"态度": "很好"}},
            "只能是：守法、办事快慢。",
            "Must be one of: Abiding, Pace.",
        ),
    ],
)
def test_refusal_names_the_words_of_the_scheme(
    client: FlaskClient, headers: Headers, key: str, row: dict[str, Any], zh: str, en: str
) -> None:
    for language, wanted in (("zh", zh), ("en", en)):
        sent = client.post(
            f"{base(key)}/entries",
            json={"entries": [row]},
            headers={**headers, "Idempotency-Key": f"wrong-words-{key:_<20}", "Accept-Language": language},
        )
        assert (sent.status_code, [error["detail"] for error in sent.json["errors"]]) == (422, [wanted])


def test_template_lists_the_words_of_the_scheme(client: FlaskClient, headers: Headers) -> None:
    def sheets(key: str) -> tuple[list[str], list[str], str]:
        book = load_workbook(
            io.BytesIO(client.get(f"{base(key)}/entries/template.xlsx", headers=headers).data)
        )
        entries, notes = book.worksheets
        lists = [
            str(rule.formula1) for rule in entries.data_validations.dataValidation if rule.type == "list"
        ]
        heads = [str(cell.value) for cell in next(entries.iter_rows(max_row=1))]
        return heads, lists, " ".join(str(cell.value) for row in notes.iter_rows() for cell in row)

    _, lists, notes = sheets("discipline")
    assert lists == ['"工作日中午饮酒,弄虚作假"']
    assert "工作日中午饮酒、弄虚作假 / Alcohol at noon, Forgery" in notes
    heads, lists, _ = sheets("points")
    assert heads[5:7] == ["测评：守法 / Answers: Abiding", "测评：办事快慢 / Answers: Pace"]
    assert lists[0] == '"企业"' and lists[1].startswith('"很好,凑合,不满意,')
    # a list would be split at the comma of this word; the notes have it all the same
    _, lists, notes = sheets("visits")
    assert lists == ['"已记录,已告知,有异议,已认定,已撤销"'] and "脱岗,离岗 / Away from the desk" in notes


def test_own_template_is_taken_back_filled_in(client: FlaskClient, headers: Headers) -> None:
    answer = client.get(f"{base('points')}/entries/template.xlsx", headers=headers)
    book = load_workbook(io.BytesIO(answer.data))
    sheet = book.worksheets[0]
    at = {str(cell.value).split(" / ")[0]: cell.column for cell in sheet[1]}
    for title, word in (("监测点", "E1"), ("监测点类型", "企业"), ("测评：办事快慢", "凑合")):
        sheet.cell(3, at[title]).value = word
    out = io.BytesIO()
    book.save(out)
    sent = client.post(f"{base('points')}/uploads", data=out.getvalue(), headers=headers).json
    assert sent["counts"]["new"] == 1, sent
