"""A house with a record that goes on, and ways to back it up and to restore it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool
from tests.conftest import settings_of

from pingyi import cli, migrations
from pingyi.app import create_app
from pingyi.backups.archive import reading
from pingyi.backups.backup import Taken, back_up
from pingyi.backups.restore import Restored, restore
from pingyi.db import db
from pingyi.embedded.engines import Endpoints, running_engines
from pingyi.ledger.fsck import Report, check_record
from pingyi.ledger.leaves import record
from pingyi.ledger.sealing import seal
from pingyi.settings import Settings


@dataclass(slots=True)
class House:
    """The session's database with its folders, as the commands see them."""

    settings: Settings
    folder: Path
    failures: list[Exception] = field(default_factory=list)

    @property
    def file(self) -> Path:
        return self.folder / "backup.pingyi"

    def act(self, number: int = 1) -> None:
        engine = create_engine(self.settings.database_url, poolclass=NullPool)
        with engine.begin() as connection:
            for _ in range(number):
                record(connection, "test.act", {"what": "something"})

    def seal(self) -> int:
        return seal(self.settings)

    def back_up(self) -> Taken:
        return back_up(self.settings, self.file)

    def restore(self, *known: Path, replace: bool = True) -> Restored:
        db.session.remove()
        db.engine.dispose()
        with reading(self.file) as backup:
            return restore(backup, self.settings, list(known), replace=replace)

    def check(self) -> Report:
        with db.engine.connect() as connection:
            return check_record(connection, self.settings.heads_folder)

    @contextmanager
    def writers(self, threads: int = 4) -> Iterator[None]:
        """Threads that act, and one that seals, while the block lasts."""
        stop = threading.Event()

        def keep(work: Callable[[], object]) -> None:
            try:
                while not stop.wait(0.01):
                    work()
            except Exception as error:  # noqa: BLE001 a failed writer fails the test
                self.failures.append(error)

        jobs: list[Callable[[], object]] = [lambda: self.act(3)] * threads + [self.seal]
        working = [threading.Thread(target=keep, args=(job,)) for job in jobs]
        for each in working:
            each.start()
        try:
            yield
        finally:
            stop.set()
            for each in working:
                each.join()
        assert not self.failures


@pytest.fixture(scope="session")
def endpoints() -> Iterator[Endpoints]:
    """Engines of their own: a restore takes the whole database, and nobody else may be connected."""
    with running_engines(durable=False) as found:
        migrations.upgrade(found.owner_database_url)
        yield found


@pytest.fixture(scope="session")
def settings(endpoints: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return settings_of(endpoints, tmp_path_factory.mktemp("state"))


@pytest.fixture(scope="session")
def application(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def house(app: Flask, settings: Settings, tmp_path: Path) -> House:
    return House(replace(settings, evidence=str(tmp_path / "evidence")), tmp_path)


@pytest.fixture
def shell(house: House, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run a command in this process on the session's engines, in English."""
    monkeypatch.setenv("DATABASE_URL", house.settings.database_url)
    monkeypatch.setenv("OWNER_DATABASE_URL", house.settings.owner_database_url)
    monkeypatch.setenv("SEALER_DATABASE_URL", house.settings.sealer_database_url)
    monkeypatch.setenv("REDIS_URL", house.settings.redis_url)
    monkeypatch.setenv("PINGYI_STATE", str(house.settings.state))
    monkeypatch.setenv("PINGYI_EVIDENCE", house.settings.evidence)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)

    def run(*arguments: object) -> Result:
        db.session.remove()
        db.engine.dispose()
        return CliRunner().invoke(cli.main, [str(each) for each in arguments])

    return run
