"""What makes an identity and a unit is compared folded, and what changes by it is shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from tests.integration.api.tables.conftest import Desk
from tests.integration.api.tables.test_cells import case, csv

from pingyi.db import transaction

CASES = Path(__file__).parent / "cases"
HEAD = "单位,来源,编号,受理时间"
UNITS = "/api/v1/periods/tables-2026/units"


@pytest.mark.parametrize("name", ["07-variants.csv", "07-decorated.csv"])
def test_one_case_in_many_spellings_is_one_case(desk: Desk, name: str) -> None:
    rows = desk.rows("cases", case(name))
    assert [[error["code"] for error in row["errors"]] for row in rows[1:]] == [["repeated_in_batch"]] * (
        len(rows) - 1
    )
    assert "第2行是同一项" in rows[1]["errors"][0]["detail"]["zh"]


SPELLINGS = [
    "zw-1",
    "ＺＷ－１",
    "ZW–1",
    "ZW—1",
    "ZW−1",
    "ZW‐1",
    "ZW\u200b-1",
    "\ufeffZW-1",
    "\u202aZW-1\u202c",
    "ZW-\u00ad1",
    '="ZW-1"',
    "'ZW-1",
    "`ZW-1",
    " ZW-1 ",
    "ZW-1\u3000",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_case_delivered_again_in_another_spelling_is_the_same(desk: Desk, spelling: str) -> None:
    desk.stored("cases", csv(HEAD, "010,12345,ZW-1,2026-02-01 09:00"))
    quoted = '"' + spelling.replace('"', '""') + '"'
    (row,) = desk.rows("cases", csv(HEAD, f"010,12345,{quoted},2026-02-01 09:00"))
    assert row["verdict"] == "unchanged"
    (kept,) = desk.stored("cases", csv(HEAD, f"010,12345,{quoted},2026-02-01 10:00"))
    assert kept["accepted_at"] == "2026-02-01T10:00:00+08:00"


@pytest.mark.parametrize("other", ["ZW-10", "ZW1", "ZW-1-1", "ZX-1", "ZW－l"])
def test_another_case_stays_another(desk: Desk, other: str) -> None:
    desk.stored("cases", csv(HEAD, "010,12345,ZW-1,2026-02-01 09:00"))
    (row,) = desk.rows("cases", csv(HEAD, f"010,12345,{other},2026-02-01 09:00"))
    assert row["verdict"] == "new"


def test_text_is_kept_as_written_and_a_loose_match_is_shown(desk: Desk) -> None:
    desk.stored("cases", csv(HEAD, "010,12345,zw–1,2026-02-01 09:00"))
    assert [one["case"] for one in desk.entries("cases")] == ["zw–1"]
    (row,) = desk.rows("cases", csv(HEAD, "市 公安局,１２３４５,ZW-1,2026-02-01 10:00"))
    said = "".join(note["zh"] for note in row["notes"])
    assert "zw–1" in said and "010" in said and "市公安局" in said


def test_period_opened_before_compares_as_it_did(desk: Desk) -> None:
    with transaction() as connection:
        connection.execute(text("UPDATE period SET names = 'exact'"))
    rows = desk.rows("cases", csv(HEAD, *(f"010,12345,{one},2026-02-01 09:00" for one in ("ZW-1", "zw-1"))))
    assert [row["verdict"] for row in rows] == ["new", "new"]


def test_rater_in_two_spellings_is_one_rater(desk: Desk) -> None:
    rows = desk.rows("panel", csv("单位,评分人,得分", "010,张三,90", "010,张三\u200b,80"))
    assert [row["verdict"] for row in rows] == ["new", "wrong"]


def put(client: FlaskClient, office: dict[str, str], body: Any) -> Any:
    return client.put(UNITS, json=body, headers=office)


@pytest.mark.parametrize(
    ("name", "asked", "found"),
    [
        ("市3·15投诉中心", "市315投诉中心", False),
        ("市3·15投诉中心", "市3•15投诉中心", True),
        ("一○三医院", "一〇三医院", True),
        ("一○三医院", "一零三医院", True),
        ("一○三医院", "一三医院", False),
        ("C+餐厅", "C餐厅", False),
        ("市公安局（本级）", "市公安局(本级)", True),
        ("市公安局１－２所", "市公安局1—2所", True),
        ("市公安局1-2所", "市公安局12所", False),
        ("發展和改革委員會", "发展和改革委员会", True),
    ],
)
def test_name_of_a_unit_is_found_as_people_write_it(
    client: FlaskClient,
    office: dict[str, str],
    draft_tables: None,
    key_of: Any,
    name: str,
    asked: str,
    found: bool,
) -> None:
    assert (
        put(client, office, {"units": [{"code": "1", "name": name, "category": "departments"}]}).status_code
        == 200
    )
    client.post("/api/v1/periods/tables-2026/opening", headers=office)
    desk = Desk(client, key_of("市政府法制办"))
    assert desk.codes("scores", csv("单位,得分", f"{asked},90")) == {2: [] if found else ["unit_unknown"]}


@pytest.mark.parametrize(
    "code", ["G/4", "E 1", "E1 x", ".", "..", "a\\b", "a?b", "a#b", "50%", "E\u200b1", "E\u30001"]
)
def test_code_that_no_address_holds_is_refused(
    client: FlaskClient, office: dict[str, str], draft_tables: None, code: str
) -> None:
    refused = put(client, office, {"units": [{"code": code, "name": "市统计局", "category": "departments"}]})
    assert (refused.status_code, refused.json["code"]) == (422, "units_invalid")
    assert [error["code"] for error in refused.json["errors"]] == ["code_unfit"]


def test_space_behind_a_code_is_no_part_of_it(
    client: FlaskClient, office: dict[str, str], draft_tables: None
) -> None:
    body = {"units": [{"code": "E1 ", "name": "市统计局", "category": "departments"}]}
    assert [unit["code"] for unit in put(client, office, body).json["units"]] == ["E1"]


def test_names_taught_by_mistake_are_taken_back_by_the_draft(
    client: FlaskClient, office: dict[str, str], draft_tables: None, key_of: Any
) -> None:
    for name in ("16-1-first.json", "16-2-wrong.json", "16-3-right.json"):
        answer = put(client, office, json.loads(case(name)))
        assert answer.status_code == 200, answer.text
    assert [(unit["name"], unit["aliases"]) for unit in answer.json["units"]] == [
        ("市司法局", []),
        ("市水利局", []),
    ]
    client.post("/api/v1/periods/tables-2026/opening", headers=office)
    desk = Desk(client, key_of("市政府法制办"))
    stored = desk.stored("scores", case("16-4-upload.csv"))
    assert {one["unit"]: one["score"] for one in stored} == {"B1": "90", "B2": "80"}


def test_rename_is_on_the_record(client: FlaskClient, office: dict[str, str], draft_tables: None) -> None:
    put(client, office, json.loads(case("16-1-first.json")))
    put(client, office, json.loads(case("16-2-wrong.json")))
    with transaction() as connection:
        bodies = connection.execute(
            text("SELECT convert_from(body, 'UTF8') FROM leaf WHERE kind = 'unit.renamed' ORDER BY id")
        ).scalars()
        leaves = [json.loads(body) for body in bodies]
    assert [(leaf["code"], leaf["before"], leaf["after"]) for leaf in leaves] == [
        ("B1", "市司法局", "市水利局"),
        ("B2", "市水利局", "市司法局"),
    ]


def test_case_that_changes_its_unit_is_shown_and_counted(desk: Desk) -> None:
    desk.stored("cases", case("14-first.csv"))
    answer = desk.send("cases", case("14-second.csv")).json
    (row,) = answer["verdicts"]
    assert (row["verdict"], row["unit"], row["moved_from"]) == ("corrected", "011", "010")
    assert answer["counts"]["moved"] == 1
    rows = desk.rows("cases", case("14-both.csv"))
    assert [row["verdict"] for row in rows] == ["new", "wrong"]


def test_file_sent_again_is_judged_against_what_stands(desk: Desk) -> None:
    first = csv("单位,得分,更正理由", "010,90,核对")
    desk.stored("scores", first)
    again = desk.send("scores", first).json
    assert (again["state"], again["counts"]["unchanged"]) == ("ready", 1)
    desk.stored("scores", csv("单位,得分,更正理由", "010,80,核对"))
    back = desk.send("scores", first).json
    assert (back["state"], back["counts"]["corrected"]) == ("ready", 1)
    assert [one["score"] for one in desk.stored("scores", first)] == ["90"]
