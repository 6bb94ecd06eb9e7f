"""The office's operations: who may do what, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pingyi.api.examples import (
    ADJUSTMENTS,
    DECISIONS,
    PERIOD,
    PREVIOUS,
    PUBLICATION,
    REOPENING,
    ROLLS,
    SCHEME,
    SCHEME_TOML,
    UNITS,
)

BASE = "/api/v1"
URL = f"{BASE}/periods/example-2017"
ROLL, EARLIER = ROLLS["rolls"][0], PREVIOUS["previous"][0]
DEDUCTION, SWITCH = ADJUSTMENTS["adjustments"][0], DECISIONS["decisions"][0]
KeyOf = Callable[..., dict[str, str]]

WRITES = [
    ("POST", "/schemes", SCHEME),
    ("POST", "/periods", PERIOD),
    ("PUT", "/periods/example-2017/units", UNITS),
    ("PUT", "/periods/example-2017/rolls", ROLLS),
    ("PUT", "/periods/example-2017/previous", PREVIOUS),
    ("POST", "/periods/example-2017/adjustments", ADJUSTMENTS),
    ("POST", "/periods/example-2017/decisions", DECISIONS),
    ("POST", "/periods/example-2017/opening", None),
    ("POST", "/periods/example-2017/closing", None),
    ("POST", "/periods/example-2017/assessment", None),
    ("POST", "/periods/example-2017/publication", PUBLICATION),
    ("POST", "/periods/example-2017/reopening", REOPENING),
    ("POST", "/periods/example-2017/archiving", None),
]
READS = [
    "/schemes",
    "/schemes/example-2017",
    "/periods/example-2017/units",
    "/periods/example-2017/adjustments",
]


@pytest.mark.parametrize("role", ["auditor", "approver", "reviewer", "security_administrator", "operator"])
def test_only_the_administrator_writes_scoring_data(
    client: FlaskClient, draft: None, key_of: KeyOf, role: str
) -> None:
    headers = key_of("市政府法制办") if role == "operator" else key_of(roles=[role])
    statuses = [
        client.open(BASE + path, method=method, json=body, headers=headers).status_code
        for method, path, body in WRITES
    ]
    assert statuses == [403] * len(WRITES)
    assert client.get(URL, headers=headers).json["state"] == "draft"


def test_auditor_reads_everything_and_changes_nothing(
    client: FlaskClient, draft: None, key_of: KeyOf
) -> None:
    auditor = key_of(roles=["auditor"])
    paths = [
        *READS,
        "/keys",
        "/operators",
        "/periods/example-2017/deliveries",
        "/periods/example-2017/progress",
    ]
    assert [client.get(BASE + path, headers=auditor).status_code for path in paths] == [200] * len(paths)
    assert client.get(f"{URL}/partner_score/work_law/entries", headers=auditor).status_code == 200
    assert client.post(f"{BASE}/keys", json={"roles": ["approver"]}, headers=auditor).status_code == 403


def test_operator_sees_neither_lists_of_the_office_nor_other_channels(
    client: FlaskClient, draft: None, key_of: KeyOf
) -> None:
    operator = key_of("市政府法制办")
    assert {client.get(BASE + path, headers=operator).status_code for path in [*READS, "/keys"]} == {403}
    assert [row["key"] for row in client.get(URL, headers=operator).json["channels"]] == ["work_law"]


def test_keys_are_told_once_and_listed_without_secrets(
    client: FlaskClient, draft: None, security: dict[str, str]
) -> None:
    made = client.post(f"{BASE}/keys", json={"operator": "市政府法制办", "label": "接口"}, headers=security)
    token = made.json["token"]
    listed = client.get(f"{BASE}/keys", headers=security)
    assert token.rsplit("_", 1)[-1] not in listed.text
    own = next(row for row in listed.json["keys"] if row["key_id"] == made.json["key_id"])
    assert (own["operator"], own["label"], own["revoked_at"]) == ("市政府法制办", "接口", None)


@pytest.mark.parametrize("holder", [{"operator": "市政府法制办"}, {"roles": ["auditor"]}])
def test_key_expires_later_than_now_and_within_what_a_key_may_have(
    client: FlaskClient, draft: None, security: dict[str, str], holder: dict[str, Any]
) -> None:
    now = datetime.now(UTC)
    for moment in (
        now - timedelta(days=1),
        now,
        now + timedelta(days=1101),
        datetime(9999, 12, 31, tzinfo=UTC),
    ):
        body = {**holder, "expires_at": moment.isoformat()}
        answer = client.post(f"{BASE}/keys", json=body, headers=security)
        assert (answer.status_code, answer.json["code"]) == (422, "expiry_invalid")
        assert answer.json["errors"][0]["pointer"] == "/expires_at"
    soon = (now + timedelta(days=1)).isoformat()
    made = client.post(f"{BASE}/keys", json={**holder, "expires_at": soon}, headers=security)
    assert (made.status_code, made.json["expires_at"]) == (201, soon)


def test_office_key_without_a_date_expires_after_the_days_that_are_set(
    client: FlaskClient, draft: None, security: dict[str, str]
) -> None:
    made = client.post(f"{BASE}/keys", json={"roles": ["auditor"]}, headers=security).json
    left = datetime.fromisoformat(made["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=364, hours=23) < left <= timedelta(days=365)
    own = client.post(f"{BASE}/keys", json={"operator": "市政府法制办"}, headers=security).json
    assert own["expires_at"] is None
    listed = {
        row["key_id"]: row["expires_at"] for row in client.get(f"{BASE}/keys", headers=security).json["keys"]
    }
    assert (listed[made["key_id"]], listed[own["key_id"]]) == (made["expires_at"], None)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "request_invalid"),
        ({"operator": "市政府法制办", "roles": ["auditor"]}, 422, "request_invalid"),
        ({"roles": ["administrator", "security_administrator"]}, 422, "roles_incompatible"),
        ({"roles": ["auditor", "approver"]}, 422, "roles_incompatible"),
        ({"roles": ["king"]}, 422, "request_invalid"),
        ({"operator": "没有这个单位"}, 404, "not_found"),
        ({"operator": "市政府法制办", "expires_at": "2030-01-01T00:00:00"}, 422, "request_invalid"),
    ],
)
def test_bad_key_requests_are_refused(
    client: FlaskClient, draft: None, security: dict[str, str], body: dict[str, Any], status: int, code: str
) -> None:
    before = client.get(f"{BASE}/keys", headers=security).json
    answer = client.post(f"{BASE}/keys", json=body, headers=security)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert client.get(f"{BASE}/keys", headers=security).json == before


def test_same_scheme_again_is_no_new_version(client: FlaskClient, office: dict[str, str]) -> None:
    first = client.post(f"{BASE}/schemes", json=SCHEME, headers=office)
    again = client.post(
        f"{BASE}/schemes", data=SCHEME_TOML.encode(), content_type="text/plain", headers=office
    )
    changed = SCHEME_TOML.replace("decimals = 2", "decimals = 3")
    newer = client.post(f"{BASE}/schemes", json={"document": changed}, headers=office)
    assert [answer.json["version"] for answer in (first, again, newer)] == [1, 1, 2]
    versions = client.get(f"{BASE}/schemes/example-2017/versions", headers=office).json["schemes"]
    assert [row["version"] for row in versions] == [2, 1]
    old = client.get(f"{BASE}/schemes/example-2017/versions/1", headers=office).json
    assert old["document"] == SCHEME_TOML


def test_units_come_back_as_they_were_put(client: FlaskClient, draft: None, office: dict[str, str]) -> None:
    units = [
        {
            "code": "P1", "name": "市交通局", "category": "departments", "parent": "",
            "subordination": "市政府", "superior": "省交通厅", "aliases": ["交通局"],
        },
        {
            "code": "P2", "name": "市公路局", "category": "departments", "parent": "P1", "subordination": "",
            "superior": "", "aliases": [],
        },
    ]  # fmt: skip
    put = client.put(f"{URL}/units", json={"units": units}, headers=office)
    assert put.json == client.get(f"{URL}/units", headers=office).json == {"units": units}


BAD_PARTICULARS = {
    "unit twice": ("PUT", "units", {"units": [UNITS["units"][0]] * 2}),
    "unknown category": ("PUT", "units", {"units": [{"code": "X", "name": "x", "category": "zoo"}]}),
    "no units": ("PUT", "units", {"units": []}),
    "roll of an unknown channel": ("PUT", "rolls", {"rolls": [{**ROLL, "channel": "zoo"}]}),
    "negative roll": ("PUT", "rolls", {"rolls": [{**ROLL, "count": -1}]}),
    "roll as float": ("PUT", "rolls", {"rolls": [{**ROLL, "count": 5.5}]}),
    "previous of an unknown unit": ("PUT", "previous", {"previous": [{**EARLIER, "unit": "Z"}]}),
    "total as float": ("PUT", "previous", {"previous": [{**EARLIER, "total": 88.5}]}),
    "deduction without points": (
        "POST", "adjustments", {"adjustments": [{"unit": "A01", "kind": "deduction", "reason": "x"}]},
    ),
    "veto with points": (
        "POST", "adjustments", {"adjustments": [{**DEDUCTION, "kind": "veto"}]},
    ),
    "negative points": (
        "POST", "adjustments", {"adjustments": [{**DEDUCTION, "points": "-1"}]},
    ),
    "no reason": ("POST", "adjustments", {"adjustments": [{**DEDUCTION, "reason": " "}]}),
    "tie without unit": (
        "POST", "decisions", {"decisions": [{"kind": "tie", "choice": "in", "reason": "x"}]},
    ),
    "switch off with in": ("POST", "decisions", {"decisions": [{**SWITCH, "choice": "in"}]}),
    "switch off an unknown channel": (
        "POST", "decisions", {"decisions": [{**SWITCH, "channel": "zoo"}]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_PARTICULARS)
def test_bad_particulars_are_refused_by_pointer_and_nothing_changes(
    client: FlaskClient, draft: None, office: dict[str, str], name: str
) -> None:
    method, what, body = BAD_PARTICULARS[name]
    before = client.get(f"{URL}/{what}", headers=office).json
    answer = client.open(f"{URL}/{what}", method=method, json=body, headers=office)
    assert answer.status_code == 422
    assert answer.json["errors"]
    assert all(error["pointer"] and error["detail"] for error in answer.json["errors"])
    assert client.get(f"{URL}/{what}", headers=office).json == before


def test_same_roll_twice_is_refused(client: FlaskClient, draft: None, office: dict[str, str]) -> None:
    answer = client.put(f"{URL}/rolls", json={"rolls": ROLLS["rolls"] * 2}, headers=office)
    assert (answer.status_code, answer.json["code"]) == (422, "rolls_invalid")
    assert client.get(f"{URL}/rolls", headers=office).json == {"rolls": []}


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({}, 409, "period_exists"),
        ({"key": "bad key"}, 422, "request_invalid"),
        ({"key": "new", "scheme": "nothing"}, 404, "not_found"),
        ({"key": "new", "version": 7}, 404, "not_found"),
        ({"key": "new", "time_zone": "Mars/Olympus"}, 422, "time_zone_unknown"),
        ({"key": "new", "ends_on": "2016-01-01"}, 422, "dates_reversed"),
        ({"key": "new", "starts_on": "2017-02-30"}, 422, "request_invalid"),
    ],
)
def test_bad_periods_are_refused(
    client: FlaskClient, draft: None, office: dict[str, str], change: dict[str, Any], status: int, code: str
) -> None:
    answer = client.post(f"{BASE}/periods", json={**PERIOD, **change}, headers=office)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert len(client.get(f"{BASE}/periods", headers=office).json["periods"]) == 1


def test_period_goes_forward_only(client: FlaskClient, opened: None, office: dict[str, str]) -> None:
    bodies = {"publication": PUBLICATION, "reopening": REOPENING}

    def act(name: str) -> tuple[int, str]:
        answer = client.post(f"{URL}/{name}", json=bodies.get(name), headers=office)
        return answer.status_code, answer.json.get("code", "")

    steps = ("opening", "publication", "reopening", "archiving", "assessment")
    assert {act(name) for name in steps} == {(409, "wrong_state")}
    assert client.put(f"{URL}/units", json=UNITS, headers=office).json["code"] == "wrong_state"
    assert act("closing") == (200, "")
    assert act("closing") == act("opening") == (409, "wrong_state")


def test_unknown_query_words_are_refused(client: FlaskClient, operator: dict[str, str]) -> None:
    answer = client.get(f"{URL}/partner_score/work_law/entries?units=A01", headers=operator)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/query/units")


def test_entries_are_listed_page_by_page(
    client: FlaskClient, post: Callable[..., Any], operator: dict[str, str]
) -> None:
    post({"unit": "A01", "score": "1"}, {"unit": "A02", "score": "2"})
    for score in "345":
        post({"unit": "A01", "score": score, "reason": "更正"})
    seen, url = [], f"{URL}/partner_score/work_law/entries?limit=2"
    while url:
        page = client.get(url, headers=operator)
        seen += [(row["unit"], row["values"]["score"], row["current"]) for row in page.json["entries"]]
        url = page.headers.get("Link", "").partition(">")[0].lstrip("<")
    assert seen == [
        ("A01", "1", False), ("A02", "2", True), ("A01", "3", False), ("A01", "4", False), ("A01", "5", True),
    ]  # fmt: skip
    one = client.get(f"{URL}/partner_score/work_law/entries?unit=市公安局", headers=operator).json["entries"]
    assert [(row["unit"], row["status"]) for row in one] == [("A02", "waiting")]


def test_examples_of_every_plugin_may_be_posted(
    app: Flask, client: FlaskClient, world: dict[str, str], key_of: KeyOf
) -> None:
    paths = client.get("/api/openapi.json").json["paths"]
    operator = key_of("市政府法制办")
    for plugin, channel in world.items():
        path = f"/api/v1/periods/{{period}}/{plugin}/{{channel}}/entries"
        example = paths[path]["post"]["requestBody"]["content"]["application/json"]["example"]
        headers = {"Idempotency-Key": f"the-example-of-{plugin}", **operator}
        url = path.format(period="example-2017", channel=channel)
        assert client.post(url, json=example, headers=headers).status_code == 201, plugin
