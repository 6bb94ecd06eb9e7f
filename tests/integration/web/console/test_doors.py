"""What an office sends gets one verdict in the same words: by the API, on a page, in a bundle."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from tests.conftest import bearer
from tests.integration.web.conftest import SCHEME, csrf, make_open
from tests.small_scheme import DEPARTMENTS, draft_period

from pingyi.domain.errors import Problem
from pingyi.services.bundles.bundles import read_bundle

Verdict = list[tuple[str, str, str]]
Row = Mapping[str, Any]
NAMES = ["市第一局", "市第二局"]
FINE: Row = {
    "unit": "u1",
    "kind": "deduction",
    "points": "0.5",
    "reason": "通报批评",
    "document": "纪〔2017〕3号",
}
TIE: Row = {"kind": "tie", "unit": "u1", "choice": "in", "reason": "经会议研究"}
OFF: Row = {
    "kind": "switch_off",
    "channel": "law",
    "category": DEPARTMENTS,
    "choice": "yes",
    "reason": "无此职能",
}
UNIT: Row = {"code": "u1", "name": "市第一局", "category": DEPARTMENTS}
ROLL: Row = {"channel": "law", "name": "eligible", "count": 10}
EARLIER: Row = {"period": "2016", "unit": "u1", "category": DEPARTMENTS, "total": "90", "rank": 2, "of": 3}
PERIOD: Row = {"key": "p", "starts_on": "2017-01-01", "ends_on": "2017-12-31"}


def by_api(client: FlaskClient, name: str, rows: list[Row]) -> Verdict:
    """The verdict on a list of a period; every error with the place inside the row, in both languages."""
    path, body = f"/api/v1/periods/p/{name}", {name: rows}
    if name == "periods":
        path, body = "/api/v1/periods", {**rows[0], "scheme": "small"}
    method = "POST" if name in {"adjustments", "decisions", "periods"} else "PUT"
    said = []
    for language in ("zh", "en"):
        headers = {**bearer("administrator"), "Accept-Language": language}
        answer = client.open(path, method=method, json=body, headers=headers)
        if answer.status_code in {200, 201, 202}:
            return []
        assert answer.status_code == 422 and answer.json["errors"], answer.text
        said.append(
            {
                error["pointer"].removeprefix(f"/{name}").lstrip("/"): error["detail"]
                for error in answer.json["errors"]
            }
        )
    zh, en = said
    return sorted((place, zh[place], en[place]) for place in zh)


def in_bundle(folder: Path, name: str, rows: list[Row]) -> Verdict:
    """The verdict on the same list as a file of a bundle."""
    folder.mkdir()
    (folder / "scheme.toml").write_text(SCHEME, encoding="utf-8")
    units = [{**UNIT, "code": f"u{n}", "name": called} for n, called in enumerate(NAMES, 1)]
    (folder / "units.csv").write_text(as_csv(units), encoding="utf-8")
    if name == "periods":
        (folder / "period.toml").write_text(as_toml(rows[0]), encoding="utf-8")
    else:
        (folder / f"{name}.csv").write_text(as_csv(rows), encoding="utf-8")
    try:
        read_bundle(folder)
    except Problem as problem:
        return sorted(
            (
                f"{error.row - 2}/{error.column}" if error.row else error.column,
                error.message.zh,
                error.message.en,
            )
            for error in problem.errors
        )
    return []


def as_csv(rows: list[Row]) -> str:
    columns = list(dict.fromkeys(name for row in rows for name in (*COLUMNS[frozenset(row) & MARKS], *row)))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows({name: "" if value is None else value for name, value in row.items()} for row in rows)
    return text.getvalue()


MARKS = frozenset({"document", "choice"})
COLUMNS: Mapping[frozenset[str], tuple[str, ...]] = {
    frozenset(): (),
    frozenset({"document"}): ("unit", "kind", "points", "reason", "document"),
    frozenset({"choice"}): ("kind", "unit", "channel", "category", "choice", "reason"),
}


def as_toml(row: Row) -> str:
    return "".join(
        f"{name} = {'true' if value is True else value if isinstance(value, int) else repr(value)}\n"
        for name, value in row.items()
    )


WRONG: list[tuple[str, list[Row]]] = [
    ("adjustments", [{**FINE, "document": "文" * 300}]),
    ("adjustments", [{**FINE, "document": "文" * 200}]),
    ("adjustments", [{**FINE, "points": "10001"}]),
    ("adjustments", [{**FINE, "points": "10000"}]),
    ("adjustments", [{**FINE, "points": "0"}]),
    ("adjustments", [{**FINE, "points": "-1"}]),
    ("adjustments", [{**FINE, "points": "1e3"}]),
    ("adjustments", [{**FINE, "points": "0.5000000000000001"}]),
    ("adjustments", [{**FINE, "reason": "因" * 2001}]),
    ("adjustments", [{**FINE, "reason": "因" * 2000}]),
    ("adjustments", [{**FINE, "kind": "fine"}]),
    ("adjustments", [{**FINE, "kind": "veto"}]),
    ("adjustments", [{**FINE, "kind": "veto", "points": None}]),
    ("adjustments", [{**FINE, "points": None}]),
    ("adjustments", [{**FINE, "unit": "u9"}]),
    ("adjustments", [{**FINE, "target": "grade"}]),
    ("adjustments", [{**FINE, "target": "linked"}]),
    ("decisions", [TIE]),
    ("decisions", [OFF]),
    ("decisions", [{**TIE, "channel": "law"}]),
    ("decisions", [{**TIE, "choice": "yes"}]),
    ("decisions", [{**TIE, "category": DEPARTMENTS}]),
    ("decisions", [{**TIE, "category": "other"}]),
    ("decisions", [{**OFF, "channel": "radio"}]),
    ("decisions", [{**OFF, "unit": "u1"}]),
    ("decisions", [{**OFF, "category": ""}]),
    ("decisions", [OFF, OFF]),
    ("decisions", [TIE, {**TIE, "unit": "市第一局", "choice": "out"}]),
    ("units", [UNIT, {**UNIT, "code": "G/4"}]),
    ("units", [UNIT, {**UNIT, "code": ".."}]),
    ("units", [UNIT, UNIT]),
    ("units", [{**UNIT, "parent": "u1"}]),
    ("units", [{**UNIT, "parent": "u2"}, {**UNIT, "code": "u2", "parent": "u1"}]),
    ("units", [{**UNIT, "parent": "nobody"}]),
    ("units", [{**UNIT, "category": "other"}]),
    ("units", [{**UNIT, "name": "名" * 201}]),
    ("units", [{**UNIT, "code": "c" * 65}]),
    ("rolls", [ROLL]),
    ("rolls", [ROLL, ROLL]),
    ("rolls", [{**ROLL, "channel": "radio"}]),
    ("rolls", [{**ROLL, "name": "seats"}]),
    ("rolls", [{**ROLL, "count": -1}]),
    ("previous", [EARLIER]),
    ("previous", [EARLIER, {**EARLIER, "unit": "市第一局"}]),
    ("previous", [{**EARLIER, "rank": 4}]),
    ("previous", [{**EARLIER, "rank": 0}]),
    ("previous", [{**EARLIER, "total": "many"}]),
    ("previous", [{**EARLIER, "category": "政府部门"}]),
    ("periods", [PERIOD]),
    ("periods", [{**PERIOD, "key": "2017"}]),
    ("periods", [{**PERIOD, "key": "2017 年"}]),
    ("periods", [{**PERIOD, "ends_on": "2016-12-31"}]),
    ("periods", [{**PERIOD, "ends_on": "2017-13-31"}]),
    ("periods", [{**PERIOD, "time_zone": "Mars/Olympus"}]),
    ("periods", [{**PERIOD, "demonstration": 1}]),
]


@pytest.mark.parametrize(("name", "rows"), WRONG)
def test_list_gets_one_verdict_by_api_and_in_a_bundle(
    client: FlaskClient, tmp_path: Path, name: str, rows: list[Row]
) -> None:
    draft_period(SCHEME, NAMES, "q" if name == "periods" else "p")
    verdict = in_bundle(tmp_path / "bundle", name, rows)
    assert rows_counted_from_one(verdict) == by_api(client, name, rows)


def rows_counted_from_one(verdict: Verdict) -> Verdict:
    """The first row of a file is its heading; a list of the API has none."""
    earlier = re.compile(r"(第 |row )([0-9]+)")
    return [
        (place, *(earlier.sub(lambda row: f"{row[1]}{int(row[2]) - 1}", words) for words in said))
        for place, *said in verdict
    ]


@pytest.mark.parametrize("row", [rows[0] for name, rows in WRONG if name == "adjustments"])
def test_adjustment_gets_the_same_verdict_on_the_page(
    client: FlaskClient, signed_in: Callable[..., FlaskClient], row: Row
) -> None:
    draft_period(SCHEME, NAMES)
    verdict = by_api(client, "adjustments", [row])
    office = signed_in("administrator")
    form = {"csrf_token": csrf(office, "/office/periods/p"), **row, "points": row["points"] or ""}
    answer = office.post("/office/periods/p/adjust", data=form)
    assert answer.status_code == (422 if verdict else 303)
    for place, zh, _ in verdict:
        assert f'id="{place.split("/")[1]}.wrong"' in answer.text
        assert zh in answer.text
    if verdict:
        assert row["reason"] in answer.text and row["document"] in answer.text


def test_reason_is_refused_or_stored_whole_at_every_door(
    client: FlaskClient, signed_in: Callable[..., FlaskClient]
) -> None:
    make_open(NAMES)
    office = signed_in("administrator")
    for reason, status in (("因" * 2000, 303), ("因" * 2001, 422)):
        form = {"csrf_token": csrf(office, "/office/periods/p"), **FINE, "reason": reason}
        assert office.post("/office/periods/p/adjust", data=form).status_code == status
    acts = client.get("/api/v1/periods/p/acts", headers=bearer("administrator")).json["acts"]
    assert [act["reason"] for act in acts] == ["因" * 2000]


def test_deadline_without_an_offset_is_read_on_the_clock_of_the_period_at_every_door(
    client: FlaskClient, signed_in: Callable[..., FlaskClient]
) -> None:
    draft_period(SCHEME, NAMES, "p", time_zone="America/New_York")
    for act in ("opening", "closing"):
        assert client.post(f"/api/v1/periods/p/{act}", headers=bearer("administrator")).status_code == 200
    office = signed_in("administrator")
    said = {"deadline": "2099-01-01T10:00", "reason": "漏报"}
    form = {"csrf_token": csrf(office, "/office/periods/p"), **said}
    assert office.post("/office/periods/p/reopen", data=form).status_code == 303
    answer = client.post("/api/v1/periods/p/reopening", json=said, headers=bearer("administrator"))
    assert answer.status_code == 202
    acts = client.get("/api/v1/periods/p/acts", headers=bearer("administrator")).json["acts"]
    assert {act["content"]["deadline"] for act in acts} == {answer.json["content"]["deadline"]}
    assert re.match("2099-01-01T15:00", answer.json["content"]["deadline"])
