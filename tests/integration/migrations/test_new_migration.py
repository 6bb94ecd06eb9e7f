"""The next migration is written from what models describe."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import BigInteger, Column, ForeignKey, MetaData, Table, create_engine, text
from sqlalchemy.pool import NullPool
from tests.new_migration import write

from pingyi.db import Base
from pingyi.embedded.engines import Endpoints
from pingyi.migrations import COMPARED, CORE, History, configuration, described_tables


@pytest.fixture
def copied(tmp_path: Path) -> History:
    """A copy of the core's migrations that may be added to."""
    return History(Path(shutil.copytree(CORE.versions, tmp_path / "versions")), CORE.version_table)


def test_new_table_is_created_by_the_next_migration(endpoints: Endpoints, copied: History) -> None:
    described = MetaData(naming_convention=Base.metadata.naming_convention)
    for table in described_tables().sorted_tables:
        table.to_metadata(described)
    Table("reminder", described, Column("unit_id", BigInteger, ForeignKey("unit.id"), primary_key=True))
    path = write(endpoints.owner_database_url, "Reminders of partners.", described, copied)
    written = path.read_text(encoding="utf-8")
    assert path.name.endswith("_reminders_of_partners.py")
    assert written.startswith('"""Reminders of partners."""\n')
    assert written.count("op.") - written.count("op.f(") == 1
    assert 'op.create_table(\n        "reminder",' in written
    assert '["unit_id"], ["unit.id"], name=op.f("fk_reminder_unit_id")' in written
    with create_engine(endpoints.owner_database_url, poolclass=NullPool).connect() as connection:
        connection.begin()  # ends with the connection, rolled back
        command.upgrade(configuration(connection, history=copied), "head")
        connection.execute(text("SELECT unit_id FROM reminder"))
        assert compare_metadata(MigrationContext.configure(connection, opts=COMPARED), described) == []


def test_migration_is_empty_where_models_describe_what_is_there(
    endpoints: Endpoints, copied: History
) -> None:
    written = write(endpoints.owner_database_url, "Nothing.", described_tables(), copied).read_text()
    assert "op." not in written
    assert "pass" in written


def test_migration_of_the_surveys_goes_to_a_history_of_their_own(
    endpoints: Endpoints, tmp_path: Path
) -> None:
    described = MetaData(naming_convention=Base.metadata.naming_convention)
    for table in described_tables().sorted_tables:
        table.to_metadata(described)
    described.tables["ballot_box"].append_column(Column("note", BigInteger))
    described.tables["period"].append_column(Column("note", BigInteger))
    history = History(tmp_path / "versions", "alembic_version_surveys")
    path = write(endpoints.owner_database_url, "Notes.", described, history, "surveys")
    written = path.read_text(encoding="utf-8")
    assert 'revision = "surveys_0001"' in written and "down_revision = None" in written
    assert re.findall(r'op\.add_column\("(\w+)"', written) == ["ballot_box"]
