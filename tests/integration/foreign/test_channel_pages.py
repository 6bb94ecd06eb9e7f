"""Pages and tasks of plugins: who may, what they are given, and that nothing in them becomes markup."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text
from tests.conftest import bearer
from tests.integration.foreign.conftest import Write, inside, make_open
from tests.integration.foreign.test_foreign_plugins import HEAD, NIGHT

from pingyi.db import Lock, hold, transaction
from pingyi.embedded.engines import Endpoints
from pingyi.services.core.bound_channels import ChannelRef
from pingyi.services.core.callers import SHELL
from pingyi.services.intake.deliveries import deliver
from pingyi.services.intake.fold import fold_channel
from pingyi.services.people.accounts import AccountDraft, create_account
from pingyi.services.people.api_keys import ensure_operator, new_operator_key
from pingyi.services.periods.periods import find_period
from pingyi.services.periods.rolls import RollRow

SITES = "/channels/noise/p/night/sites"
FILL = "/channels/noise/p/night/tasks/fill"
SHOW = '{ n_min = 1, sub_score_decimals = 2, weights = { attended = "1" }, preset = "100/80/50" }'
POINTS = (
    '{ preset = ["100/80/60/0", "50/50"], unscored = ["no_opinion"], n_min = 1, shown_as = "rate",'
    ' dimensions = { overall = "1" } }'
)


@pytest.fixture
def noisy(
    start: Callable[[], Flask], noise_site: Path, package: Write, monkeypatch: pytest.MonkeyPatch
) -> Flask:
    """An application with the foreign package, and an open period that has two of its entries."""
    monkeypatch.syspath_prepend(noise_site)
    app = start()
    with inside(app):
        make_open("p", "noise", "{ n_min = 30 }")
        deliver(SHELL, ChannelRef(period="p", channel="night"), [{**NIGHT, "site": "<script>x</script>"}])
        deliver(SHELL, ChannelRef(period="p", channel="night"), [{**NIGHT, "site": "S-2", "loud": 8}])
        fold_channel(2)
    return app


def operator(name: str) -> dict[str, str]:
    with transaction() as connection:
        token = new_operator_key(connection, SHELL, ensure_operator(connection, name)).token
    return {"Authorization": f"Bearer {token}"}


def cells(page: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]


def test_page_shows_entries_and_tallies_and_escapes_every_word(noisy: Flask) -> None:
    with inside(noisy):
        page = noisy.test_client().get(f"{SITES}?lang=en", headers=operator("监测站")).text
    assert cells(page) == [
        ["&lt;b&gt;site&lt;/b&gt;", "unit", "loud"],
        ["&lt;script&gt;x&lt;/script&gt;", "u1", "4"],
        ["S-2", "u1", "8"],
        ["unit", "quiet"],
        ["市第1局", "94.00%"],
    ]
    assert "<script" not in page and "At least 30 nights." in page


ANSWERS = {
    "法制办": (403, 403),
    "administrator": (200, 403),
    "auditor": (200, 403),
    "security_administrator": (403, 403),
    "card_issuer": (403, 403),
    "监测站": (200, 200),
}


def test_pages_and_tasks_deny_by_default(noisy: Flask) -> None:
    with inside(noisy):
        client = noisy.test_client()
        assert (client.get(SITES).status_code, client.post(FILL).status_code) == (303, 400)
        for who, (page, task) in ANSWERS.items():
            headers = bearer(who) if who.isascii() else operator(who)
            assert client.get(SITES, headers=headers).status_code == page, who
            assert client.get("/channels/hotline/p/night/sites", headers=headers).status_code in {403, 404}
            assert client.post(FILL, headers=headers).status_code == task, who
            with transaction() as connection:
                entries = connection.execute(text("SELECT count(*) FROM entry")).scalar_one()
            assert entries == (3 if task == 200 else 2), who


def test_operator_signs_in_finds_the_page_and_runs_the_task(noisy: Flask) -> None:
    with inside(noisy):
        client = sign_in(noisy, "监测站")
        listed = client.get("/channels/?lang=en").text
        assert f'href="{SITES}"' in listed and f'action="{FILL}"' in listed
        token = re.search(r'name="csrf_token" value="([^"]+)"', listed)
        assert token and client.post(FILL).status_code == 400
        done = client.post(FILL, data={"csrf_token": token[1]})
        assert done.status_code == 200 and "1 reported." in done.text
        again = client.post(FILL, data={"csrf_token": token[1]})
        assert again.status_code == 200
        other = sign_in(noisy, "法制办")
        assert SITES not in other.get("/channels/noise/").text


def sign_in(app: Flask, name: str) -> FlaskClient:
    login, password = f"op.{len(name.encode())}{ord(name[0])}", "correct horse battery"
    with transaction() as connection:
        ensure_operator(connection, name)
        draft = AccountDraft(login=login, name="某人", password=password, roles=("operator",), operator=name)
        create_account(connection, SHELL, draft)
    client = app.test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-in").text)
    assert token
    client.post("/sign-in", data={"login": login, "password": password, "csrf_token": token[1]})
    return client


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return [1 // 0]", "ZeroDivisionError"),
        ("return ['<b>markup</b>']", "a page is made of Paragraph and Table, got str"),
        ("return [Table(Text(zh='a', en='a'), ['x'], [[0.5]])]", "a cell is no float"),
        ("\n    while True: pass", "no answer within 0.5 seconds"),
    ],
)
def test_page_that_fails_names_its_package(
    start: Callable[[], Flask], package: Write, body: str, told: str
) -> None:
    code = f"import dataclasses\ndef render(view):\n    {body}\n"
    code += "made = partner.channel('odd', Text(zh='a', en='a'))\n"
    page = "pages=(Page(path='own', title=made.title, render=render),)"
    code += f"@hookimpl\ndef pingyi_channels():\n    return [dataclasses.replace(made, {page})]\n"
    package("odd", HEAD + code)
    app = start()
    with inside(app):
        make_open("p", "odd", '{ scale = "5" }')
        answer = app.test_client().get("/channels/odd/p/night/own?lang=en", headers=operator("监测站"))
    assert answer.status_code == 500
    assert "odd (foreign-odd 1.2) failed" in answer.text and told in answer.text


SLOW = """
import dataclasses
from pingyi.channels import Task
def fill(view):
    view.submit([{'unit': 'u1', 'score': '5'}])
    while {hangs}:
        pass
    return Text(zh='已报送', en='Delivered')
made = partner.channel('odd', Text(zh='a', en='a'))
tasks = (Task(key='fill', title=made.title, run=fill),)
@hookimpl
def pingyi_channels():
    return [dataclasses.replace(made, tasks=tasks)]
"""


@pytest.mark.parametrize("main", [True, False], ids=["in the main thread", "in another"])
@pytest.mark.parametrize(("hangs", "status"), [(False, 200), (True, 500)])
def test_storing_what_a_task_submits_takes_no_time_of_the_plugin(
    start: Callable[[], Flask], package: Write, endpoints: Endpoints, main: bool, hangs: bool, status: int
) -> None:
    package("odd", HEAD + SLOW.replace("{hangs}", str(hangs)))
    app = start()
    with inside(app):
        make_open("p", "odd", '{ scale = "5" }')
        with transaction() as connection:
            period_id = find_period(connection, "p").id
        client = sign_in(app, "监测站")
        token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/channels/").text)
        assert token
    answers: list[Any] = []

    def run() -> None:
        answers.append(client.post("/channels/odd/p/night/tasks/fill", data={"csrf_token": token[1]}))

    engine = create_engine(endpoints.database_url)
    held = engine.connect()
    hold(held, Lock.ENTRIES_OF_PERIOD, period_id)
    timer = threading.Timer(1.5, held.rollback)
    timer.start()
    began = time.monotonic()
    if main:
        run()
    else:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    timer.join()
    held.close()
    engine.dispose()
    assert time.monotonic() - began >= 1.5, "storing waited three times as long as a plugin may take"
    assert answers[0].status_code == status, answers[0].text
    with inside(app), transaction() as connection:
        assert connection.execute(text("SELECT count(*) FROM entry")).scalar_one() == 1


Rows = list[dict[str, Any]]


def shown(
    app: Flask, plugin: str, settings: str, rows: Rows, path: str, rolls: Sequence[RollRow] = ()
) -> list[list[str]]:
    """The rows of a bundled plugin's page once these entries are folded."""
    with inside(app):
        make_open("p", plugin, settings, rolls)
        deliver(SHELL, ChannelRef(period="p", channel="night"), rows)
        fold_channel(2)
        address = f"/channels/{plugin}/p/night/{path}?lang=en"
        return cells(app.test_client().get(address, headers=bearer("administrator")).text)


def test_show_has_an_attendance_page(start: Callable[[], Flask]) -> None:
    came = ["leader", "leader", "deputy", "absent"]
    rows = [{"unit": "u1", "session": str(n), "attended_by": who} for n, who in enumerate(came)]
    assert shown(start(), "hotline_show", SHOW, rows, "attendance") == [
        ["Unit", "Sessions", "Leader", "Deputy", "Other", "Absent", "Attended"],
        ["市第1局", "4", "2", "1", "0", "1", "75.00%"],
        ["市第2局", "0", "0", "0", "0", "0", "—"],
    ]


def test_monitoring_points_have_a_coverage_page(start: Callable[[], Flask]) -> None:
    def heard(unit: str, point: str, month: str, kind: str = "enterprise") -> dict[str, Any]:
        answers = {"overall": "satisfied"}
        return {"unit": unit, "point": point, "stratum": kind, "month": month, "answers": answers}

    rows = [
        heard("u1", "E1", "2017-03"),
        heard("u2", "E1", "2017-03"),
        heard("u1", "E1", "2017-04"),
        heard("u1", "E2", "2017-04"),
        heard("u1", "V1", "2017-04", "village"),
    ]
    rolls = [
        RollRow(channel="night", name="registered", count=4, stratum="enterprise"),
        RollRow(channel="night", name="registered", count=1, stratum="village"),
    ]
    assert shown(start(), "monitoring_points", POINTS, rows, "coverage", rolls) == [
        ["Month", "enterprise", "village"],
        ["2017-03", "1", "0"],
        ["2017-04", "2", "1"],
        ["Whole period", "2", "1"],
        ["Registered", "4", "1"],
        ["Coverage", "50.00%", "100.00%"],
    ]
