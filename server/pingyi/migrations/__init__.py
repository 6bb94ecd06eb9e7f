"""The histories of the database schema, and the one call that brings a database up to date."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, create_engine
from sqlalchemy.pool import NullPool

from pingyi.extensions import RegisteredExtension, load_extensions
from pingyi.registry import Broken

FOLDER = Path(__file__).parent
VERSION_TABLE = "alembic_version"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class History:
    """The migrations of the core, or of one extension.

    `versions` is the folder with its scripts, `version_table` says how far a database is. Each has its own:
    an extension that is broken or uninstalled stops neither the core's migrations nor another one's.
    """

    versions: Path
    version_table: str

    def head(self) -> str | None:
        """The newest migration, None where there is none yet."""
        return ScriptDirectory.from_config(configuration(history=self)).get_current_head()


CORE = History(FOLDER / "versions", VERSION_TABLE)


def history_of(key: str, package: str) -> History:
    """The history that the extension `key` keeps in `package`."""
    found = import_module(package).__file__
    if found is None:
        raise ImportError(f"{package} has no __init__.py")
    return History(Path(found).parent / "versions", f"{VERSION_TABLE}_{key}")


def _is_compared(_thing: Any, name: str | None, kind: str, *_: Any) -> bool:
    return not (kind == "table" and name is not None and name.startswith(VERSION_TABLE))


COMPARED: dict[str, Any] = {
    "compare_type": True,
    "compare_server_default": True,
    "include_object": _is_compared,
}


def configuration(
    connection: Connection | None = None, tables: MetaData | None = None, history: History = CORE
) -> Config:
    """Alembic's settings for the scripts of a history, bound to a connection where one is given.

    `tables`: what the database is compared with; running migrations needs none.
    """
    config = Config()
    config.set_main_option("script_location", _literal(FOLDER))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", _literal(history.versions))
    config.attributes.update(connection=connection, tables=tables, version_table=history.version_table)
    return config


def _literal(path: Path) -> str:
    return str(path).replace("%", "%%")


def described_tables() -> MetaData:
    """Every table that models describe: the core's and those that extensions bring."""
    from pingyi.db import Base

    brought = (one.extension.models for one in load_extensions().working if one.extension.models)
    for module in ("pingyi.models", *brought):
        import_module(module)
    return Base.metadata


def upgrade(owner_url: str) -> list[Broken]:
    """Run every outstanding migration as the owner of the schema: the core's, then those of each extension.

    Each history in one transaction. Returns the extensions whose migrations failed, of which nothing is done.
    """
    engine = create_engine(owner_url, poolclass=NullPool)
    _upgrade(engine, CORE)
    broken: list[Broken] = []
    for one in _with_a_history():
        try:
            _upgrade(engine, history_of(one.extension.key, one.extension.migrations))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a package may raise anything; it is named
            _log.exception("the migrations of %s failed", one.extension.key)
            broken.append(one.broken(error))
    return broken


def revision_of(connection: Connection) -> str | None:
    """The migration at which the database stands, None before the first."""
    return MigrationContext.configure(connection).get_current_revision()


def _upgrade(engine: Engine, history: History) -> None:
    if history.head() is not None:
        with engine.begin() as connection:
            command.upgrade(configuration(connection, history=history), "head")


def is_current(connection: Connection, history: History = CORE) -> bool:
    """Whether the database stands at the newest migration of a history."""
    options = {"version_table": history.version_table}
    return MigrationContext.configure(connection, opts=options).get_current_revision() == history.head()


def behind(connection: Connection) -> list[Broken]:
    """The extensions whose tables do not stand at their newest migration, or whose migrations are broken."""
    found: list[Broken] = []
    for one in _with_a_history():
        try:
            if not is_current(connection, history_of(one.extension.key, one.extension.migrations)):
                found.append(one.broken(RuntimeError("its migrations have not run")))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - as above
            found.append(one.broken(error))
    return found


def _with_a_history() -> Iterator[RegisteredExtension]:
    return (one for one in load_extensions().working if one.extension.migrations)


def is_known(revision: str) -> bool:
    """Whether the core's history has this revision."""
    scripts = ScriptDirectory.from_config(configuration()).walk_revisions()
    return any(script.revision == revision for script in scripts)
