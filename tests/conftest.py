"""Real engines for every test that asks: one pair per test process, emptied before each test."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.pool import NullPool
from tests.left_out import pytest_sessionfinish, pytest_terminal_summary, pytest_testnodedown

from pingyi import migrations
from pingyi.app import create_app
from pingyi.db import db, transaction
from pingyi.embedded.engines import Endpoints, running_engines
from pingyi.ledger.keys import ensure_key
from pingyi.services.core.callers import SHELL
from pingyi.services.people.api_keys import new_office_key
from pingyi.settings import Settings, load_settings

__all__ = ["pytest_sessionfinish", "pytest_terminal_summary", "pytest_testnodedown"]  # hooks of the suite

MEMORY, ROOM_BYTES = Path("/dev/shm"), 2 * 2**30


def pytest_configure() -> None:
    """What is thrown away lives in memory where there is room: a slow disk makes the suite much longer."""
    if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_BYTES:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


@pytest.fixture(scope="session")
def endpoints() -> Iterator[Endpoints]:
    with running_engines(durable=False) as found:
        migrations.upgrade(found.owner_database_url)
        yield found


@pytest.fixture(scope="session")
def settings(endpoints: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return settings_of(endpoints, tmp_path_factory.mktemp("state"))


def settings_of(endpoints: Endpoints, state: Path) -> Settings:
    """Settings of an application upon these engines, with a sealer's key of its own."""
    found = load_settings({"PINGYI_STATE": str(state)})
    ensure_key(found.sealer_key_file)
    return replace(
        found,
        database_url=endpoints.database_url,
        owner_database_url=endpoints.owner_database_url,
        sealer_database_url=endpoints.sealer_database_url,
        redis_url=endpoints.redis_url,
        secret_key="a key for the tests, long enough for the doctor",
        pool_size=20,
        seal_seconds=0,
        rate_per_second=100_000,
    )


@pytest.fixture(scope="session")
def application(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def app(application: Flask, endpoints: Endpoints) -> Iterator[Flask]:
    """The application on an empty database, inside its context."""
    empty(endpoints)
    forget(application)
    with application.app_context():
        yield application
        db.session.rollback()
        db.session.remove()


def forget(application: Flask) -> None:
    """Drop what the application keeps of a database that was emptied, and the heads known of its record."""
    of_surveys = [name for name in application.extensions if name.startswith("pingyi_surveys.")]
    for name in ("pingyi.schemes", "pingyi.settings.loaded", "pingyi.ledger.head", *of_surveys):
        application.extensions.pop(name, None)
    shutil.rmtree(application.extensions["pingyi.configuration"].heads_folder, ignore_errors=True)


def empty(endpoints: Endpoints) -> None:
    """Empty what is filled, as the superuser whom no guard stops; numbers start again at 1."""
    engine = create_engine(superuser_url(endpoints), poolclass=NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("SET session_replication_role = replica")
        names = connection.execute(text(_TABLES)).scalars().all()
        filled = " UNION ALL ".join(
            f"SELECT '{name}' WHERE EXISTS (SELECT FROM public.\"{name}\")" for name in names
        )
        deletes = [f'DELETE FROM public."{name}"' for name in connection.exec_driver_sql(filled).scalars()]
        restarts = connection.execute(text(_RESTARTS)).scalars().all()
        connection.exec_driver_sql("; ".join([*deletes, *restarts, "SELECT 1"]))


_TABLES = (
    "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'alembic\\_version%'"
)
_RESTARTS = """
SELECT format('ALTER SEQUENCE public.%I RESTART', sequencename) FROM pg_sequences WHERE last_value IS NOT NULL
"""


def superuser_url(endpoints: Endpoints) -> URL:
    """The URL of PostgreSQL's superuser, whose password stands beside the engine's data."""
    owner = make_url(endpoints.owner_database_url)
    kept = Path(f"/proc/{endpoints.postgres_pid}/cwd").resolve().parent / "passwords.json"
    return owner.set(username="postgres", password=json.loads(kept.read_bytes())["postgres"])


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def office(app: Flask) -> dict[str, str]:
    """Headers of an office administrator's key."""
    return bearer("administrator")


@pytest.fixture
def security(app: Flask) -> dict[str, str]:
    """Headers of a security administrator's key."""
    return bearer("security_administrator")


def bearer(*roles: str) -> dict[str, str]:
    """Headers of a fresh key with these roles."""
    with transaction() as connection:
        return {"Authorization": f"Bearer {new_office_key(connection, SHELL, roles).token}"}
