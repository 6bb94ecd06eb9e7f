"""Writers against each other and against the closing of their period."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from tests.waiting import wait_for

from pingyi.api.examples import PERIOD
from pingyi.db import transaction
from pingyi.services.intake.fold import fold_channel

BASE = "/api/v1"
WRITERS = 8
CLOSINGS = 10
UNITS = {
    "units": [{"code": f"W{n}", "name": f"第{n}局", "category": "departments"} for n in range(WRITERS)],
}


def draft_and_open(client: FlaskClient, office: dict[str, str], key: str) -> str:
    url = f"{BASE}/periods/{key}"
    client.post(f"{BASE}/periods", json={**PERIOD, "key": key}, headers=office)
    client.put(f"{url}/units", json=UNITS, headers=office)
    assert client.post(f"{url}/opening", headers=office).json["state"] == "open"
    return url


def entries_of(key: str) -> int:
    with transaction() as connection:
        return connection.execute(
            text(
                "SELECT count(*) FROM entry e JOIN channel c ON c.id = e.channel_id"
                " JOIN period p ON p.id = c.period_id WHERE p.key = :key"
            ),
            {"key": key},
        ).scalar_one()


def write_until_refused(app: Flask, url: str, headers: dict[str, str], unit: str, taken: list[int]) -> None:
    """Post, correct and withdraw one unit's score until the period takes nothing more."""
    client, law = app.test_client(), f"{url}/partner_score/work_law"
    for number in range(1000):
        once = {"Idempotency-Key": uuid4().hex, **headers}
        entry = {"unit": unit, "score": f"{number % 500 / 100}", "reason": "更正"}
        answer = client.post(f"{law}/entries", json={"entries": [entry]}, headers=once)
        if answer.status_code == 201 and number % 3 == 0:
            taken.append(1)
            place, once = answer.json["delivery"], {"Idempotency-Key": uuid4().hex, **headers}
            answer = client.post(f"{law}/entries/{place}/0/withdrawal", json={"reason": "误报"}, headers=once)
        if answer.status_code != 201:
            assert (answer.status_code, answer.json["code"]) == (423, "period_not_open")
            return
        taken.append(1)
    raise AssertionError("the period never closed")


def test_no_entry_is_stored_after_a_closing_has_been_answered(
    app: Flask,
    client: FlaskClient,
    draft: None,
    office: dict[str, str],
    key_of: Callable[..., dict[str, str]],
) -> None:
    operator = key_of("市政府法制办")
    for closing in range(CLOSINGS):
        key = f"race-{closing}"
        url, taken = draft_and_open(client, office, key), []
        arguments = [(app, url, operator, f"W{n}", taken) for n in range(WRITERS)]
        writers = [threading.Thread(target=write_until_refused, args=given) for given in arguments]
        for writer in writers:
            writer.start()
        wanted = 1 + 3 * closing
        wait_for(lambda: len(taken) >= wanted, f"{wanted} entries")  # noqa: B023 called here and now
        assert client.post(f"{url}/closing", headers=office).status_code == 200
        at_closing = entries_of(key)
        for writer in writers:
            writer.join()
        assert entries_of(key) == at_closing == len(taken)
        assert at_closing > 0


def test_corrections_of_one_item_at_once_leave_one_standing(
    app: Flask, client: FlaskClient, post: Callable[..., Any]
) -> None:
    statuses: list[int] = []

    def correct(number: int) -> None:
        for score in range(5):
            entry = {"unit": "A01", "score": f"{number}.{score}"[:3], "reason": "并发更正"}
            statuses.append(post(entry).status_code)

    writers = [threading.Thread(target=correct, args=(number % 5,)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    fold_channel(1)
    with transaction() as connection:
        heads = connection.execute(text("SELECT count(*) FROM entry_head")).scalar_one()
        counters = connection.execute(text("SELECT counts FROM counter")).scalars().all()
    assert heads == 1
    assert [list(counts.values()) for counts in counters if counts] == [[1]]
