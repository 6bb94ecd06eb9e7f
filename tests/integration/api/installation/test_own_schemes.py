"""Schemes that a body makes for itself: checklists of rules, sections of a bureau, any length of period."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from tests.integration.api.conftest import BASE

from pingyi.api.examples import PUBLICATION, SCHEME, SCHEME_TOML, UNITS
from pingyi.embedded.engines import Endpoints
from pingyi_workers.work import drain

Send = Callable[..., Any]
PERIOD = f"{BASE}/periods/own"
BUREAU = [
    {"code": "B", "name": "市交通局", "category": "bureaus"},
    {"code": "B1", "name": "市交通局运输科", "category": "sections", "parent": "B"},
    {"code": "B2", "name": "市交通局路政站", "category": "sections", "parent": "B"},
    {"code": "B3", "name": "市交通局收费站", "category": "sections", "parent": "B"},
]
OPENNESS = ("decisions_secret", "powers_unlisted", "information_late", "grassroots_accounts_hidden")
SERVICE = ("first_asked_refused", "not_guided", "no_badge", "time_limit_missed", "nobody_accountable")


@pytest.fixture
def send(client: FlaskClient, office: dict[str, str]) -> Send:
    """Sends a request, the office's where no key is given."""

    def request(method: str, path: str, body: Any = None, key: dict[str, str] = office) -> Any:
        once = {"Idempotency-Key": uuid4().hex} if path.endswith("/entries") else {}
        answer = client.open(path, method=method, json=body, headers={**key, **once})
        assert answer.status_code in {200, 201, 202}, answer.text
        return answer.json

    return request


def checklist(items: Sequence[str]) -> str:
    """A bureau's own scheme: one checklist, ten points off for each time."""
    listed = ", ".join(f'{{ key = "{item}", deduct = "10" }}' for item in items)
    return (
        'key = "own"\ntitle = { zh = "内部考评", en = "Own" }\nfull_marks = "100"\ndecimals = 2\n'
        '[policies]\nmissing = "reallocate"\nmin_coverage = "60"\nties = "competition"\ntie_break = []\n'
        '[[categories]]\nkey = "bureaus"\ntitle = { zh = "局", en = "Bureaus" }\n'
        '[[categories]]\nkey = "sections"\ntitle = { zh = "科室站所", en = "Sections" }\n'
        '[[channels]]\nkey = "list"\nplugin = "checklist"\noperator = "考评办"\nmax_points = "100"\n'
        f'title = {{ zh = "清单", en = "List" }}\nsettings = {{ items = [{listed}] }}\n'
    )


@pytest.mark.parametrize(
    "items",
    [
        pytest.param(OPENNESS, marks=pytest.mark.mission("003-20", "001-13")),
        pytest.param(SERVICE, marks=pytest.mark.mission("004-14")),
    ],
)
def test_sections_of_a_bureau_are_scored_and_ranked_by_a_checklist(
    app: Flask, endpoints: Endpoints, send: Send, key_of: Send, items: Sequence[str]
) -> None:
    send("POST", f"{BASE}/schemes", {"document": checklist(items)})
    send("POST", f"{BASE}/periods", {"key": "own", "scheme": "own"})
    send("PUT", f"{PERIOD}/units", {"units": BUREAU})
    assert [unit["parent"] for unit in send("GET", f"{PERIOD}/units")["units"]] == ["", "B", "B", "B"]
    send("POST", f"{PERIOD}/opening")
    found = [{"unit": "B1", "item": item, "count": 1, "evidence": f"检查记录：{item}"} for item in items]
    found += [{"unit": "B2", "item": items[-1], "count": 2}, {"unit": "B3"}, {"unit": "B"}]
    send("POST", f"{PERIOD}/checklist/list/entries", {"entries": found}, key_of("考评办"))
    send("POST", f"{PERIOD}/closing")
    send("POST", f"{PERIOD}/assessment")
    with Redis.from_url(endpoints.redis_url) as redis:
        drain(app, redis)
    asked = send("POST", f"{PERIOD}/publication", PUBLICATION)
    send("POST", f"{BASE}/acts/{asked['id']}/approval", key=key_of(roles=["approver"]))
    units = send("GET", f"{PERIOD}/results", key={})["units"]
    assert [(unit["unit"], unit["category"], unit["rank"], unit["total"]) for unit in units] == [
        ("B", "bureaus", 1, "100.00"),
        ("B3", "sections", 1, "100.00"),
        ("B2", "sections", 2, "80.00"),
        ("B1", "sections", 3, f"{100 - 10 * len(items)}.00"),
    ]
    facts = units[-1]["channels"]["list"]["facts"]
    assert [facts[f"{item}_count"] for item in items] == ["1"] * len(items)


@pytest.mark.mission("002-49")
def test_scheme_of_the_city_is_taken_over_by_a_county(send: Send) -> None:
    issued = send("POST", f"{BASE}/schemes", SCHEME)
    document = send("GET", f"{BASE}/schemes/example-2017")["document"]
    own = document.replace('key = "example-2017"', 'key = "county-2017"').replace("k = 1 }", "k = 3 }")
    assert send("POST", f"{BASE}/schemes", {"document": own})["version"] == 1
    assert send("GET", f"{BASE}/schemes/county-2017")["document"] == own
    assert send("GET", f"{BASE}/schemes/example-2017")["document"] == SCHEME_TOML
    send("POST", f"{BASE}/periods", {"key": "own", "scheme": "county-2017"})
    send("PUT", f"{PERIOD}/units", UNITS)
    assert send("POST", f"{PERIOD}/opening")["scheme"] == "county-2017"
    assert issued["version"] == 1


LENGTHS = {
    "month": ("2017-01-01", "2017-01-31"),
    "quarter": ("2017-01-01", "2017-03-31"),
    "half": ("2017-01-01", "2017-06-30"),
    "year": ("2017-01-01", "2017-12-31"),
}


@pytest.mark.mission("003-09")
def test_one_scheme_runs_by_month_quarter_half_year_and_year_at_once(send: Send, key_of: Send) -> None:
    send("POST", f"{BASE}/schemes", SCHEME)
    for key, (first, last) in LENGTHS.items():
        given = {"key": key, "scheme": "example-2017", "starts_on": first, "ends_on": last}
        send("POST", f"{BASE}/periods", given)
        send("PUT", f"{BASE}/periods/{key}/units", UNITS)
        send("POST", f"{BASE}/periods/{key}/opening")
    law = key_of("市政府法制办")
    entries = {key: f"{BASE}/periods/{key}/partner_score/work_law/entries" for key in LENGTHS}
    for number, path in enumerate(entries.values(), 1):
        send("POST", path, {"entries": [{"unit": "A01", "score": str(number)}]}, law)
    for number, (key, path) in enumerate(entries.items(), 1):
        assert [row["values"]["score"] for row in send("GET", path, key=law)["entries"]] == [str(number)]
        period = send("GET", f"{BASE}/periods/{key}")
        assert (period["starts_on"], period["ends_on"]) == LENGTHS[key]
    send("POST", f"{BASE}/periods/half/closing")
    assert send("GET", f"{BASE}/periods/year")["state"] == "open"
