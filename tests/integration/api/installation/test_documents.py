"""Documents over HTTP: every kind that is installed is drafted, checked, issued, compared and withdrawn."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from tests.integration.api.conftest import BASE
from tests.integration.services.documents.calendars import CALENDAR, WRONG, bring_kinds, leaves
from tests.integration.web.site.test_boards import counted_queries

from pingyi.api.examples import PERIOD, SCHEME_TOML
from pingyi.db import transaction
from pingyi.services.people.api_keys import authenticate

ALL, BYLAWS = f"{BASE}/documents/calendar", f"{BASE}/documents/bylaw"
ONE = f"{ALL}/days/1"
KeyOf = Callable[..., dict[str, str]]
Headers = dict[str, str]


@pytest.fixture(autouse=True)
def kinds(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    bring_kinds(app, monkeypatch)


def name_of(headers: Headers) -> str:
    """How the record calls whose key that is."""
    with transaction() as connection:
        caller = authenticate(connection, headers["Authorization"].removeprefix("Bearer "))
    assert caller is not None
    return caller.name


def begin(client: FlaskClient, office: Headers, toml: str = CALENDAR, url: str = ALL) -> dict[str, Any]:
    answer = client.post(url, json={"key": "days", "document": toml}, headers=office)
    assert answer.status_code == 201, answer.text
    stored: dict[str, Any] = answer.json
    return stored


def act(client: FlaskClient, office: Headers, what: str, url: str = ONE, **body: Any) -> dict[str, Any]:
    answer = client.post(f"{url}/{what}", json=body or None, headers=office)
    assert answer.status_code == 200, answer.text
    stored: dict[str, Any] = answer.json
    return stored


def test_draft_is_begun_saved_issued_compared_and_withdrawn(client: FlaskClient, office: Headers) -> None:
    begun = begin(client, office, WRONG)
    assert (begun["state"], begun["revision"], begun["errors"], begun["document"]) == ("draft", 1, 2, WRONG)
    assert [(one["pointer"], one["code"], one["row"]) for one in begun["wrong"]] == [
        ("/holidays/0/name", "required", 5),
        ("/holidays/1/date", "other_year", 9),
    ]
    saved = client.put(ONE, json={"revision": 1, "document": CALENDAR}, headers=office).json
    assert (saved["errors"], saved["wrong"], saved["revision"]) == (0, [], 2)
    issued = act(client, office, "issue", revision=2)
    assert (issued["state"], issued["sha256"]) == ("issued", saved["sha256"])
    assert client.get(ONE, headers=office).json == issued
    begin(client, office, CALENDAR.replace("元旦", "新年").replace("# a Friday", "# what day?"))
    changes = client.get(f"{ALL}/days/2/changes?other=1", headers={**office, "Accept-Language": "en"}).json
    assert changes == {
        "changes": [{"place": "Holiday 1 · Name", "kind": "changed", "before": "元旦", "after": "新年"}]
    }
    withdrawn = act(client, office, "withdrawal")
    assert (withdrawn["state"], withdrawn["document"]) == ("withdrawn", CALENDAR)
    listed = client.get(ALL, headers=office).json["documents"]
    assert [(one["version"], one["state"]) for one in listed] == [(2, "draft"), (1, "withdrawn")]
    left = client.delete(f"{ALL}/days/2?revision=1", headers=office)
    assert [one["version"] for one in left.json["documents"]] == [1]
    acts = {name: len(leaves(f"document.{name}")) for name in ("stored", "issued", "withdrawn", "discarded")}
    assert acts == {"stored": 2, "issued": 1, "withdrawn": 1, "discarded": 1}


@pytest.mark.parametrize(
    ("method", "url", "body", "code"),
    [
        ("PUT", ONE, {"revision": 2, "document": CALENDAR}, (409, "document_changed")),
        ("POST", f"{ONE}/issue", {"revision": 2}, (409, "document_changed")),
        ("DELETE", f"{ONE}?revision=2", None, (409, "document_changed")),
        ("POST", f"{ONE}/withdrawal", None, (409, "conflict")),
        ("PUT", ONE, {"revision": 1, "document": "a = "}, (422, "calendar_invalid")),
        ("PUT", ONE, {"revision": 0, "document": CALENDAR}, (422, "request_invalid")),
        ("POST", ALL, {"key": "1st", "document": ""}, (422, "request_invalid")),
        ("POST", ALL, {"document": CALENDAR}, (422, "invalid")),
        ("GET", f"{ALL}/days/2", None, (404, "not_found")),
        ("GET", f"{ALL}/other/1", None, (404, "not_found")),
        ("GET", f"{ONE}/changes?other=2", None, (404, "not_found")),
        ("GET", f"{BASE}/documents/poem", None, (404, "not_found")),
        ("POST", f"{BASE}/documents/poem", {"key": "a", "document": ""}, (404, "not_found")),
    ],
)
def test_refusal_says_what_is_wrong_and_changes_nothing(
    client: FlaskClient, office: Headers, method: str, url: str, body: Any, code: tuple[int, str]
) -> None:
    before = begin(client, office)
    answer = client.open(url, method=method, json=body, headers=office)
    assert (answer.status_code, answer.json["code"]) == code
    assert client.get(ONE, headers=office).json == before


def test_half_finished_draft_is_not_issued_and_everything_wrong_is_named(
    client: FlaskClient, office: Headers
) -> None:
    begin(client, office, WRONG)
    refused = client.post(f"{ONE}/issue", json={"revision": 1}, headers=office)
    assert (refused.status_code, refused.json["code"]) == (422, "calendar_invalid")
    assert [one["pointer"] for one in refused.json["errors"]] == ["/holidays/0/name", "/holidays/1/date"]
    assert client.get(ONE, headers=office).json["state"] == "draft"


def test_issued_version_is_not_saved_over_and_not_discarded(client: FlaskClient, office: Headers) -> None:
    begin(client, office)
    issued = act(client, office, "issue", revision=1)
    for method, body in (("PUT", {"revision": 1, "document": CALENDAR}), ("DELETE", None)):
        answer = client.open(
            f"{ONE}?revision=1" if not body else ONE, method=method, json=body, headers=office
        )
        assert (answer.status_code, answer.json["code"]) == (409, "document_issued")
    assert client.get(ONE, headers=office).json == issued


def test_of_many_issues_at_once_one_wins(app: Flask, client: FlaskClient, office: Headers) -> None:
    begin(client, office)

    def issue(_number: int) -> int:
        return app.test_client().post(f"{ONE}/issue", json={"revision": 1}, headers=office).status_code

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(issue, range(6))) == [200, *[409] * 5]
    assert len(leaves("document.issued")) == 1


WRITES = (
    ("POST", "", {"key": "more", "document": CALENDAR}),
    ("PUT", "/days/1", {"revision": 1, "document": CALENDAR}),
    ("DELETE", "/days/1?revision=1", None),
)
ACTS = (("POST", "/days/1/issue", {"revision": 1, "reason": "x"}), ("POST", "/days/1/withdrawal", None))
READS = ("", "/days/1", "/days/1/changes?other=1")


@pytest.mark.parametrize("role", ["auditor", "approver", "reviewer", "security_administrator"])
def test_readers_read_and_others_are_refused(
    client: FlaskClient, office: Headers, key_of: KeyOf, role: str
) -> None:
    begin(client, office)
    reader = key_of(roles=[role])
    reads = role in {"auditor", "approver"}
    assert {client.get(ALL + url, headers=reader).status_code for url in READS} == {200 if reads else 403}
    for method, url, body in (*WRITES, *ACTS):
        assert client.open(ALL + url, method=method, json=body, headers=reader).status_code == 403
    assert client.get(ONE, headers=office).json["revision"] == 1


def test_operators_and_nobody_are_refused(client: FlaskClient, office: Headers, operator: Headers) -> None:
    begin(client, office)
    for headers, status in ((operator, 403), ({}, 401)):
        for url in READS:
            assert client.get(ALL + url, headers=headers).status_code == status
        for method, url, body in (*WRITES, *ACTS):
            assert client.open(ALL + url, method=method, json=body, headers=headers).status_code == status


def test_every_kind_has_drafters_and_issuers_of_its_own(
    client: FlaskClient, office: Headers, security: Headers
) -> None:
    """Bylaws are drafted by others than calendars, and read by others too."""
    for method, url, body in WRITES:
        assert client.open(BYLAWS + url, method=method, json=body, headers=office).status_code == 403
    begin(client, security, url=BYLAWS)
    assert client.get(f"{BYLAWS}/days/1", headers=office).status_code == 200
    for method, url, body in ACTS:
        assert client.open(BYLAWS + url, method=method, json=body, headers=security).status_code == 403
    assert client.get(ALL, headers=security).status_code == 403


def test_kind_of_two_persons_is_issued_by_another_who_approves(
    client: FlaskClient, security: Headers, key_of: KeyOf
) -> None:
    asker, other = key_of(roles=["administrator", "approver"]), key_of(roles=["approver"])
    drafted = begin(client, security, url=BYLAWS)
    one = f"{BYLAWS}/days/1"
    without = client.post(f"{one}/issue", json={"revision": 1}, headers=asker)
    assert (without.status_code, without.json["code"]) == (422, "reason_required")
    asked = act(client, asker, "issue", one, revision=1, reason="经会议研究")
    assert asked == drafted
    [request] = client.get(f"{BASE}/approvals", headers=other).json["acts"]
    assert (request["kind"], request["state"], request["reason"]) == (
        "issue_document",
        "pending",
        "经会议研究",
    )
    content = {"document": "bylaw", "key": "days", "version": 1, "revision": 1, "sha256": drafted["sha256"]}
    assert request["content"] == content
    answer = f"{BASE}/acts/{request['id']}/approval"
    assert client.post(answer, headers=asker).status_code == 403
    assert client.get(one, headers=security).json["state"] == "draft"
    assert client.post(answer, headers=other).status_code == 200
    assert client.get(one, headers=security).json["state"] == "issued"
    [leaf] = leaves("document.issued")
    both = {"act": request["id"], "by": request["requested_by"], "approved_by": name_of(other)}
    assert both["by"] == name_of(asker) != both["approved_by"]
    assert leaf == {"document": "bylaw", "key": "days", "version": 1, "sha256": drafted["sha256"], **both}


def test_draft_saved_after_it_was_asked_for_is_not_issued(
    client: FlaskClient, security: Headers, office: Headers, key_of: KeyOf
) -> None:
    begin(client, security, url=BYLAWS)
    one = f"{BYLAWS}/days/1"
    act(client, office, "issue", one, revision=1, reason="经会议研究")
    client.put(one, json={"revision": 1, "document": CALENDAR + "# more\n"}, headers=security)
    approver = key_of(roles=["approver"])
    [request] = client.get(f"{BASE}/approvals", headers=approver).json["acts"]
    refused = client.post(f"{BASE}/acts/{request['id']}/approval", headers=approver)
    assert (refused.status_code, refused.json["code"]) == (409, "document_changed")
    assert client.get(one, headers=security).json["state"] == "draft"
    assert leaves("document.issued") == []


def test_withdrawn_scheme_is_not_chosen_by_a_period(client: FlaskClient, office: Headers) -> None:
    schemes = f"{BASE}/documents/scheme"
    key = PERIOD["scheme"]
    for number in (1, 2):
        toml = SCHEME_TOML + f"# {number}\n"
        begun = client.post(schemes, json={"document": toml}, headers=office).json
        assert begun["key"] == key, begun
    for version in (1, 2):
        act(client, office, "issue", f"{schemes}/{key}/{version}", revision=1)
    act(client, office, "withdrawal", f"{schemes}/{key}/2")
    named = client.post(f"{BASE}/periods", json={**PERIOD, "version": 2}, headers=office)
    assert (named.status_code, named.json["code"]) == (409, "document_withdrawn")
    made = client.post(f"{BASE}/periods", json=PERIOD, headers=office)
    assert (made.status_code, made.json["scheme_version"]) == (201, 1), made.text
    act(client, office, "withdrawal", f"{schemes}/{key}/1")
    again = client.post(f"{BASE}/periods", json={**PERIOD, "key": "again"}, headers=office)
    assert (again.status_code, again.json["code"]) == (409, "document_withdrawn")


def test_half_finished_scheme_is_not_chosen_by_a_period(client: FlaskClient, office: Headers) -> None:
    schemes = f"{BASE}/documents/scheme"
    wrong = SCHEME_TOML.replace("decimals = 2", "")
    client.post(schemes, json={"document": wrong}, headers=office)
    none = client.post(f"{BASE}/periods", json=PERIOD, headers=office)
    assert (none.status_code, none.json["code"]) == (422, "scheme_invalid")
    client.post(schemes, json={"document": SCHEME_TOML}, headers=office)
    client.post(schemes, json={"document": wrong}, headers=office)
    made = client.post(f"{BASE}/periods", json=PERIOD, headers=office)
    assert (made.status_code, made.json["scheme_version"]) == (201, 2), made.text


def test_list_and_document_take_as_many_queries_for_many_as_for_one(
    app: Flask, client: FlaskClient, office: Headers
) -> None:
    counts = []
    client.get(ALL, headers=office)
    for _ in range(3):
        begin(client, office)
        taken = []
        for url in (ALL, ONE, f"{ONE}/changes?other=1"):
            with counted_queries(app) as queries:
                assert client.get(url, headers=office).status_code == 200
            taken.append(len(queries))
        counts.append(tuple(taken))
    assert len(set(counts)) == 1
