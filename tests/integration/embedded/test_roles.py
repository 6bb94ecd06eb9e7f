"""`pingyi database init`: what the embedded engines do for themselves, on any other server."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pingyi.domain.errors import Problem
from pingyi.embedded.commands import database
from pingyi.embedded.engines import Endpoints, running_engines

Query = Callable[[str, str], Any]


def superuser_url(state: Path, found: Endpoints) -> str:
    password = json.loads((state / "passwords.json").read_text())["postgres"]
    return f"postgresql+psycopg://postgres:{password}@{found.database_url.partition('@')[2]}"


def empty_server(state: Path, found: Endpoints, query: Query) -> str:
    """Make the server one that never heard of us; the URL of an administrator who is no superuser."""
    url = superuser_url(state, found).replace("/pingyi?", "/postgres?")
    query(url, "DROP DATABASE pingyi")
    for role in ("pingyi_owner", "pingyi_app", "pingyi_sealer"):
        query(url, f"DROP ROLE {role}")
    query(url, "CREATE ROLE keeper LOGIN CREATEROLE CREATEDB PASSWORD 'of the house'")
    return f"postgresql+psycopg://keeper:of%20the%20house@{url.partition('@')[2]}"


def sealer_key(state: Path) -> str:
    """The text of the key that signs the record; nobody else may read the file."""
    assert (state / "sealer.key").stat().st_mode & 0o777 == 0o600
    return (state / "sealer.key").read_text(encoding="ascii")


def test_an_administrator_without_superuser_rights_can_prepare_a_server(
    own_state: Path, query: Query, tmp_path: Path
) -> None:
    environment = {"PINGYI_STATE": str(tmp_path)}
    with running_engines(own_state) as found:
        admin = empty_server(own_state, found, query)
        printed = CliRunner().invoke(
            database, ["init", admin, "--database", "评议库"], catch_exceptions=False, env=environment
        )
        assert sealer_key(tmp_path).startswith("-----BEGIN PRIVATE KEY-----")
        urls = dict(line.split("=", 1) for line in printed.output.splitlines())
        assert list(urls) == ["DATABASE_URL", "OWNER_DATABASE_URL", "SEALER_DATABASE_URL"]
        query(urls["OWNER_DATABASE_URL"], "CREATE TABLE entry (word text)")
        query(urls["DATABASE_URL"], "INSERT INTO entry VALUES ('评议')")
        assert query(urls["SEALER_DATABASE_URL"], "SELECT word FROM entry") == "评议"
        assert query(urls["DATABASE_URL"], "SELECT current_database()::text") == "评议库"


def test_existing_roles_keep_their_passwords_unless_new_ones_are_asked_for(
    state: Path, query: Query, tmp_path: Path
) -> None:
    environment = {"PINGYI_STATE": str(tmp_path)}
    (tmp_path / "sealer.key").write_text("the one there was", encoding="ascii")
    (tmp_path / "sealer.key").chmod(0o600)
    with running_engines(state) as found:
        admin = superuser_url(state, found)
        with pytest.raises(Problem, match="--new-passwords"):
            CliRunner().invoke(database, ["init", admin], catch_exceptions=False)
        assert query(found.database_url, "SELECT 1") == 1
        printed = CliRunner().invoke(
            database, ["init", admin, "--new-passwords"], catch_exceptions=False, env=environment
        )
        assert sealer_key(tmp_path) == "the one there was"
        new = dict(line.split("=", 1) for line in printed.output.splitlines())["DATABASE_URL"]
        assert new != found.database_url
        assert query(new, "SELECT 1") == 1
