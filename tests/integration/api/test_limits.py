"""Limits on size, media type and rate; a database that is away."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from limits.storage import memory

from pingyi.app import create_app
from pingyi.db import db
from pingyi.settings import Settings

LAW = "/api/v1/periods/example-2017/partner_score/work_law"
Counts = Callable[[], dict[str, int]]
Another = Callable[..., FlaskClient]


@pytest.fixture
def another(settings: Settings) -> Iterator[Another]:
    """Clients of applications with other settings on the same database."""
    made: list[Flask] = []

    def make(**changes: Any) -> FlaskClient:
        made.append(create_app(replace(settings, **changes)))
        return made[-1].test_client()

    yield make
    for app in made:
        with app.app_context():
            db.engine.dispose()


def test_body_above_the_limit_is_refused(post: Callable[..., Any], stored: Counts) -> None:
    before = stored()
    answer = post({"unit": "A01", "score": "1", "evidence": "x" * 262_144})
    assert answer.status_code == 413
    assert answer.mimetype == "application/problem+json"
    assert stored() == before


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", ""])
def test_other_media_types_are_refused(
    client: FlaskClient, operator: dict[str, str], stored: Counts, kind: str
) -> None:
    before = stored()
    headers = {"Idempotency-Key": uuid4().hex, **operator}
    body = b'{"entries": [{"unit": "A01", "score": "1"}]}'
    answer = client.post(f"{LAW}/entries", data=body, headers=headers, content_type=kind)
    assert (answer.status_code, answer.json["code"]) == (415, "media_type")
    assert stored() == before


def test_key_above_its_rate_is_told_when_to_come_again(
    another: Another, operator: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr(memory, "time", SimpleNamespace(time=lambda: now))
    slow = another(rate_per_second=3)
    body = {"entries": [{"unit": "A01", "score": "9"}]}
    answers = [
        slow.post(f"{LAW}/entries", json=body, headers={"Idempotency-Key": uuid4().hex, **operator})
        for _ in range(20)
    ]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert [answer.status_code for answer in answers[:3]] == [422] * 3
    assert answers[3:] == refused
    assert {(answer.json["code"], answer.headers["Retry-After"]) for answer in refused} == {
        ("rate_exceeded", "1")
    }
    now += 1.1
    headers = {"Idempotency-Key": uuid4().hex, **operator}
    assert slow.post(f"{LAW}/entries", json=body, headers=headers).status_code == 422


def test_rate_is_counted_for_each_key(
    another: Another, operator: dict[str, str], key_of: Callable[..., dict[str, str]]
) -> None:
    slow = another(rate_per_second=1)
    body = {"entries": [{"unit": "A01", "score": "9"}]}

    def send(headers: dict[str, str]) -> int:
        named = {"Idempotency-Key": uuid4().hex, **headers}
        return slow.post(f"{LAW}/entries", json=body, headers=named).status_code

    assert [send(operator), send(key_of("市政府法制办"))] == [422, 422]


def test_database_away_asks_to_repeat_with_the_same_key(another: Another, operator: dict[str, str]) -> None:
    lost = another(database_url="postgresql+psycopg://nobody@127.0.0.1:1/none")
    headers = {"Idempotency-Key": uuid4().hex, "Accept-Language": "en", **operator}
    answer = lost.post(f"{LAW}/entries", json={"entries": [{"unit": "A01"}]}, headers=headers)
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert int(answer.headers["Retry-After"]) > 0
    assert (
        "same key" in answer.json["detail"].lower() or "same idempotency-key" in answer.json["detail"].lower()
    )


@pytest.mark.parametrize(
    "encoding", ["gzip", "br", "deflate", "GZIP", "identity, gzip", "aes128gcm", "x" * 99]
)
def test_encoded_bodies_are_refused_by_name_and_identity_is_none(
    client: FlaskClient, operator: dict[str, str], stored: Counts, encoding: str
) -> None:
    before = stored()
    headers = {"Idempotency-Key": uuid4().hex, **operator, "Content-Encoding": encoding}
    body = b'{"entries": [{"unit": "A01", "score": "1", "evidence": "x"}]}'
    answer = client.post(f"{LAW}/entries", data=body, headers=headers, content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (415, "content_encoding")
    assert encoding[:40] in answer.json["detail"] and stored() == before
    page = client.post("/sign-in", data=b"login=a", headers={"Content-Encoding": encoding})
    assert page.status_code == 415 and "Content-Encoding" in page.text
    plain = {**headers, "Content-Encoding": "identity"}
    answer = client.post(f"{LAW}/entries", data=body, headers=plain, content_type="application/json")
    assert answer.status_code == 201, answer.text
