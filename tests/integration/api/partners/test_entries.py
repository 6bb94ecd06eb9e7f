"""Posting entries: receipts, repeats, corrections, withdrawals, and periods that take none."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from tests.integration.api.conftest import BASE, LAW

from pingyi.db import transaction
from pingyi.services.intake.fold import fold_channel

PERIOD_URL = f"{BASE}/periods/example-2017"
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


def test_key_with_another_body_is_refused(post: Post, stored: Counts) -> None:
    post(ONE, key="one-key-one-act-0001")
    before = stored()
    answer = post({"unit": "A02", "score": "1"}, key="one-key-one-act-0001")
    assert (answer.status_code, answer.json["code"]) == (422, "key_reused")
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
