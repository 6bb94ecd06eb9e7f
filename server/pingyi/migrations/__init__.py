"""The history of the database schema, and the one call that brings a database up to date."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, create_engine
from sqlalchemy.pool import NullPool

from pingyi.extensions import load_extensions

COMPARED: dict[str, Any] = {"compare_type": True, "compare_server_default": True}


def configuration(connection: Connection | None = None, tables: MetaData | None = None) -> Config:
    """Alembic's settings for our scripts, bound to a connection where one is given.

    `tables`: what the database is compared with; running migrations needs none.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes.update(connection=connection, tables=tables)
    return config


def described_tables() -> MetaData:
    """Every table that models describe: the core's and those that extensions bring."""
    from pingyi.db import Base

    brought = (one.extension.models for one in load_extensions().working if one.extension.models)
    for module in ("pingyi.models", *brought):
        import_module(module)
    return Base.metadata


def upgrade(owner_url: str) -> None:
    """Run every outstanding migration as the owner of the schema, in one transaction."""
    engine = create_engine(owner_url, poolclass=NullPool)
    with engine.begin() as connection:
        command.upgrade(configuration(connection), "head")


def revision_of(connection: Connection) -> str | None:
    """The migration at which the database stands, None before the first."""
    return MigrationContext.configure(connection).get_current_revision()


def is_current(connection: Connection) -> bool:
    """Whether the database stands at the newest migration."""
    return revision_of(connection) == ScriptDirectory.from_config(configuration()).get_current_head()


def is_known(revision: str) -> bool:
    """Whether the history has this revision."""
    scripts = ScriptDirectory.from_config(configuration()).walk_revisions()
    return any(script.revision == revision for script in scripts)
