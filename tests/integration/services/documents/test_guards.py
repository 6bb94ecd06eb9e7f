"""The database itself refuses every change of an issued document, but that it is withdrawn."""

from __future__ import annotations

import pytest
from flask import Flask
from tests.integration.ledger.test_guards import REFUSED_RIGHT, state_of
from tests.integration.services.documents.calendars import CALENDARS, begun, bring_kinds, issued

from pingyi.db import transaction
from pingyi.models import Document
from pingyi.services.core.callers import SHELL
from pingyi.services.documents.issue import withdraw_document
from pingyi.settings import Settings

REFUSED = "PY003"
COLUMNS = [column.name for column in Document.__table__.columns if column.name != "id"]
WITHDRAWAL = "state = 'withdrawn', withdrawn_at = now()"


@pytest.fixture(autouse=True)
def kinds(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    bring_kinds(app, monkeypatch)


def other(name: str) -> str:
    """Another value of a column."""
    if name == "state":
        return "'draft'"
    column = Document.__table__.columns[name]
    kind = column.type.python_type.__name__
    forms = {"int": f"{name} + 1", "str": f"{name} || 'x'", "bytes": f"{name} || '\\x00'"}
    return forms.get(kind, "now() + interval '1 day'")


@pytest.mark.parametrize("name", COLUMNS)
def test_no_column_of_an_issued_row_changes(settings: Settings, name: str) -> None:
    issued()
    begun()
    where = "WHERE issued_at IS NOT NULL"
    for url in (settings.owner_database_url, settings.database_url):
        assert state_of(url, f"UPDATE document SET {name} = {other(name)} {where}") == REFUSED
        assert state_of(url, f"UPDATE document SET {name} = {name} {where}") == REFUSED


@pytest.mark.parametrize("name", [name for name in COLUMNS if name not in {"state", "withdrawn_at"}])
def test_no_column_changes_along_with_the_withdrawal(settings: Settings, name: str) -> None:
    issued()
    statement = f"UPDATE document SET {WITHDRAWAL}, {name} = {other(name)}"
    assert state_of(settings.owner_database_url, statement) == REFUSED
    assert state_of(settings.owner_database_url, f"UPDATE document SET {WITHDRAWAL}") == ""


def test_withdrawn_row_never_changes(settings: Settings) -> None:
    stored = issued()
    with transaction() as connection:
        withdraw_document(connection, SHELL, CALENDARS, stored)
    for statement in (
        f"UPDATE document SET {WITHDRAWAL}",
        "UPDATE document SET state = 'issued', withdrawn_at = NULL",
        "UPDATE document SET state = 'draft', issued_at = NULL, withdrawn_at = NULL",
        "UPDATE document SET withdrawn_at = withdrawn_at + interval '1 day'",
        "DELETE FROM document",
    ):
        assert state_of(settings.owner_database_url, statement) == REFUSED


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM document WHERE state = 'issued'",
        "UPDATE document SET state = 'draft', issued_at = NULL",
        "UPDATE document SET state = 'withdrawn', withdrawn_at = now(), issued_at = now() + interval '1 day'",
    ],
)
def test_issued_row_is_not_deleted_and_not_made_a_draft(settings: Settings, statement: str) -> None:
    issued()
    for url in (settings.owner_database_url, settings.database_url):
        assert state_of(url, statement) == REFUSED


def test_application_cannot_empty_the_table_or_take_the_guard_off(settings: Settings) -> None:
    for statement in (
        "TRUNCATE document CASCADE",
        "ALTER TABLE document DISABLE TRIGGER refuse_issued_change",
    ):
        assert state_of(settings.database_url, statement) == REFUSED_RIGHT
    assert state_of(settings.sealer_database_url, "UPDATE document SET title_zh = ''") == REFUSED_RIGHT


def test_draft_changes_and_is_deleted(settings: Settings) -> None:
    begun()
    assert state_of(settings.database_url, "UPDATE document SET title_zh = 'x'") == ""
    assert state_of(settings.database_url, "DELETE FROM document") == ""
