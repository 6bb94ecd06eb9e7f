"""Writes the next migration: what models describe and the database at its newest migration lacks."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import MetaData, create_engine
from sqlalchemy.pool import NullPool

from pingyi import migrations
from pingyi.db import Base
from pingyi.embedded.engines import running_engines
from pingyi.extensions import load_extensions
from pingyi.migrations import CORE, History


def write(
    owner_url: str, sentence: str, tables: MetaData, history: History = CORE, extension: str = ""
) -> Path:
    """The new file of `history`; rights and guards are added to it by hand.

    `extension`: whose tables are looked at; the core's own migration looks at nobody else's.
    """
    head = history.head() or "0"
    number = f"{int(head.rpartition('_')[2]) + 1:04}"
    history.versions.mkdir(exist_ok=True)
    with create_engine(owner_url, poolclass=NullPool).connect() as connection:
        config = migrations.configuration(connection, tables, history)
        config.attributes["options"] = {"include_object": _belongs_to(extension)}
        command.revision(
            config,
            sentence.removesuffix("."),
            autogenerate=True,
            rev_id=f"{extension}_{number}" if extension else number,
        )
    path = max(history.versions.glob("*.py"))
    ruff = Path(sys.executable).with_name("ruff")
    subprocess.run([ruff, "check", "--quiet", "--fix", "--select", "F401,I", path], check=True)
    subprocess.run([ruff, "format", "--quiet", path], check=True)
    return path


def _belongs_to(extension: str) -> Any:
    """Whether a table is one that this history describes; what no class describes is the core's."""
    owners = owners_of_tables()

    def belongs(thing: Any, name: str, kind: str, *more: Any) -> bool:
        compared: bool = migrations.COMPARED["include_object"](thing, name, kind, *more)
        return compared and (kind != "table" or owners.get(name, "") == extension)

    return belongs


def owners_of_tables() -> dict[str, str]:
    """The extension with a history of its own that describes a table, by the table's name."""
    brought = [one.extension for one in load_extensions().working if one.extension.migrations]
    return {
        mapper.local_table.name: extension.key
        for mapper in Base.registry.mappers
        for extension in brought
        if mapper.class_.__module__.startswith(extension.models)
    }


def history_of(extension: str) -> History:
    """The history of an extension by its key, the core's for ""."""
    if not extension:
        return CORE
    [found] = [one.extension for one in load_extensions().working if one.extension.key == extension]
    return migrations.history_of(found.key, found.migrations)


def main() -> int:
    extension, *words = sys.argv[1:]
    sentence = " ".join(words)
    if not re.search(r"\w", sentence):
        sys.stderr.write("Say what changes: make migration SENTENCE='Reminders of partners.'\n")
        return 1
    with running_engines(durable=False) as endpoints:
        migrations.upgrade(endpoints.owner_database_url)
        tables = migrations.described_tables()
        write(endpoints.owner_database_url, sentence, tables, history_of(extension), extension)
    return 0


if __name__ == "__main__":
    sys.exit(main())
