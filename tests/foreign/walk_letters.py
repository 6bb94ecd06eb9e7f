"""Walks all that the package of letters brings, with it installed; tests/integration/foreign runs this apart.

Its table stands in the one description of tables as soon as it is imported: no other test shares the process.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from click.testing import CliRunner
from flask import Flask
from pingyi_letters.letters import RECALL, answer, receive, unanswered
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool
from tests.conftest import bearer, settings_of
from tests.integration.web.conftest import SignIn, csrf, signed_in
from tests.small_scheme import LAW, WINDOW, draft_period, names_of, open_draft, scheme_of

from pingyi import migrations
from pingyi.app import create_app
from pingyi.cli import main
from pingyi.db import db, transaction
from pingyi.domain.errors import Problem
from pingyi.embedded.doctor import package_findings
from pingyi.embedded.engines import Endpoints
from pingyi.migrations import COMPARED, described_tables, is_current
from pingyi.services.approvals.approvals import request_approval
from pingyi.services.core.callers import SHELL
from pingyi.services.periods.periods import find_period
from pingyi.settings import Settings
from pingyi.web.policy import undeclared, unknown_words
from pingyi_workers.queues import connect
from pingyi_workers.work import drain

__all__ = ["signed_in"]

SUBJECT, DUE = "路灯不亮", date(2026, 12, 24)


@pytest.fixture(scope="session")
def settings(endpoints: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    ours = settings_of(endpoints, tmp_path_factory.mktemp("state"))
    return replace(ours, environ={"PINGYI_LETTERS_MOST": "2"})


@pytest.fixture
def letter(app: Flask) -> int:
    """A letter that waits, in a draft period."""
    draft_period(scheme_of(LAW, WINDOW), names_of(2))
    with transaction() as connection:
        receive(connection, find_period(connection, "p").id, SUBJECT, DUE)
        return unanswered(connection)[0].id


def test_table_came_by_its_own_history_and_is_described(endpoints: Endpoints, app: Flask) -> None:
    engine = create_engine(endpoints.owner_database_url, poolclass=NullPool)
    with engine.connect() as connection:
        assert connection.execute(text("TABLE alembic_version_letters")).scalar_one() == "letters_0001"
        options = {"opts": COMPARED}
        assert compare_metadata(MigrationContext.configure(connection, **options), described_tables()) == []
    assert "letter" in described_tables().tables


def test_core_is_migrated_where_the_package_is_uninstalled(
    endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    [site] = [path for path in sys.path if (Path(path) / "pingyi_letters").is_dir()]
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path != site])
    assert migrations.upgrade(endpoints.owner_database_url) == []
    with create_engine(endpoints.owner_database_url, poolclass=NullPool).connect() as connection:
        assert is_current(connection)


def test_setting_is_read_and_told(app: Flask, settings: Settings, letter: int) -> None:
    with transaction() as connection:
        receive(connection, find_period(connection, "p").id, "噪声", DUE)
    with pytest.raises(Problem, match="too_many_letters"), transaction() as connection:
        receive(connection, find_period(connection, "p").id, "三", DUE)
    assert any("PINGYI_LETTERS_MOST" in found.message.zh for found in package_findings(settings))
    assert any(found.code == "letters_most" and found.ok for found in package_findings(settings))


def test_wrong_setting_breaks_the_extension_alone(app: Flask, settings: Settings) -> None:
    wrong = replace(settings, environ={"PINGYI_LETTERS_MOST": "many"})
    [failed] = [found for found in package_findings(wrong) if not found.ok]
    assert failed.code == "extension_settings" and "PINGYI_LETTERS_MOST" in failed.message.zh
    other = create_app(wrong)
    with other.app_context():
        draft_period(scheme_of(LAW, WINDOW), names_of(2))
        with pytest.raises(Problem) as refused:
            open_draft()
        shown = other.test_client().get("/office/plugins?lang=en", headers=bearer("auditor")).text
        db.engine.dispose()
    assert [error.code for error in refused.value.errors] == ["extension_broken"]
    assert "PINGYI_LETTERS_MOST must be a whole number" in shown
    assert "letters.index" not in other.view_functions


def test_role_is_offered_checked_and_let_in(app: Flask, signed_in: SignIn) -> None:
    security = signed_in("security_administrator")
    page = security.get("/accounts").text
    assert 'value="letter_writer"' in page and "“回信人”不得兼任：审批人" in page
    form = {
        "login": "some.one",
        "name": "某人",
        "password": "long enough 1",
        "csrf_token": csrf(security, "/accounts"),
    }
    refused = security.post("/accounts", data={**form, "roles": ["letter_writer", "approver"]})
    assert refused.status_code == 422 and "“审批人”与“回信人”不相容。" in refused.text
    assert security.post("/accounts", data={**form, "roles": ["letter_writer"]}).status_code == 200
    assert undeclared(app) == unknown_words(app) == []
    client = app.test_client()
    assert client.get("/letters", headers=bearer("letter_writer")).status_code == 200
    assert client.get("/letters", headers=bearer("administrator")).status_code == 403


def test_writer_begins_at_what_waits_and_finds_the_page(app: Flask, letter: int, signed_in: SignIn) -> None:
    client = signed_in("letter_writer")
    assert client.get("/landing").headers["Location"] == "/home"
    home = client.get("/home").text
    assert SUBJECT in home and "2026-12-24" in home and f'href="/letters#{letter}"' in home
    assert '<a href="/letters">来信</a>' in home and '<a href="/home">待办事项</a>' in home
    assert client.get("/letters").text == SUBJECT
    sent = client.post(f"/letters/{letter}", data={"words": "已修", "csrf_token": csrf(client, "/account")})
    assert sent.status_code == 303
    assert "没有待办事项。" in client.get("/home").text


def test_operation_answers_and_is_described(app: Flask, letter: int) -> None:
    client = app.test_client()
    listed = client.get("/api/v1/letters", headers=bearer("letter_writer")).get_json()
    assert listed == {"letters": [{"id": letter, "subject": SUBJECT, "due_on": DUE.isoformat()}]}
    assert client.get("/api/v1/letters", headers=bearer("auditor")).status_code == 403
    described = client.get("/api/openapi.json").get_json()["paths"]["/api/v1/letters"]["get"]
    assert described["operationId"] == "letter_list"


def test_job_posts_what_was_answered(app: Flask, settings: Settings, letter: int) -> None:
    with transaction() as connection:
        answer(connection, letter, "已修")
    redis = connect(settings)
    redis.flushall()
    drain(app, redis)
    redis.close()
    with transaction() as connection:
        assert connection.execute(text("SELECT posted FROM letter")).scalar_one() is True


def test_refusal_of_its_trigger_is_said(app: Flask, letter: int) -> None:
    with transaction() as connection:
        answer(connection, letter, "已修")
    with pytest.raises(Problem, match="letter_answered"), transaction() as connection:
        answer(connection, letter, "又修")


def test_two_people_take_a_letter_back(app: Flask, letter: int) -> None:
    client, approver = app.test_client(), bearer("approver")
    with transaction() as connection:
        period = find_period(connection, "p")
        request = request_approval(connection, SHELL, period, RECALL, {"letter": letter}, "重复来信")
    shown = client.get("/office/periods/p", headers=approver).text
    assert f"撤回来信 {letter}" in shown
    answered = client.post(f"/api/v1/acts/{request.id}/approval", headers=approver)
    assert (answered.status_code, answered.get_json()["kind"]) == (200, "letter_recall")
    with transaction() as connection:
        assert unanswered(connection) == []
    described = client.get("/api/openapi.json").get_json()["components"]["schemas"]["Act"]
    assert "letter_recall" in described["properties"]["kind"]["enum"]


def test_period_opens_once_its_letters_are_answered(app: Flask, letter: int) -> None:
    with pytest.raises(Problem) as refused:
        open_draft()
    assert [error.code for error in refused.value.errors] == ["letters_wait"]
    with transaction() as connection:
        answer(connection, letter, "已修")
    open_draft()


def test_extension_is_listed_by_api_and_shell(app: Flask) -> None:
    listed = app.test_client().get("/api/v1/plugins", headers=bearer("auditor")).get_json()
    [ours] = [one for one in listed["extensions"] if one["key"] == "letters"]
    assert ours == {
        "key": "letters",
        "distribution": "pingyi-letters",
        "version": "0.2.0",
        "topics": ["letters_post"],
        "roles": ["letter_writer"],
    }
    assert "letters\textension\tpingyi-letters\t0.2.0\tok" in CliRunner().invoke(main, ["plugins"]).output
    assert "letters_post" in CliRunner().invoke(main, ["procfile", "--apart"]).output
