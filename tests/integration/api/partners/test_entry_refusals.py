"""Entries that are refused, each by its pointer, with nothing stored."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from tests.integration.api.conftest import BASE, LAW

from pingyi.api.examples import SCHEME_TOML

PERIOD_URL = f"{BASE}/periods/example-2017"
Post = Callable[..., Any]
Counts = Callable[[], dict[str, int]]
ONE = {"unit": "A01", "score": "4.5"}
BAD_ENTRIES = {
    "score above the scale": ([{"unit": "A01", "score": "5.1"}], "/entries/0/score"),
    "score below zero": ([{"unit": "A01", "score": "-1"}], "/entries/0/score"),
    "float": ([{"unit": "A01", "score": 4.5}], "/entries/0/score"),
    "exponent": ([{"unit": "A01", "score": "4e0"}], "/entries/0/score"),
    "NaN as text": ([{"unit": "A01", "score": "NaN"}], "/entries/0/score"),
    "true": ([{"unit": "A01", "score": True}], "/entries/0/score"),
    "21 decimals": ([{"unit": "A01", "score": "1." + "1" * 21}], "/entries/0/score"),
    "no score": ([{"unit": "A01"}], "/entries/0/score"),
    "empty score": ([{"unit": "A01", "score": ""}], "/entries/0/score"),
    "no unit": ([ONE, {"score": "4"}], "/entries/1/unit"),
    "empty unit": ([ONE, {"unit": " ", "score": "4"}], "/entries/1/unit"),
    "unknown unit": ([ONE, {"unit": "Z99", "score": "4"}], "/entries/1/unit"),
    "unknown field": ([{**ONE, "marks": "4"}], "/entries/0/marks"),
    "unit twice": ([ONE, {"unit": "A02", "score": "3"}, {"unit": "市发改委", "score": "2"}], "/entries/2"),
    "not an entry": (["A01"], "/entries/0"),
    "control character": ([{**ONE, "evidence": "a\u0007b"}], "/entries/0/evidence"),
    "no entries": ([], "/entries"),
    "too many entries": ([ONE] * 501, "/entries"),
}


@pytest.mark.parametrize("name", BAD_ENTRIES)
def test_bad_entries_are_refused_by_pointer_and_nothing_is_stored(
    post: Post, stored: Counts, name: str
) -> None:
    entries, pointer = BAD_ENTRIES[name]
    before = stored()
    answer = post(*entries)
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert pointer in [error["pointer"] for error in answer.json["errors"]]
    assert all(error["detail"] and error["code"] for error in answer.json["errors"])
    assert stored() == before


BAD_BODIES = {
    "NaN": b'{"entries": [{"unit": "A01", "score": NaN}]}',
    "Infinity": b'{"entries": [{"unit": "A01", "score": -Infinity}]}',
    "a key twice": b'{"entries": [{"unit": "A01", "score": "1", "score": "5"}]}',
    "entries twice": b'{"entries": [], "entries": [{"unit": "A01", "score": "5"}]}',
    "lone surrogate": b'{"entries": [{"unit": "A01", "score": "1", "evidence": "\\ud800"}]}',
    "NUL": b'{"entries": [{"unit": "A01", "score": "1", "evidence": "a\\u0000b"}]}',
    "not UTF-8": b'{"entries": [{"unit": "A01", "score": "1", "evidence": "\xd6\xd0"}]}',
    "too deep": b'{"entries": ' + b"[" * 30 + b"]" * 30 + b"}",
    "far too deep": b"[" * 100_000,
    "cut off": b'{"entries": [{"unit": "A01"',
    "endless digits": b'{"entries": [{"unit": "A01", "score": ' + b"9" * 5000 + b"}]}",
    "a list": b"[]",
    "empty": b"",
}


@pytest.mark.parametrize("name", BAD_BODIES)
def test_json_that_is_not_strict_is_refused_and_nothing_is_stored(
    client: FlaskClient, operator: dict[str, str], stored: Counts, name: str
) -> None:
    before = stored()
    headers = {"Idempotency-Key": uuid4().hex, **operator}
    answer = client.post(
        f"{LAW}/entries", data=BAD_BODIES[name], headers=headers, content_type="application/json"
    )
    assert (answer.status_code, answer.json["code"]) == (400, "json_invalid")
    assert stored() == before


@pytest.mark.parametrize(
    "key", ["", "short", "x" * 129, "with blanks in between", "中文键中文键中文键中文键中文键中"]
)
def test_idempotency_key_that_is_missing_or_odd_is_refused(
    client: FlaskClient, operator: dict[str, str], stored: Counts, key: str
) -> None:
    before = stored()
    headers = {**operator, **({"Idempotency-Key": key} if key else {})}
    answer = client.post(f"{LAW}/entries", json={"entries": [ONE]}, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (400, "idempotency_key_invalid")
    assert stored() == before


@pytest.mark.parametrize(
    "path",
    [
        f"{BASE}/periods/example-2017/partner_score/nothing/entries",
        f"{BASE}/periods/example-2018/partner_score/work_law/entries",
        f"{BASE}/periods/example-2017/panel/work_law/entries",
        f"{BASE}/periods/example-2017/nothing/work_law/entries",
    ],
)
def test_unknown_channel_period_or_plugin_is_not_found(post: Post, stored: Counts, path: str) -> None:
    before = stored()
    answer = post(ONE, path=path)
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")
    assert stored() == before


def test_another_operators_channel_is_forbidden(
    post: Post, client: FlaskClient, key_of: Callable[..., dict[str, str]], stored: Counts
) -> None:
    delivery = post(ONE).json["delivery"]
    before, other = stored(), {"Idempotency-Key": uuid4().hex, **key_of("市政府网站")}
    asked = [
        client.post(f"{LAW}/entries", json={"entries": [ONE]}, headers=other),
        client.post(f"{LAW}/entries/{delivery}/0/withdrawal", json={"reason": "x"}, headers=other),
        client.get(f"{LAW}/entries", headers=other),
        client.get(f"{LAW}/entries/form", headers=other),
        client.get(f"{LAW}/deliveries/{delivery}", headers=other),
    ]
    assert [(answer.status_code, answer.json["code"]) for answer in asked] == [(403, "forbidden")] * 5
    assert stored() == before


def test_key_narrowed_to_other_channels_is_forbidden(
    post: Post, key_of: Callable[..., dict[str, str]], stored: Counts
) -> None:
    before = stored()
    answer = post(ONE, **key_of("市政府法制办", channels=["another"]))
    assert answer.status_code == 403
    assert stored() == before


@pytest.mark.parametrize("token", ["", "Bearer nonsense", "Bearer pingyi_0123456789ab_wrong", "Basic YTpi"])
def test_nobody_delivers_without_a_valid_key(
    client: FlaskClient, opened: None, stored: Counts, token: str
) -> None:
    before = stored()
    headers = {"Idempotency-Key": uuid4().hex, **({"Authorization": token} if token else {})}
    answer = client.post(f"{LAW}/entries", json={"entries": [ONE]}, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert stored() == before


def test_revoked_key_is_refused_at_once(
    post: Post, client: FlaskClient, operator: dict[str, str], security: dict[str, str]
) -> None:
    key_id = operator["Authorization"].split("_")[1]
    assert client.post(f"{BASE}/keys/{key_id}/revocation", headers=security).status_code == 200
    assert post(ONE).status_code == 401


def test_office_key_does_not_deliver(post: Post, office: dict[str, str], stored: Counts) -> None:
    before = stored()
    assert post(ONE, **office).status_code == 403
    assert stored() == before


def test_ambiguous_unit_name_is_refused_with_its_codes(
    client: FlaskClient, draft: None, office: dict[str, str], key_of: Callable[..., dict[str, str]]
) -> None:
    units = [
        {"code": code, "name": f"{code}局", "category": "departments", "aliases": ["交通局"]} for code in "XY"
    ]
    client.put(f"{PERIOD_URL}/units", json={"units": units}, headers=office)
    client.post(f"{PERIOD_URL}/opening", headers=office)
    headers = {"Idempotency-Key": uuid4().hex, **key_of("市政府法制办")}
    answer = client.post(
        f"{LAW}/entries", json={"entries": [{"unit": "交通局", "score": "1"}]}, headers=headers
    )
    assert answer.status_code == 422
    assert answer.json["errors"][0]["code"] == "unit_ambiguous"
    assert "X, Y" in answer.json["errors"][0]["detail"]


def test_scheme_that_sums_to_99_is_refused_and_not_stored(
    client: FlaskClient, office: dict[str, str]
) -> None:
    document = SCHEME_TOML.replace('max_points = "60"', 'max_points = "59"')
    for given in (
        {"json": {"document": document}},
        {"data": document.encode(), "content_type": "text/plain"},
    ):
        answer = client.post(f"{BASE}/schemes", headers=office, **given)
        assert (answer.status_code, answer.json["code"]) == (422, "scheme_invalid")
        assert "99" in json.dumps(answer.json["errors"])
    assert client.get(f"{BASE}/schemes", headers=office).json == {"schemes": []}


def test_refusals_speak_both_languages(post: Post) -> None:
    chinese = post({"unit": "A01", "score": "6"})
    english = post({"unit": "A01", "score": "6"}, **{"Accept-Language": "en"})
    assert "超过满分" in chinese.json["errors"][0]["detail"]
    assert "Above the scale" in english.json["errors"][0]["detail"]
