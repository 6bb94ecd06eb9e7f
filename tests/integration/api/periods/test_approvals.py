"""Acts of two people over HTTP: who may ask, who may answer, and what a repeat does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from pingyi.api.examples import ADJUSTMENTS, REASON, REFUSAL, REOPENING

BASE = "/api/v1"
URL = f"{BASE}/periods/example-2017"
KeyOf = Callable[..., dict[str, str]]


@pytest.fixture
def approver(draft: None, key_of: KeyOf) -> dict[str, str]:
    return key_of(roles=["approver"])


def ask(client: FlaskClient, headers: dict[str, str]) -> dict[str, Any]:
    answer = client.post(f"{URL}/adjustments", json=ADJUSTMENTS, headers=headers)
    assert answer.status_code == 202, answer.text
    (act,) = answer.json["acts"]
    found: dict[str, Any] = act
    return found


def test_equal_requests_are_two_and_a_repeated_key_is_one(
    client: FlaskClient, office: dict[str, str], approver: dict[str, str]
) -> None:
    act, url = ask(client, office), f"{URL}/adjustments"
    assert (act["state"], act["content"]["unit"], act["reason"]) == ("pending", "A02", "通报批评")
    assert ask(client, office)["id"] != act["id"]
    keyed = {**office, "Idempotency-Key": "adjustment-2017-001"}
    first, again = (client.post(url, json=ADJUSTMENTS, headers=keyed).json for _ in range(2))
    assert first == again
    other = {**ADJUSTMENTS["adjustments"][0], "points": "0.6"}
    reused = client.post(url, json={"adjustments": [other]}, headers=keyed)
    assert (reused.status_code, reused.json["code"]) == (422, "key_reused")
    twice = {"adjustments": [ADJUSTMENTS["adjustments"][0]] * 2}
    assert len({one["id"] for one in client.post(url, json=twice, headers=office).json["acts"]}) == 2
    wrong = client.post(url, json=ADJUSTMENTS, headers={**office, "Idempotency-Key": "short"})
    assert (wrong.status_code, wrong.json["code"]) == (400, "idempotency_key_invalid")
    assert len(client.get(f"{URL}/acts", headers=approver).json["acts"]) == 5


@pytest.mark.parametrize("role", ["administrator", "auditor", "reviewer", "security_administrator"])
def test_only_an_approver_answers(
    client: FlaskClient, office: dict[str, str], approver: dict[str, str], key_of: KeyOf, role: str
) -> None:
    act, headers = ask(client, office), key_of(roles=[role])
    for answer, body in (("approval", None), ("refusal", REFUSAL)):
        url = f"{BASE}/acts/{act['id']}/{answer}"
        assert client.post(url, json=body, headers=headers).status_code == 403
    assert client.get(f"{BASE}/acts/{act['id']}", headers=approver).json["state"] == "pending"


def test_key_with_both_roles_never_answers_itself(
    client: FlaskClient, draft: None, approver: dict[str, str], key_of: KeyOf
) -> None:
    both = key_of(roles=["administrator", "approver"])
    act = ask(client, both)
    for answer, body in (("approval", None), ("refusal", REFUSAL)):
        refused = client.post(f"{BASE}/acts/{act['id']}/{answer}", json=body, headers=both)
        assert (refused.status_code, refused.json["code"]) == (403, "same_person")
    approved = client.post(f"{BASE}/acts/{act['id']}/approval", headers=approver).json
    assert approved["state"] == "approved" and approved["answered_by"] not in {"", act["requested_by"]}
    again = client.post(f"{BASE}/acts/{act['id']}/approval", headers=approver)
    assert (again.status_code, again.json["code"]) == (409, "act_answered")
    assert len(client.get(f"{URL}/adjustments", headers=approver).json["adjustments"]) == 1


def test_refusal_needs_a_reason_and_leaves_nothing(
    client: FlaskClient, office: dict[str, str], approver: dict[str, str]
) -> None:
    act = ask(client, office)
    url = f"{BASE}/acts/{act['id']}/refusal"
    assert client.post(url, json={"reason": " "}, headers=approver).status_code == 422
    assert client.post(url, json=REFUSAL, headers=approver).json["answer"] == REFUSAL["reason"]
    assert client.get(f"{URL}/adjustments", headers=office).json == {"adjustments": []}
    assert ask(client, office)["id"] != act["id"]


def test_period_opened_again_tells_until_when(
    client: FlaskClient, opened: None, office: dict[str, str], approver: dict[str, str]
) -> None:
    client.post(f"{URL}/closing", headers=office)
    past = {**REOPENING, "deadline": "2017-01-01T00:00:00+08:00"}
    refused = client.post(f"{URL}/reopening", json=past, headers=office)
    assert (refused.status_code, refused.json["code"]) == (422, "deadline_passed")
    asked = client.post(f"{URL}/reopening", json=REOPENING, headers=office)
    assert client.get(URL, headers=office).json["state"] == "closed"
    client.post(asked.headers["Location"] + "/approval", headers=approver)
    found = client.get(URL, headers=office).json
    assert (found["state"], found["open_until"]) == ("open", "2099-01-20T10:00:00+00:00")


@pytest.mark.parametrize("path", ["acts/9", "acts/9/approval", "acts/9/refusal"])
def test_unknown_act_is_not_found(client: FlaskClient, approver: dict[str, str], path: str) -> None:
    method, body = ("GET", None) if path == "acts/9" else ("POST", REFUSAL)
    answer = client.open(f"{BASE}/{path}", method=method, json=body, headers=approver)
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")


def test_withdrawal_of_what_is_not_in_force_is_not_found(
    client: FlaskClient, draft: None, office: dict[str, str]
) -> None:
    answer = client.post(f"{URL}/adjustments/7/withdrawal", json=REASON, headers=office)
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")
