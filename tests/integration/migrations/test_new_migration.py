"""The next migration is written from what models describe."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import BigInteger, Column, ForeignKey, MetaData, Table
from tests.new_migration import FOLDER, write

from pingyi.db import Base
from pingyi.embedded.engines import Endpoints
from pingyi.migrations import described_tables


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the migrations that may be added to."""
    return Path(shutil.copytree(FOLDER, tmp_path / "migrations"))


def test_new_table_is_created_by_the_next_migration(endpoints: Endpoints, folder: Path) -> None:
    described = MetaData(naming_convention=Base.metadata.naming_convention)
    for table in described_tables().sorted_tables:
        table.to_metadata(described)
    Table("reminder", described, Column("unit_id", BigInteger, ForeignKey("unit.id"), primary_key=True))
    path = write(endpoints.owner_database_url, "Reminders of partners.", described, folder)
    written = path.read_text(encoding="utf-8")
    assert path.name.endswith("_reminders_of_partners.py")
    assert written.startswith('"""Reminders of partners."""\n')
    assert written.count("op.") - written.count("op.f(") == 1
    assert 'op.create_table(\n        "reminder",' in written
    assert '["unit_id"], ["unit.id"], name=op.f("fk_reminder_unit_id")' in written


def test_migration_is_empty_where_models_describe_what_is_there(endpoints: Endpoints, folder: Path) -> None:
    written = write(endpoints.owner_database_url, "Nothing.", described_tables(), folder).read_text()
    assert "op." not in written
    assert "pass" in written
