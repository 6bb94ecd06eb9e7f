"""Earlier published revisions stay visible, and their differences are shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from tests.integration.web.conftest import make_published
from tests.integration.web.site.test_boards import counted_queries, words

from pingyi.db import transaction
from pingyi.services.approvals.requests import BUNDLE, approve_all, request_release, request_reopening
from pingyi.services.core.bound_channels import ChannelRef
from pingyi.services.core.callers import SHELL
from pingyi.services.intake.deliveries import deliver
from pingyi.services.periods.periods import close_period, find_period, request_assessment
from pingyi.services.results.assess import assess_period

NAMES = ["市第一局", "市第二局", "市第三局"]
PAGES = ("/periods/p/revisions", "/periods/p/revisions/1/2")
RESULTS = "/api/v1/periods/p/results"


def correct(*, publish: bool = True, unit: str = "u3", key: str = "p") -> None:
    """Open the period again, correct one score, close, assess, and publish the new revision."""
    until = datetime.now(UTC) + timedelta(hours=1)
    with transaction() as connection:
        approve_all(connection, [request_reopening(connection, BUNDLE, key, "漏报", until)])
    entry = {"unit": unit, "score": "5", "reason": "漏报"}
    deliver(SHELL, ChannelRef(period=key, channel="law"), [entry])
    deliver(SHELL, ChannelRef(period=key, channel="window"), [{**entry, "score": "100"}])
    with transaction() as connection:
        close_period(connection, SHELL, key)
        request_assessment(connection, SHELL, key)
        period = find_period(connection, key)
    assess_period(period.id)
    if publish:
        with transaction() as connection:
            approve_all(connection, [request_release(connection, BUNDLE, key, "更正")])


def test_earlier_revision_stays_visible_with_what_changed(client: FlaskClient) -> None:
    make_published(NAMES)
    before = client.get("/periods/p/results.json").data
    correct()
    assert client.get("/periods/p/results.json").data != before
    assert client.get("/periods/p/results.json?revision=1").data == before
    listed = words(client.get(PAGES[0]).text)
    assert re.search(r"第 2 版 最新 .* 第 1 版到第 2 版的变化 第 1 版 ", listed)
    text = words(client.get(PAGES[1]).text)
    assert re.search(r"市第三局 原为 3 → 改为 1 原为 40\.00 → 改为 100\.00", text)
    assert re.search(r"依法行政 原为 20\.00 → 改为 50\.00 窗口 原为 16\.00 → 改为 40\.00", text)
    assert "3 个单位有变化" in text


def test_old_board_says_that_there_is_a_newer_one(client: FlaskClient) -> None:
    make_published(NAMES)
    assert "较早公布" not in client.get("/periods/p/categories/departments?revision=1").text
    correct()
    for page in ("categories/departments", "units/u1"):
        old = words(client.get(f"/periods/p/{page}?revision=1").text)
        assert "这是较早公布的第 1 版。 看最新的第 2 版" in old
        assert "较早公布" not in client.get(f"/periods/p/{page}").text
    assert (
        "This is revision 1, published earlier" in client.get("/periods/p/units/u1?revision=1&lang=en").text
    )


def test_api_tells_the_same_changes(client: FlaskClient) -> None:
    make_published(NAMES)
    correct()
    listed = client.get(f"{RESULTS}/revisions").json["revisions"]
    assert [(one["revision"], bool(one["published_at"])) for one in listed] == [(2, True), (1, True)]
    found = client.get(f"{RESULTS}/changes?older=1&newer=2").json["units"]
    assert [(one["unit"], one["before"]["rank"], one["after"]["rank"]) for one in found] == [
        ("u3", 3, 1),
        ("u1", 1, 2),
        ("u2", 2, 3),
    ]
    assert (found[0]["before"]["total"], found[0]["after"]["total"]) == ("40.00", "100.00")
    assert [(one["channel"], one["points_before"]) for one in found[0]["channels"]] == [
        ("law", "20.00"),
        ("window", "16.00"),
    ]
    assert found[1]["channels"] == []
    assert client.get(f"{RESULTS}/changes?older=1&newer=1").json["units"] == []
    assert client.get(f"{RESULTS}/record?revision=1").json["revision"] == 1


def test_unpublished_revision_is_for_the_office_only(
    client: FlaskClient, signed_in: Callable[..., FlaskClient]
) -> None:
    make_published(NAMES)
    correct(publish=False)
    assert "第 2 版" not in client.get(PAGES[0]).text
    paths = (PAGES[1], f"{RESULTS}/changes?older=1&newer=2")
    assert [client.get(path).status_code for path in paths] == [404, 404]
    auditor = signed_in("auditor")
    assert "未公布" in auditor.get(PAGES[0]).text
    assert "尚未公布的版本" in auditor.get(PAGES[1]).text
    assert [auditor.get(path).status_code for path in paths] == [200, 200]


@pytest.mark.parametrize(
    "path", ["/periods/none/revisions", "/periods/p/revisions/1/9", "/periods/p/revisions/0/1"]
)
def test_what_is_not_there_is_not_found(client: FlaskClient, path: str) -> None:
    make_published(NAMES)
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", [*PAGES, "/periods/p/categories/departments?revision=1"])
def test_queries_do_not_grow_with_units_or_revisions(app: Flask, path: str) -> None:
    make_published(NAMES)
    correct()
    make_published([*NAMES, "市第四局", "市第五局"], key="q")
    for unit in ("u3", "u4", "u5"):
        correct(unit=unit, key="q")
    counts = []
    for address in (path, path.replace("/p/", "/q/")):
        client = app.test_client()
        client.get(address)
        with counted_queries(app) as found:
            assert client.get(address).status_code == 200
        counts.append(len(found))
    assert counts[0] == counts[1] <= 9
