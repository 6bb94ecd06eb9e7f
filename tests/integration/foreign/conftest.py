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

from pingyi.app import create_app
from pingyi.db import db, transaction
from pingyi.registry import load_registry
from pingyi.services.assessing import assess_period
from pingyi.services.callers import SHELL
from pingyi.services.participants import UnitRow, put_units
from pingyi.services.particulars import RollRow, put_rolls
from pingyi.services.periods import (
    PeriodDraft,
    close_period,
    create_period,
    find_period,
    open_period,
    request_assessment,
)
from pingyi.services.schemes import store_scheme
from pingyi.settings import Settings

FOREIGN = Path(__file__).resolve().parents[2] / "foreign"

SCHEME = """
key = "{key}"
title = {{ zh = "安静", en = "Quiet" }}
full_marks = "100"
decimals = 2
[policies]
missing = "reallocate"
min_coverage = "0"
ties = "competition"
tie_break = []
[[categories]]
key = "departments"
title = {{ zh = "政府部门", en = "Departments" }}
[[channels]]
key = "law"
plugin = "partner_score"
operator = "法制办"
max_points = "40"
title = {{ zh = "依法行政", en = "Law" }}
settings = {{ scale = "5" }}
[[channels]]
key = "night"
plugin = "{plugin}"
operator = "监测站"
max_points = "60"
title = {{ zh = "夜间", en = "Night" }}
settings = {settings}
"""


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


Write = Callable[[str, str], None]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write an installed package: its module and the metadata that pip would leave beside it."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)

    def write(name: str, code: str) -> None:
        (tmp_path / f"foreign_{name}.py").write_text(code, encoding="utf-8")
        info = tmp_path / f"foreign_{name}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: foreign-{name}\nVersion: 1.2\n")
        (info / "entry_points.txt").write_text(f"[pingyi.channels]\n{name} = foreign_{name}\n")

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
    with transaction() as connection:
        document = SCHEME.format(key=key, plugin=plugin, settings=settings)
        scheme, _, scheme_id = store_scheme(connection, SHELL, document)
        create_period(connection, SHELL, PeriodDraft(key=key), scheme, scheme_id)
        rows = [UnitRow(code=f"u{n}", name=f"市第{n}局", category="departments") for n in (1, 2)]
        put_units(connection, SHELL, find_period(connection, key), scheme, rows)
        put_rolls(connection, SHELL, find_period(connection, key), rolls)
        open_period(connection, SHELL, key)


def assess(key: str) -> int:
    """Close a period and assess it; its id."""
    with transaction() as connection:
        close_period(connection, SHELL, key)
        request_assessment(connection, SHELL, key)
        period_id = find_period(connection, key).id
    assess_period(period_id)
    return period_id


@contextmanager
def inside(app: Flask) -> Iterator[None]:
    """Inside an application, its session released afterwards."""
    with app.app_context():
        yield
        db.session.remove()
