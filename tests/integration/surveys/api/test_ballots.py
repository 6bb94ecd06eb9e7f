"""Ballots set up by program, with the bodies that the document gives as examples, and every refusal."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from tests.ballot_period import ROSTER, THREE, ballot_period
from tests.conftest import bearer
from tests.integration.web.site.test_boards import counted_queries
from tests.small_scheme import LAW, channel, draft_period, names_of, scheme_of

from pingyi.db import transaction
from pingyi.ledger import tree_heads
from pingyi_surveys.questionnaires.questionnaire import ready_questionnaire, ready_questionnaires

BASE = "/api/v1"

Headers = dict[str, str]


class Program:
    """Calls operations by their ids, as the document describes them."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        paths = client.get("/api/openapi.json").json["paths"]
        self.operations = {
            operation["operationId"]: (method, path, operation)
            for path, methods in paths.items()
            for method, operation in methods.items()
            if method != "parameters"
        }

    def example(self, name: str) -> Any:
        return self.operations[name][2]["requestBody"]["content"]["application/json"]["example"]

    def call(self, name: str, key: Headers, body: Any = None, **path: Any) -> Any:
        method, template, operation = self.operations[name]
        if body is None and "requestBody" in operation:
            body = self.example(name)
        url = template.format(**{"period": "p", "channel": ROSTER, **path})
        return self.client.open(url, method=method.upper(), json=body, headers=key)


@pytest.fixture
def program(client: FlaskClient) -> Program:
    return Program(client)


@pytest.fixture
def draft(app: Flask) -> None:
    document = scheme_of(
        channel(ROSTER, "代表测评", "40", THREE, operator="人大", plugin=ROSTER), LAW, min_coverage="0"
    )
    draft_period(document, names_of(3))


def test_ballots_are_set_up_with_the_examples_and_the_period_opens(
    program: Program, office: Headers, draft: None
) -> None:
    stored = program.call("questionnaire_put", office, questionnaire="roster-three-levels", version=1)
    assert (stored.status_code, stored.json["frozen"]) == (200, False)
    box = program.call("box_put", office)
    assert box.json["questionnaire"] == "roster-three-levels"
    assert (box.json["kind"], box.json["cards"], box.json["opened"]) == ("roster", {}, None)
    [missing] = program.call("box_list", office).json["missing"]
    assert (missing["code"], missing["pointer"]) == ("cards_missing", f"/channels/{ROSTER}")
    listed = program.call("card_register", bearer("card_issuer"))
    assert (listed.status_code, listed.json["cards"]) == (201, 10)
    keys = program.call("ballot_keys_make", office)
    assert (keys.status_code, keys.json["kept"]) == (201, "file")
    boxes = program.call("box_list", office).json
    assert (boxes["missing"], boxes["keys"], boxes["boxes"][0]["cards"]) == ([], keys.json, {"": 10})
    assert program.call("period_open", office).json["state"] == "open"
    seen = program.call("turnout_view", bearer("auditor")).json
    assert (seen["boxes"][0]["cards"], seen["boxes"][0]["none"]) == ({"": 10}, 3)
    assert [unit["ballots"] for unit in seen["units"]] == [{ROSTER: 0}] * 3
    frozen = program.call("questionnaire_get", office, questionnaire="roster-three-levels", version=1)
    assert frozen.json["frozen"]
    with transaction() as connection:
        kinds = connection.execute(text("SELECT kind FROM leaf ORDER BY id")).scalars().all()
    told = (
        "questionnaire.stored",
        "ballots.configured",
        "cards.committed",
        "ballots.prepared",
        "turnout.viewed",
    )
    assert [kind for kind in kinds if kind in told] == list(told)


@pytest.mark.parametrize("key", ready_questionnaires())
def test_questionnaire_is_stored_under_its_own_address_only(
    client: FlaskClient, office: Headers, key: str
) -> None:
    body = {"document": ready_questionnaire(key)}
    for path in (f"{key}/2", "other/1"):
        refused = client.put(f"{BASE}/questionnaires/{path}", json=body, headers=office)
        assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/document")
    assert client.put(f"{BASE}/questionnaires/{key}/1", json=body, headers=office).status_code == 200
    assert client.put(f"{BASE}/questionnaires/{key}/1", json=body, headers=office).status_code == 200
    [line] = client.get(f"{BASE}/questionnaires", headers=office).json["questionnaires"]
    assert line["key"] == key
    assert "document" not in line


def test_broken_document_names_the_line_and_a_huge_one_is_refused(
    client: FlaskClient, office: Headers
) -> None:
    address = f"{BASE}/questionnaires/q/1"
    broken = client.put(address, json={"document": 'key = "q"\nversion = = 1\n'}, headers=office)
    assert (broken.status_code, broken.json["code"]) == (422, "questionnaire_invalid")
    assert broken.json["errors"][0]["row"] == 2
    assert client.put(address, json={"document": "#" * 65_537}, headers=office).status_code == 422
    assert client.put(address, json={"document": "#" * 300_000}, headers=office).status_code == 413


def test_frozen_questionnaire_takes_the_same_words_and_no_others(
    client: FlaskClient, office: Headers
) -> None:
    ballot_period()
    address, document = (
        f"{BASE}/questionnaires/roster-three-levels/1",
        ready_questionnaire("roster-three-levels"),
    )
    assert client.put(address, json={"document": f"# again\n{document}"}, headers=office).status_code == 200
    assert client.get(address, headers=office).json["document"] == document
    changed = {"document": document.replace("满意", "很满意", 1).replace("代表委员", "代表")}
    refused = client.put(address, json=changed, headers=office)
    assert (refused.status_code, refused.json["code"]) == (409, "questionnaire_frozen")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"kind": "post"}, "/kind"),
        ({"version": 0}, "/version"),
        ({"version": "1"}, "/version"),
        ({"rules": {"burst": 3}}, "/rules/burst"),
        ({"rules": {"margin": "0.25"}}, "/rules/margin"),
        ({"rules": {"bursts": 30}}, "/rules/bursts"),
        ({"more": 1}, "/more"),
    ],
)
def test_box_that_is_none_is_refused_at_its_field(
    program: Program, office: Headers, draft: None, body: dict[str, Any], pointer: str
) -> None:
    refused = program.call("box_put", office, {**program.example("box_put"), **body})
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json["errors"]] == [pointer]


def test_box_is_put_again_got_and_removed(program: Program, office: Headers, draft: None) -> None:
    assert program.call("box_get", office).status_code == 404
    assert program.call("box_put", office).status_code == 404
    program.call("questionnaire_put", office, questionnaire="roster-three-levels", version=1)
    ruled = {**program.example("box_put"), "rules": {"burst": 40, "margin": "1/3"}}
    for _ in range(2):
        assert program.call("box_put", office, ruled).status_code == 200
    assert program.call("box_get", office).json["rules"] == {"burst": 40, "margin": "1/3"}
    assert program.call("box_put", office, channel="law").status_code == 422
    assert program.call("box_remove", office).json == {"boxes": [], "keys": None, "missing": []}
    assert program.call("box_get", office).status_code == 404
    assert program.call("ballot_keys_make", office).json["errors"][0]["code"] == "no_boxes"


def test_cards_come_from_the_issuer_once_and_before_the_opening(
    program: Program, office: Headers, draft: None
) -> None:
    issuer = bearer("card_issuer")
    assert program.call("card_register", issuer).json["code"] == "no_such_box"
    program.call("questionnaire_put", office, questionnaire="roster-three-levels", version=1)
    program.call("box_put", office)
    assert program.call("card_register", office).status_code == 403
    few = {"hashes": program.example("card_register")["hashes"][:9]}
    assert program.call("card_register", issuer, few).json["code"] == "too_few_cards"
    wrong = {"hashes": ["A" * 64]}
    assert program.call("card_register", issuer, wrong).status_code == 422
    assert program.call("card_register", issuer).status_code == 201
    assert program.call("card_register", issuer).json["code"] == "cards_known"


def test_open_period_is_not_changed_by_program(program: Program, office: Headers) -> None:
    ballot_period()
    for name in ("box_put", "box_remove", "ballot_keys_make"):
        refused = program.call(name, office)
        assert (refused.status_code, refused.json["code"]) == (409, "wrong_state"), name


def test_draft_has_no_turnout_and_approvers_see_none(program: Program, office: Headers, draft: None) -> None:
    assert program.call("turnout_view", office).json["code"] == "wrong_state"
    assert program.call("turnout_view", bearer("approver")).status_code == 403


def test_overview_asks_as_often_for_many_units(
    app: Flask, program: Program, office: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        tree_heads, "FRESH_SECONDS", 3600
    )  # the head is asked for once, however slow it is here
    counts = []
    for key, units in (("p", 2), ("q", 30)):
        ballot_period(names_of(units), key=key, opened=False)
        program.call("box_list", office, period=key)
        with counted_queries(app) as found:
            assert program.call("box_list", office, period=key).status_code == 200
        counts.append(len(found))
    assert counts[0] == counts[1]
