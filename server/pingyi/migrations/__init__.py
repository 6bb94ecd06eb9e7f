"""The history of the database schema, and the one call that brings a database up to date."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's settings for our scripts, bound to a connection where one is given."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


def upgrade(owner_url: str) -> None:
    """Run every outstanding migration as the owner of the schema, in one transaction."""
    engine = create_engine(owner_url, poolclass=NullPool)
    with engine.begin() as connection:
        command.upgrade(configuration(connection), "head")


def is_current(connection: Connection) -> bool:
    """Whether the database stands at the newest migration."""
    head = ScriptDirectory.from_config(configuration()).get_current_head()
    return MigrationContext.configure(connection).get_current_revision() == head


def is_known(revision: str) -> bool:
    """Whether the history has this revision."""
    scripts = ScriptDirectory.from_config(configuration()).walk_revisions()
    return any(script.revision == revision for script in scripts)
