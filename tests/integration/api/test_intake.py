"""Posting entries: receipts, repeats, corrections, withdrawals; bad input is refused and nothing stored."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from pingyi.api.examples import SCHEME_TOML
from pingyi.db import transaction
from pingyi.services.folding import fold_channel

BASE = "/api/v1"
PERIOD_URL = f"{BASE}/periods/example-2017"
LAW = f"{PERIOD_URL}/partner_score/work_law"
Post = Callable[..., Any]
Counts = Callable[[], dict[str, int]]
ONE = {"unit": "A01", "score": "4.5"}


def counters() -> dict[tuple[str, str], dict[str, int]]:
    fold_channel(1)
    with transaction() as connection:
        rows = connection.execute(
            text("SELECT u.code, c.standing, c.counts FROM counter c JOIN unit u ON u.id = c.unit_id")
        )
        return {(row.code, row.standing): row.counts for row in rows if row.counts}


def test_entries_are_stored_with_a_receipt(post: Post, stored: Counts) -> None:
    answer = post(ONE, {"unit": "市公安局", "score": 5, "evidence": "年度考核"})
    assert answer.status_code == 201
    assert [(row["unit"], row["verdict"]) for row in answer.json["entries"]] == [
        ("A01", "new"),
        ("A02", "new"),
    ]
    assert answer.headers["Location"] == f"{LAW}/deliveries/{answer.json['delivery']}"
    assert stored() | {"counter": 0} == {
        "delivery": 1, "entry": 2, "entry_head": 2, "receipt": 1, "unfolded": 1, "outbox": 1, "counter": 0,
    }  # fmt: skip


def test_receipt_is_kept_byte_for_byte(post: Post, client: FlaskClient, operator: dict[str, str]) -> None:
    answer = post(ONE)
    again = client.get(answer.headers["Location"], headers=operator)
    assert again.data == answer.data


def test_repeat_with_the_same_key_is_answered_with_the_same_bytes(post: Post, stored: Counts) -> None:
    first = post(ONE, key="a-key-of-this-act-01")
    before = stored()
    second = post(ONE, key="a-key-of-this-act-01")
    assert (second.status_code, second.data) == (201, first.data)
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert stored() == before


def test_sixteen_identical_posts_at_once_have_one_effect(
    app: Flask, operator: dict[str, str], stored: Counts
) -> None:
    headers = {"Idempotency-Key": "sixteen-at-once-0001", **operator}

    def send(_: int) -> tuple[int, bytes]:
        answer = app.test_client().post(f"{LAW}/entries", json={"entries": [ONE]}, headers=headers)
        return answer.status_code, answer.data

    with ThreadPoolExecutor(16) as threads:
        answers = set(threads.map(send, range(16)))
    assert len(answers) == 1
    assert answers.pop()[0] == 201
    assert stored()["entry"] == stored()["delivery"] == 1


def test_correction_needs_a_reason_and_moves_the_count(post: Post, stored: Counts) -> None:
    post(ONE)
    before = stored()
    refused = post({"unit": "A01", "score": "3"})
    assert (refused.status_code, refused.json["code"]) == (422, "reason_required")
    assert refused.json["errors"][0]["pointer"] == "/entries/0/reason"
    assert stored() == before
    corrected = post({"unit": "A01", "score": "3", "reason": "复核后更正"})
    assert corrected.json["entries"][0]["verdict"] == "corrected"
    assert counters() == {("A01", "counted"): {"mark/3": 1}}


def test_same_content_again_is_unchanged(post: Post, stored: Counts) -> None:
    first = post(ONE)
    again = post({"unit": "市发改委", "score": "4.50"})
    assert again.json["entries"][0] == {**first.json["entries"][0], "verdict": "unchanged"}
    assert stored()["entry"] == 1


def test_withdrawn_entry_stands_as_rejected(
    post: Post, client: FlaskClient, operator: dict[str, str]
) -> None:
    delivery = post(ONE).json["delivery"]
    url, headers = (
        f"{LAW}/entries/{delivery}/0/withdrawal",
        {"Idempotency-Key": "withdraw-it-once-01", **operator},
    )
    answer = client.post(url, json={"reason": "误报"}, headers=headers)
    assert (answer.status_code, answer.json["entries"][0]["verdict"]) == (201, "withdrawn")
    assert counters() == {("A01", "rejected"): {"mark/4.5": 1}}
    replay = client.post(url, json={"reason": "误报"}, headers=headers)
    assert (replay.data, replay.headers["Idempotency-Replayed"]) == (answer.data, "true")
    listed = client.get(f"{LAW}/entries", headers=operator).json["entries"]
    assert [(row["standing"], row["current"], row["kind"]) for row in listed] == [
        ("counted", False, "api"),
        ("rejected", True, "disposition"),
    ]


def test_withdrawn_entry_can_be_delivered_again_with_a_reason(
    post: Post, client: FlaskClient, operator: dict[str, str]
) -> None:
    delivery = post(ONE).json["delivery"]
    headers = {"Idempotency-Key": uuid4().hex, **operator}
    client.post(f"{LAW}/entries/{delivery}/0/withdrawal", json={"reason": "误报"}, headers=headers)
    assert post(ONE).json["code"] == "reason_required"
    assert post({**ONE, "reason": "核实无误"}).json["entries"][0]["verdict"] == "corrected"
    assert counters() == {("A01", "counted"): {"mark/4.5": 1}}


@pytest.mark.parametrize(
    ("place", "body", "status", "code"),
    [
        ("{d}/0", {"reason": "again"}, 409, "not_standing"),
        ("{d}/7", {"reason": "none"}, 404, "not_found"),
        ("{n}/0", {"reason": ""}, 422, "request_invalid"),
        ("{n}/0", {}, 422, "request_invalid"),
    ],
)
def test_bad_withdrawal_stores_nothing(
    post: Post, client: FlaskClient, operator: dict[str, str], stored: Counts,
    place: str, body: dict[str, str], status: int, code: str,
) -> None:  # fmt: skip
    delivery = post(ONE).json["delivery"]
    newer = post({"unit": "A01", "score": "5", "reason": "更正"}).json["delivery"]
    before = stored()
    url = f"{LAW}/entries/{place.format(d=delivery, n=newer)}/withdrawal"
    answer = client.post(url, json=body, headers={"Idempotency-Key": uuid4().hex, **operator})
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert stored() == before


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


def test_key_with_another_body_is_refused(post: Post, stored: Counts) -> None:
    post(ONE, key="one-key-one-act-0001")
    before = stored()
    answer = post({"unit": "A02", "score": "1"}, key="one-key-one-act-0001")
    assert (answer.status_code, answer.json["code"]) == (422, "key_reused")
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


def test_closed_period_takes_nothing_but_repeats_its_receipts(
    post: Post, client: FlaskClient, office: dict[str, str], operator: dict[str, str], stored: Counts
) -> None:
    first = post(ONE, key="before-the-closing-1")
    assert client.post(f"{PERIOD_URL}/closing", headers=office).json["state"] == "closed"
    before = stored()
    late = post({"unit": "A02", "score": "1"})
    assert (late.status_code, late.json["code"]) == (423, "period_not_open")
    url = f"{LAW}/entries/{first.json['delivery']}/0/withdrawal"
    withdrawn = client.post(url, json={"reason": "x"}, headers={"Idempotency-Key": uuid4().hex, **operator})
    assert withdrawn.status_code == 423
    assert post(ONE, key="before-the-closing-1").data == first.data
    assert stored() == before


def test_draft_period_takes_nothing(
    client: FlaskClient, draft: None, key_of: Callable[..., dict[str, str]], stored: Counts
) -> None:
    before, headers = stored(), {"Idempotency-Key": uuid4().hex, **key_of("市政府法制办")}
    answer = client.post(f"{LAW}/entries", json={"entries": [ONE]}, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (423, "period_not_open")
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
