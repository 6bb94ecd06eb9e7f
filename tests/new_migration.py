"""Writes the next migration: what models describe and the database at its newest migration lacks."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, create_engine
from sqlalchemy.pool import NullPool

from pingyi import migrations
from pingyi.embedded.engines import running_engines

FOLDER = Path(migrations.__file__).parent


def write(owner_url: str, sentence: str, tables: MetaData, folder: Path = FOLDER) -> Path:
    """The new file in `folder`/versions; rights and guards are added to it by hand."""
    with create_engine(owner_url, poolclass=NullPool).connect() as connection:
        config = migrations.configuration(connection, tables)
        config.set_main_option("script_location", str(folder))
        newest = ScriptDirectory.from_config(config).get_current_head() or "0"
        command.revision(
            config, sentence.removesuffix("."), autogenerate=True, rev_id=f"{int(newest) + 1:04}"
        )
    path = max((folder / "versions").glob("*.py"))
    ruff = Path(sys.executable).with_name("ruff")
    subprocess.run([ruff, "check", "--quiet", "--fix", "--select", "F401,I", path], check=True)
    subprocess.run([ruff, "format", "--quiet", path], check=True)
    return path


def main() -> int:
    sentence = " ".join(sys.argv[1:])
    if not re.search(r"\w", sentence):
        sys.stderr.write("Say what changes: make migration SENTENCE='Reminders of partners.'\n")
        return 1
    with running_engines(durable=False) as endpoints:
        migrations.upgrade(endpoints.owner_database_url)
        write(endpoints.owner_database_url, sentence, migrations.described_tables())
    return 0


if __name__ == "__main__":
    sys.exit(main())
