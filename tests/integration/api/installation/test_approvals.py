"""Acts that belong to no period over HTTP: listed, answered by another person, carried out once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from tests.integration.api.conftest import BASE
from tests.notices import ADDRESSEE, REASON, ask_notice, bring_notices, notices_issued

from pingyi.api.examples import ADJUSTMENTS, REFUSAL
from pingyi.db import transaction
from pingyi.services.core.callers import Caller
from pingyi.services.people.api_keys import authenticate

LIST = f"{BASE}/approvals"
KeyOf = Callable[..., dict[str, str]]


@pytest.fixture(autouse=True)
def notices(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    bring_notices(app, monkeypatch)


@pytest.fixture
def approver(key_of: KeyOf) -> dict[str, str]:
    return key_of(roles=["approver"])


def holder(headers: dict[str, str]) -> Caller:
    """Whose key that is."""
    with transaction() as connection:
        caller = authenticate(connection, headers["Authorization"].removeprefix("Bearer "))
    assert caller is not None
    return caller


def acts(client: FlaskClient, headers: dict[str, str], url: str = LIST) -> list[dict[str, Any]]:
    answer = client.get(url, headers=headers)
    assert answer.status_code == 200, answer.text
    listed: list[dict[str, Any]] = answer.json["acts"]
    return listed


def test_act_of_no_period_is_listed_apart_and_carried_out(
    client: FlaskClient, draft: None, office: dict[str, str], approver: dict[str, str]
) -> None:
    of_period = f"{BASE}/periods/example-2017"
    client.post(f"{of_period}/adjustments", json=ADJUSTMENTS, headers=office)
    asked = ask_notice(holder(office))
    (act,) = acts(client, approver)
    assert (act["id"], act["kind"], act["period"], act["state"]) == (asked.id, "notice", "", "pending")
    assert (act["content"], act["reason"]) == ({"number": 7, "addressee": ADDRESSEE}, REASON)
    assert [one["kind"] for one in acts(client, approver, f"{of_period}/acts")] == ["adjustment"]
    answered = client.post(f"{BASE}/acts/{act['id']}/approval", headers=approver)
    assert (answered.status_code, answered.json["state"], answered.json["period"]) == (200, "approved", "")
    assert (
        acts(client, office)
        == [answered.json]
        == [client.get(f"{BASE}/acts/{act['id']}", headers=office).json]
    )
    assert notices_issued() == 1


@pytest.mark.parametrize("roles", [["reviewer"], ["security_administrator"], None])
def test_list_is_for_those_who_read_what_the_office_reads(
    client: FlaskClient, key_of: KeyOf, roles: list[str] | None
) -> None:
    answer = client.get(LIST, headers=key_of(roles=roles) if roles else {})
    assert answer.status_code == (403 if roles else 401)


def test_own_request_is_answered_by_another_only(
    client: FlaskClient, key_of: KeyOf, approver: dict[str, str]
) -> None:
    both = key_of(roles=["administrator", "approver"])
    act = ask_notice(holder(both)).id
    for answer, body in (("approval", None), ("refusal", REFUSAL)):
        refused = client.post(f"{BASE}/acts/{act}/{answer}", json=body, headers=both)
        assert (refused.status_code, refused.json["code"]) == (403, "same_person")
    assert notices_issued() == 0
    assert client.post(f"{BASE}/acts/{act}/approval", headers=approver).status_code == 200
    again = client.post(f"{BASE}/acts/{act}/approval", headers=approver)
    assert (again.status_code, again.json["code"]) == (409, "act_answered")
    assert notices_issued() == 1


def test_refused_act_has_no_effect_and_may_be_asked_for_again(
    client: FlaskClient, office: dict[str, str], approver: dict[str, str]
) -> None:
    act = ask_notice(holder(office)).id
    url = f"{BASE}/acts/{act}/refusal"
    assert client.post(url, json={"reason": " "}, headers=approver).status_code == 422
    assert client.post(url, json=REFUSAL, headers=approver).json["answer"] == REFUSAL["reason"]
    again = ask_notice(holder(office)).id
    assert [(one["id"], one["state"]) for one in acts(client, office)] == [
        (again, "pending"),
        (act, "refused"),
    ]
    assert notices_issued() == 0


@pytest.mark.parametrize("other", ["approval", "refusal"])
def test_two_answers_at_once_are_one(
    app: Flask, client: FlaskClient, office: dict[str, str], key_of: KeyOf, other: str
) -> None:
    approvers = [key_of(roles=["approver"]) for _ in range(2)]
    for number in range(8):
        act = ask_notice(holder(office), number).id

        def answer(place: int, act: int = act) -> int:
            path = "approval" if place == 0 else other
            url = f"{BASE}/acts/{act}/{path}"
            body = REFUSAL if path == "refusal" else None
            return app.test_client().post(url, json=body, headers=approvers[place]).status_code

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(answer, range(2))) == [200, 409]
    states = [one["state"] for one in acts(client, office)]
    assert len(states) == 8 and notices_issued() == states.count("approved")
    assert other == "refusal" or states == ["approved"] * 8


def test_kind_is_described(client: FlaskClient) -> None:
    paths = client.get("/api/openapi.json").json["paths"]
    assert paths[LIST]["get"]["operationId"] == "act_list_outside"
