"""Packages of third parties: one installed for the session, others written as pip would leave them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from tests.small_scheme import channel, draft_period, names_of, open_draft, scheme_of

from pingyi.app import create_app
from pingyi.db import db, transaction
from pingyi.registry import load_registry
from pingyi.services.core.callers import SHELL
from pingyi.services.periods.periods import close_period, find_period, request_assessment
from pingyi.services.periods.rolls import RollRow, put_rolls
from pingyi.services.results.assess import assess_period
from pingyi.settings import Settings

FOREIGN = Path(__file__).resolve().parents[2] / "foreign"


@pytest.fixture(scope="session")
def noise_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean folder into which the foreign package was installed from its source."""
    folder = tmp_path_factory.mktemp("site")
    source = tmp_path_factory.mktemp("source")
    subprocess.run(["cp", "-r", FOREIGN / "pingyi_noise", source], check=True)
    install(folder, source / "pingyi_noise")
    return folder


def install(target: Path, source: Path) -> None:
    """Install a package from its source, without any index."""
    flags = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", *flags, "--target", str(target), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


Write = Callable[..., None]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write an installed package: its module and the metadata that pip would leave beside it."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)

    def write(name: str, code: str, group: str = "pingyi.channels", within: str = "") -> None:
        (tmp_path / f"foreign_{name}.py").write_text(code, encoding="utf-8")
        info = tmp_path / f"foreign_{name}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: foreign-{name}\nVersion: 1.2\n")
        (info / "entry_points.txt").write_text(f"[{group}]\n{name} = foreign_{name}{within}\n")

    yield write
    for module in set(sys.modules) - before:
        if module.startswith(("foreign_", "pingyi_noise")):
            del sys.modules[module]


@pytest.fixture
def start(app: Flask, settings: Settings) -> Iterator[Callable[[], Flask]]:
    """An application with all packages that are installed now; plugins get half a second."""
    made: list[Flask] = []

    def create() -> Flask:
        made.append(create_app(replace(settings, plugin_seconds=0.5, pool_size=4), load_registry()))
        return made[-1]

    yield create
    for one in made:
        with one.app_context():
            db.engine.dispose()


def make_open(key: str, plugin: str, settings: str, rolls: Sequence[RollRow] = ()) -> None:
    """An open period of two units with a channel of ours and one of the plugin."""
    night = channel("night", "夜间", "60", settings, operator="监测站", plugin=plugin)
    law = channel("law", "依法行政", "40", '{ scale = "5" }', operator="法制办")
    draft_period(scheme_of(law, night, key=key, min_coverage="0", more=""), names_of(2), key)
    with transaction() as connection:
        put_rolls(connection, SHELL, find_period(connection, key), rolls)
    open_draft(key)


def assess(key: str) -> int:
    """Close a period and assess it; its id."""
    with transaction() as connection:
        close_period(connection, SHELL, key)
        request_assessment(connection, SHELL, key)
        period_id = find_period(connection, key).id
    assess_period(period_id)
    return period_id


def results_of(key: str) -> int:
    """How many revisions a period has."""
    with transaction() as connection:
        statement = "SELECT count(*) FROM assessment a JOIN period p ON p.id = a.period_id WHERE p.key = :key"
        return connection.execute(text(statement), {"key": key}).scalar_one()


@contextmanager
def inside(app: Flask) -> Iterator[None]:
    """Inside an application, its session released afterwards."""
    with app.app_context():
        yield
        db.session.remove()
