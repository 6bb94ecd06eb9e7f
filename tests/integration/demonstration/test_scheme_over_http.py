"""The Ma'anshan scheme run by the office and its operators over HTTP alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextvars import Context
from dataclasses import asdict
from typing import Any

import pytest
from flask import Flask

from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.schemes import shipped_scheme
from pingyi.services.core.callers import SHELL
from pingyi.services.periods.period_draft import PeriodDraft
from pingyi.services.periods.periods import create_period
from pingyi.services.periods.schemes import store_scheme
from pingyi_demonstration.data.units import evaluated_units
from pingyi_demonstration.running.play import play

API = "/api/v1"
PERIOD = f"{API}/periods/maanshan-2017"
DATES = {"starts_on": "2017-01-01", "ends_on": "2017-12-31", "time_zone": "Asia/Shanghai"}
ROLLS = [
    {"channel": "deputies", "name": "eligible", "count": 380},
    {"channel": "cppcc", "name": "eligible", "count": 352},
]
WORK = [
    pytest.param("work_discipline", "市纠风办", "6", marks=pytest.mark.mission("002-20")),
    pytest.param("work_law", "市政府法制办", "5", marks=pytest.mark.mission("002-21")),
    pytest.param("work_petitions", "市信访局", "5", marks=pytest.mark.mission("002-22")),
    pytest.param("work_openness", "市政务公开办", "4", marks=pytest.mark.mission("002-23")),
    pytest.param("work_window", "市政务服务中心", "4", marks=pytest.mark.mission("002-24")),
    pytest.param("work_efficiency", "市效能办", "4", marks=pytest.mark.mission("002-25")),
]

Call = Callable[..., Any]


@pytest.fixture
def call(app: Flask) -> Call:
    """Sends a request as from outside: (method, path, headers, body)."""
    client = app.test_client()

    def send(method: str, path: str, headers: dict[str, str], body: Any = None) -> Any:
        return Context().run(client.open, path, method=method, headers=headers, json=body)

    return send


@pytest.fixture
def opened(call: Call, office: dict[str, str]) -> None:
    """The period of the notice, drafted and opened by the office."""
    units = [asdict(unit) for unit in evaluated_units()]
    period = {"key": "maanshan-2017", "scheme": "maanshan-2017", **DATES}
    for method, path, body in (
        ("POST", f"{API}/schemes", {"document": shipped_scheme("maanshan-2017")}),
        ("POST", f"{API}/periods", period),
        ("PUT", f"{PERIOD}/units", {"units": units}),
        ("PUT", f"{PERIOD}/rolls", {"rolls": ROLLS}),
        ("POST", f"{PERIOD}/opening", None),
    ):
        answer = call(method, path, office, body)
        assert answer.status_code in {200, 201}, answer.text


def key_of(call: Call, security: dict[str, str], operator: str) -> dict[str, str]:
    answer = call("POST", f"{API}/keys", security, {"operator": operator})
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json['token']}", "Idempotency-Key": "of-one-test-only-1"}


@pytest.mark.mission("002-36")
def test_scheme_that_sums_to_99_is_refused(call: Call, office: dict[str, str]) -> None:
    document = shipped_scheme("maanshan-2017").replace('max_points = "10"', 'max_points = "9"', 1)
    answer = call("POST", f"{API}/schemes", office, {"document": document})
    assert answer.status_code == 422
    assert [error["code"] for error in answer.json["errors"]] == ["points_sum"]
    assert call("GET", f"{API}/schemes/maanshan-2017", office).status_code == 404


@pytest.mark.mission("002-17")
def test_list_of_84_units_in_three_categories_is_taken(
    call: Call, opened: None, office: dict[str, str]
) -> None:
    found = call("GET", f"{PERIOD}/units", office).json["units"]
    assert Counter(unit["category"] for unit in found) == {
        "departments": 32,
        "organisations": 22,
        "services": 30,
    }


@pytest.mark.parametrize(("channel", "operator", "scale"), WORK)
def test_office_that_scores_sees_and_scores_its_own_channel_only(
    call: Call, opened: None, security: dict[str, str], channel: str, operator: str, scale: str
) -> None:
    key = key_of(call, security, operator)
    own = f"{PERIOD}/partner_score/{channel}/entries"
    entry = {"unit": "A02", "score": scale, "evidence": "年度考核记录第2号"}
    too_high = call("POST", own, key, {"entries": [{**entry, "score": f"{scale}.01"}]})
    assert too_high.status_code == 422
    assert too_high.json["errors"][0]["pointer"] == "/entries/0/score"
    assert call("POST", own, key, {"entries": [entry]}).status_code == 201
    listed = call("GET", own, key).json["entries"]
    assert [(each["unit"], each["values"]) for each in listed] == [("A02", {**entry, "unit": "A02"})]
    other = "work_law" if channel != "work_law" else "work_petitions"
    foreign = f"{PERIOD}/partner_score/{other}/entries"
    assert call("POST", foreign, key, {"entries": [{**entry, "score": "1"}]}).status_code == 403
    assert call("GET", foreign, key).status_code in {403, 404}


def test_demonstration_is_refused_beside_real_data(app: Flask) -> None:
    with transaction() as connection:
        scheme, _, scheme_id = store_scheme(connection, SHELL, shipped_scheme("maanshan-2017"))
        create_period(connection, SHELL, PeriodDraft(key="real"), scheme, scheme_id)
    with pytest.raises(Problem) as refused:
        play(lambda *_: (201, b""), lambda *_: None, lambda _: None)
    assert refused.value.code == "real_data"
