"""Documents that a period goes by: named in a draft, brought along by its bundles, kept once it opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.conftest import empty, forget
from tests.integration.record.checking import check
from tests.integration.record.conftest import post, publish
from tests.integration.services.documents.calendars import (
    BYLAWS,
    CALENDAR,
    CALENDARS,
    begun,
    bring_kinds,
    issued,
    leaves,
)
from tests.small_scheme import LAW, WINDOW, draft_period, names_of, open_draft, scheme_of

from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.embedded.engines import Endpoints
from pingyi.services.bundles.bundles import import_bundle
from pingyi.services.core.callers import SHELL
from pingyi.services.documents.documents import list_documents
from pingyi.services.periods.period_documents import period_documents
from pingyi.services.periods.periods import find_period
from pingyi.settings import Settings

ADDRESS = "/api/v1/periods/p/documents"


@pytest.fixture(autouse=True)
def kinds(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    bring_kinds(app, monkeypatch)


@pytest.fixture
def period(app: Flask) -> None:
    draft_period(scheme_of(LAW, WINDOW), names_of(2))


def named(key: str = "p") -> list[tuple[str, int]]:
    with transaction() as connection:
        stored = period_documents(connection, find_period(connection, key).id)
    return [(one.key, one.version) for one in stored]


def test_draft_period_names_an_issued_version_and_another_in_its_place(
    client: FlaskClient, office: dict[str, str], period: None
) -> None:
    first, draft = issued(), begun()
    refused = client.put(f"{ADDRESS}/calendar/days", json={"version": draft.version}, headers=office)
    assert (refused.status_code, refused.json["code"]) == (409, "document_not_issued")
    answer = client.put(f"{ADDRESS}/calendar/days", json={"version": first.version}, headers=office)
    assert answer.json["documents"] == [{"kind": "calendar", "key": "days", "version": 1}]
    second = issued(CALENDAR.replace("元旦", "新年"))
    client.put(f"{ADDRESS}/calendar/days", json={"version": second.version}, headers=office)
    assert named() == [("days", second.version)]
    assert client.delete(f"{ADDRESS}/calendar/days", headers=office).json["documents"] == []


def test_page_of_a_draft_period_names_and_leaves_out(
    client: FlaskClient, office: dict[str, str], period: None
) -> None:
    stored = issued()
    page = client.get("/office/periods/p", headers=office).text
    assert f'value="calendar/days/{stored.version}"' in page
    chosen = {"document": f"calendar/days/{stored.version}"}
    assert client.post("/office/periods/p/documents", data=chosen, headers=office).status_code == 303
    assert named() == [("days", 1)]
    assert "2027 年工作日历" in client.get("/office/periods/p", headers=office).text
    client.post("/office/periods/p/documents", data={"document": "calendar/days"}, headers=office)
    assert named() == []
    wrong = client.post("/office/periods/p/documents", data={"document": "calendar"}, headers=office)
    assert wrong.status_code == 404


def test_opened_period_keeps_its_documents_whoever_asks(
    client: FlaskClient, office: dict[str, str], period: None
) -> None:
    issued()
    client.put(f"{ADDRESS}/calendar/days", json={"version": 1}, headers=office)
    open_draft()
    assert client.delete(f"{ADDRESS}/calendar/days", headers=office).status_code == 409
    with pytest.raises(Problem, match="conflict"), transaction() as connection:
        connection.execute(text("DELETE FROM period_document"))
    assert named() == [("days", 1)]


def test_withdrawn_version_is_not_named(client: FlaskClient, office: dict[str, str], period: None) -> None:
    issued()
    withdrawn = client.post("/api/v1/documents/calendar/days/1/withdrawal", headers=office)
    assert withdrawn.json["state"] == "withdrawn"
    answer = client.put(f"{ADDRESS}/calendar/days", json={"version": 1}, headers=office)
    assert (answer.status_code, answer.json["code"]) == (409, "document_withdrawn")


def test_public_bundle_brings_the_documents_and_another_installation_issues_them(
    app: Flask,
    client: FlaskClient,
    office: dict[str, str],
    settings: Settings,
    endpoints: Endpoints,
    export: Callable[..., Path],
    period: None,
) -> None:
    issued()
    client.put(f"{ADDRESS}/calendar/days", json={"version": 1}, headers=office)
    open_draft()
    post("law", *({"unit": f"u{n}", "score": str(n)} for n in (1, 2)))
    post("window", *({"unit": f"u{n}", "score": "80"} for n in (1, 2)))
    publish(settings)
    folder = export()
    assert (folder / "documents/calendar/days.toml").read_text(encoding="utf-8") == CALENDAR
    assert check(folder).status == 0
    empty(endpoints)
    forget(app)
    import_bundle(SHELL, folder, entries=False)
    assert named() == [("days", 1)]
    with transaction() as connection:
        [stored] = list_documents(connection, CALENDARS)
    assert (stored.state, stored.sha256) == ("issued", stored.digest.hex())


def test_bundle_names_what_is_wrong_in_a_document_by_its_line(tmp_path: Path, app: Flask) -> None:
    folder = tmp_path / "documents"
    (folder / "calendar").mkdir(parents=True)
    (folder / "poems").mkdir()
    (folder / "calendar/days.toml").write_text(CALENDAR.replace("2027-05-01", "2026-05-01"), encoding="utf-8")
    (folder / "poems/one.toml").write_text("x = 1\n", encoding="utf-8")
    (tmp_path / "scheme.toml").write_text(scheme_of(LAW, WINDOW), encoding="utf-8")
    (tmp_path / "units.csv").write_text("code,name,category\nu1,市一局,departments\n", encoding="utf-8")
    with pytest.raises(Problem) as refused:
        import_bundle(SHELL, tmp_path, entries=False)
    places = {(error.code, error.file, error.row) for error in refused.value.errors}
    assert ("other_year", "documents/calendar/days.toml", 10) in places
    assert ("file_unknown", "documents/poems/one.toml", None) in places


def test_database_keeps_what_an_opened_period_goes_by(app: Flask, period: None) -> None:
    stored = issued()
    open_draft()
    with pytest.raises((Problem, DBAPIError)), transaction() as connection:
        connection.execute(text(f"INSERT INTO period_document SELECT id, {stored.id} FROM period"))


def test_document_of_two_persons_is_issued_by_two_names_when_a_bundle_brings_it(
    tmp_path: Path, app: Flask
) -> None:
    (tmp_path / "documents/bylaw").mkdir(parents=True)
    (tmp_path / "documents/bylaw/days.toml").write_text(CALENDAR, encoding="utf-8")
    (tmp_path / "scheme.toml").write_text(scheme_of(LAW, WINDOW), encoding="utf-8")
    (tmp_path / "units.csv").write_text("code,name,category\nu1,市一局,departments\n", encoding="utf-8")
    import_bundle(SHELL, tmp_path, entries=False)
    with transaction() as connection:
        [stored] = list_documents(connection, BYLAWS)
    assert stored.state == "issued"
    [told] = leaves("document.issued")
    assert (told["by"], told["approved_by"]) == ("bundle", "shell")
