"""Walks an installation beside a broken package of letters; tests/integration/foreign runs this apart.

What is broken in it stands in `BROKEN`, as the sentences that name it are expected to say.
"""

from __future__ import annotations

import os

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool
from tests.conftest import bearer
from tests.integration.web.conftest import SignIn, signed_in
from tests.small_scheme import LAW, WINDOW, draft_period, names_of, open_draft, scheme_of

from pingyi.cli import main
from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.embedded.doctor import package_findings
from pingyi.embedded.engines import Endpoints
from pingyi.migrations import is_current
from pingyi.outbox import open_requests, request_work
from pingyi.settings import Settings
from pingyi_workers.queues import connect
from pingyi_workers.work import drain

__all__ = ["signed_in"]

REASON = os.environ["BROKEN"]
LOADS = "BROKEN_LATER" in os.environ
NAMED = "pingyi-letters 0.2.0"


def test_pages_and_api_go_on(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/").status_code == client.get("/api/openapi.json").status_code == 200
    assert client.get("/office", headers=bearer("administrator")).status_code == 200


def test_opening_says_who_holds_it_up(app: Flask) -> None:
    draft_period(scheme_of(LAW, WINDOW), names_of(2))
    with pytest.raises(Problem) as refused:
        open_draft()
    [error] = refused.value.errors
    assert error.code == "extension_broken" and NAMED in error.message.en.replace("(", "").replace(")", "")
    assert REASON in error.message.en


def test_workers_go_on_and_its_requests_wait(app: Flask, settings: Settings) -> None:
    redis = connect(settings)
    redis.flushall()
    with transaction() as connection:
        request_work(connection, "fold", 1)
    drain(app, redis)
    redis.close()
    with transaction() as connection:
        assert open_requests(connection) == 0


def test_doctor_names_it(app: Flask, settings: Settings) -> None:
    failed = [found for found in package_findings(settings) if not found.ok]
    assert [found.code for found in failed] == ["extension_tables" if LOADS else "extensions"]
    assert "pingyi-letters 0.2.0" in failed[0].message.zh


def test_shell_goes_on(app: Flask) -> None:
    listed = CliRunner().invoke(main, ["plugins"])
    [line] = [line for line in listed.output.splitlines() if line.startswith("letters\t")]
    assert line.endswith("\tok") if LOADS else REASON in line


@pytest.mark.skipif(LOADS, reason="it is loaded")
def test_pages_and_api_name_it(app: Flask) -> None:
    client, auditor = app.test_client(), bearer("auditor")
    assert NAMED in client.get("/office/plugins", headers=auditor).text
    [broken] = client.get("/api/v1/plugins", headers=auditor).get_json()["broken_extensions"]
    assert (broken["name"], broken["distribution"]) == ("letters", "pingyi-letters")
    assert REASON in broken["error"]


@pytest.mark.skipif(LOADS, reason="its role is there")
def test_stored_role_of_it_loads_and_lets_nobody_in(app: Flask, signed_in: SignIn) -> None:
    security, someone = signed_in("security_administrator"), signed_in("auditor")
    with transaction() as connection:
        connection.execute(text("UPDATE account SET roles = '{letter_writer}' WHERE id = 2"))
    assert someone.get("/landing").headers["Location"] == "/account"
    assert "letter_writer" in someone.get("/account").text
    page = security.get("/accounts").text
    assert page.count('value="letter_writer" checked') == 1


@pytest.mark.skipif(not LOADS, reason="it is not loaded")
def test_migrations_of_the_core_run_and_its_own_are_named(endpoints: Endpoints) -> None:
    given = {"OWNER_DATABASE_URL": endpoints.owner_database_url, "PINGYI_STATE": "/nowhere"}
    done = CliRunner().invoke(main, ["--lang", "en", "database", "migrate"], env=given)
    assert done.exit_code == 1
    assert "The tables of the extension letters (pingyi-letters 0.2.0) could not be migrated" in done.output
    with create_engine(endpoints.owner_database_url, poolclass=NullPool).connect() as connection:
        assert is_current(connection)


@pytest.mark.skipif(not LOADS, reason="it is not loaded")
def test_part_of_a_home_that_fails_is_named_there(app: Flask, signed_in: SignIn) -> None:
    home = signed_in("letter_writer").get("/home?lang=en")
    assert home.status_code == 200
    assert "The extension letters (pingyi-letters 0.2.0) failed" in home.text
