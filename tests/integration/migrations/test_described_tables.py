"""Models are the one description of the data: what migrations made is exactly what they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData, create_engine, inspect, text
from sqlalchemy.pool import NullPool

from pingyi.db import Base, db
from pingyi.embedded.engines import Endpoints
from pingyi.extensions import load_extensions
from pingyi.migrations import COMPARED, VERSION_TABLE, described_tables

VERSIONS = "alembic\\_version%"  # Alembic's own tables


@pytest.fixture
def owner(endpoints: Endpoints) -> Iterator[Connection]:
    """A connection as the owner of the tables; what is done through it is rolled back."""
    with create_engine(endpoints.owner_database_url, poolclass=NullPool).connect() as connection:
        yield connection


@pytest.fixture
def changeable() -> MetaData:
    """A copy of the description that a test may change."""
    copied = MetaData(naming_convention=Base.metadata.naming_convention)
    for table in described_tables().sorted_tables:
        table.to_metadata(copied)
    return copied


def differences(connection: Connection, described: MetaData) -> list[Any]:
    """What autogenerate would write into a migration."""
    return compare_metadata(MigrationContext.configure(connection, opts=COMPARED), described)


def names(differences: list[Any]) -> list[tuple[str, str]]:
    """What happened to which table or column."""
    return [(difference[0], difference[-1].name) for difference in differences]


def test_autogenerate_has_nothing_to_write(owner: Connection) -> None:
    assert differences(owner, described_tables()) == []


def test_names_checks_and_identities_are_the_described_ones(owner: Connection) -> None:
    """Also what autogenerate does not look at: names of constraints, checks, identities, their SQL."""
    owner.execute(text("CREATE SCHEMA described"))
    described_tables().create_all(owner.execution_options(schema_translate_map={None: "described"}))
    assert catalog(owner, "described") == catalog(owner, "public")


def catalog(connection: Connection, schema: str) -> set[tuple[str, str, str, str]]:
    """Columns, constraints and indexes as PostgreSQL itself words them, Alembic's own tables left out."""
    connection.execute(text(f"SET LOCAL search_path = {schema}"))
    rows = connection.execute(text(_CATALOG), {"schema": schema, "version": VERSIONS})
    return {
        (kind, table, name, definition.replace(f"{schema}.", "")) for kind, table, name, definition in rows
    }


_CATALOG = """
SELECT 'column', table_name, column_name,
  concat_ws(' ', data_type, udt_name, is_nullable, column_default, identity_generation)
FROM information_schema.columns WHERE table_schema = :schema AND table_name NOT LIKE :version
UNION ALL
SELECT 'constraint', relname, conname, pg_get_constraintdef(c.oid)
FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
WHERE c.connamespace = CAST(:schema AS regnamespace) AND relname NOT LIKE :version
UNION ALL
SELECT 'index', tablename, indexname, indexdef FROM pg_indexes
WHERE schemaname = :schema AND tablename NOT LIKE :version
"""


def test_every_table_has_exactly_one_class(owner: Connection) -> None:
    described_tables()
    classes = Counter(mapper.local_table.name for mapper in Base.registry.mappers)
    assert set(classes.values()) == {1}
    assert classes.keys() == {
        name for name in inspect(owner).get_table_names() if not name.startswith(VERSION_TABLE)
    }


def test_application_and_migrations_mean_the_same_tables() -> None:
    assert db.metadata is described_tables()


def test_surveys_bring_their_tables_themselves() -> None:
    described_tables()
    rooms = {mapper.class_.__module__.partition(".models")[0] for mapper in Base.registry.mappers}
    assert {one.extension.models for one in load_extensions().working} == {"", "pingyi_surveys.models"}
    assert rooms == {"pingyi", "pingyi_surveys"}


def test_column_that_no_model_has_is_noticed(owner: Connection, changeable: MetaData) -> None:
    table = changeable.tables["sealed_ballot"]
    table._columns.remove(table.c.receipt)
    assert names(differences(owner, changeable)) == [("remove_column", "receipt")]


def test_table_without_a_class_is_noticed(owner: Connection, changeable: MetaData) -> None:
    changeable.remove(changeable.tables["ballot_opinion"])
    assert names(differences(owner, changeable)) == [("remove_table", "ballot_opinion")]


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE period ALTER COLUMN state SET DEFAULT 'open'",
        "ALTER TABLE period ALTER COLUMN starts_on TYPE timestamptz",
        "ALTER TABLE period ALTER COLUMN scheme_id DROP NOT NULL",
        "DROP INDEX ix_ballot_keys_period_id",
        "ALTER TABLE ballot_box DROP CONSTRAINT fk_ballot_box_channel_id",
        "ALTER TABLE document DROP CONSTRAINT uq_document_kind_key_version",
    ],
)
def test_database_that_differs_is_noticed(owner: Connection, statement: str) -> None:
    owner.execute(text(statement))
    assert len(differences(owner, described_tables())) == 1


def test_check_that_differs_is_noticed(owner: Connection) -> None:
    owner.execute(text("CREATE SCHEMA described"))
    described_tables().create_all(owner.execution_options(schema_translate_map={None: "described"}))
    owner.execute(text("ALTER TABLE public.box_opening DROP CONSTRAINT ck_box_opening_adds_up"))
    (name,) = {row[2] for row in catalog(owner, "described") - catalog(owner, "public")}
    assert name == "ck_box_opening_adds_up"
