"""A whole evaluation over HTTP, by people who have their keys and the OpenAPI document."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from flask import Flask
from werkzeug.serving import make_server

from pingyi.settings import Settings
from pingyi_workers.queues import connect
from pingyi_workers.work import drain

PERIOD = "example-2017"


class Walker:
    """Calls operations by their ids, with the bodies that the document gives as examples."""

    def __init__(self, base: str) -> None:
        self.http = httpx.Client(base_url=base, timeout=30)
        document = self.http.get("/api/openapi.json").json()
        self.operations = {
            operation["operationId"]: (method, path, operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
            if method != "parameters"
        }

    def example(self, operation_id: str) -> Any:
        return self.operations[operation_id][2]["requestBody"]["content"]["application/json"]["example"]

    def call(self, operation_id: str, key: dict[str, str], body: Any = None, **path: Any) -> httpx.Response:
        method, template, operation = self.operations[operation_id]
        if body is None and "requestBody" in operation:
            body = self.example(operation_id)
        once = {"Idempotency-Key": uuid4().hex} if template.endswith(("entries", "withdrawal")) else {}
        url = template.format(period=PERIOD, **path)
        answer = self.http.request(method.upper(), url, json=body, headers={**key, **once})
        assert answer.is_success, (operation_id, answer.text)
        return answer


@pytest.fixture
def walker(app: Flask) -> Iterator[Walker]:
    """The application behind a socket."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    found = Walker(f"http://127.0.0.1:{server.port}")
    yield found
    found.http.close()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def work(app: Flask, settings: Settings) -> Callable[[], None]:
    """Do what the outbox asks for, with the real relay, queues and jobs."""
    redis = connect(settings)
    redis.flushall()
    return lambda: drain(app, redis)


def key_for(walker: Walker, security: dict[str, str], operator: str) -> dict[str, str]:
    body = {**walker.example("key_issue"), "operator": operator}
    return {"Authorization": f"Bearer {walker.call('key_issue', security, body).json()['token']}"}


def office_key(walker: Walker, security: dict[str, str], role: str) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {walker.call('key_issue', security, {'roles': [role]}).json()['token']}"
    }


def deliver_everything(walker: Walker, security: dict[str, str]) -> None:
    """Each operator looks up its channels and their forms, and posts for every unit."""
    law = key_for(walker, security, "市政府法制办")
    poll = key_for(walker, security, "市政府网站")
    own = walker.call("period_get", law).json()["channels"]
    assert [(channel["key"], channel["plugin"]) for channel in own] == [("work_law", "partner_score")]
    form = walker.call("partner_score_get_form", law, channel="work_law").json()
    assert (form["state"], form["settings"]) == ("open", {"scale": "5"})
    assert [field["name"] for field in form["fields"] if field["required"]] == ["unit", "score"]
    units = [unit["code"] for unit in form["units"]]
    walker.call("partner_score_post_entries", law, channel="work_law")
    scores = {"entries": [{"unit": units[1], "score": "4"}]}
    walker.call("partner_score_post_entries", law, scores, channel="work_law")
    counts = [
        {"unit": unit, "option": option, "count": count}
        for unit, good in zip(units, (60, 90), strict=True)
        for option, count in (("very_satisfied", good), ("dissatisfied", 100 - good), ("no_opinion", 7))
    ]
    form = walker.call("web_poll_get_form", poll, channel="online_poll").json()
    assert {row["option"] for row in counts} <= {*form["settings"]["options"], *form["settings"]["unscored"]}
    walker.call("web_poll_post_entries", poll, {"entries": counts}, channel="online_poll")


def assess(walker: Walker, office: dict[str, str], work: Callable[[], None]) -> int:
    """Ask for the assessment, look at its progress, let the workers work, look again; the revision."""
    asked = walker.call("period_assess", office)
    url = asked.headers["Location"]
    assert asked.status_code == 202
    assert walker.http.get(url, headers=office).json()["working"]
    work()
    progress = walker.http.get(url, headers=office).json()
    assert (progress["working"], progress["error"], progress["state"]) == (False, None, "assessed")
    assert progress["done"] == progress["total"] > 0
    revision: int = progress["revision"]
    return revision


def test_whole_evaluation_from_draft_to_published(
    walker: Walker, office: dict[str, str], security: dict[str, str], work: Callable[[], None]
) -> None:
    for operation_id in ("scheme_store", "period_create", "unit_put_all", "roll_put_all", "previous_put_all"):
        walker.call(operation_id, office)
    assert walker.call("period_open", office).json()["state"] == "open"
    deliver_everything(walker, security)
    (deduction,) = walker.call("adjustment_add", office).json()["acts"]
    second = office_key(walker, security, "approver")
    assert walker.call("adjustment_list", office).json()["adjustments"] == []
    assert walker.call("act_approve", second, act_id=deduction["id"]).json()["state"] == "approved"
    (added,) = walker.call("adjustment_list", office).json()["adjustments"]
    walker.call("decision_add", office)
    channels = walker.call("delivery_overview", office).json()["channels"]
    assert [(channel["key"], channel["entries"]) for channel in channels] == [
        ("work_law", 2),
        ("online_poll", 6),
    ]
    assert walker.call("period_close", office).json()["state"] == "closed"
    assert assess(walker, office, work) == 1
    approve(walker, second, walker.call("adjustment_withdraw", office, adjustment=added["id"]))
    assert assess(walker, office, work) == 2
    hidden = walker.http.get(f"/api/v1/periods/{PERIOD}/results")
    assert hidden.status_code == 404
    assert walker.call("result_get", office).json()["units"][0]["total"]
    approve(walker, second, walker.call("period_publish", office))
    assert walker.call("period_get", office).json()["state"] == "published"
    check_results(walker)
    assert walker.call("period_archive", office).json()["state"] == "archived"


def approve(walker: Walker, second: dict[str, str], asked: httpx.Response) -> None:
    """The second person finds the act where the header Location leads, and in the list, and approves."""
    assert asked.status_code == 202
    found = walker.http.get(asked.headers["Location"], headers=second).json()
    assert (found["state"], found["answered_at"]) == ("pending", None)
    waiting = walker.call("act_list", second).json()["acts"]
    assert waiting[0]["id"] == found["id"]
    assert walker.call("act_approve", second, act_id=found["id"]).json()["state"] == "approved"


def check_results(walker: Walker) -> None:
    """What the public sees: by hand, A01 has 4.5/5 of 40 and 60 of 100 of 60, A02 4/5 of 40 and 90 of 100."""
    units = walker.call("result_get", {}).json()["units"]
    assert [(row["unit"], row["rank"], row["total"], row["adjustments"]) for row in units] == [
        ("A02", 1, "86.00", "0.00"),
        ("A01", 2, "72.00", "0.00"),
    ]
    rows = list(csv.DictReader(io.StringIO(walker.call("result_get_csv", {}).text)))
    assert [(row["work_law"], row["online_poll"], row["total"]) for row in rows] == [
        ("32.00", "54.00", "86.00"),
        ("36.00", "36.00", "72.00"),
    ]
    record = walker.call("result_get_record", {}).json()
    assert (record["revision"], len(record["results_sha256"])) == (2, 64)
