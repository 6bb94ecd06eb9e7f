"""What `make install` leaves: the run-time lock and nothing else, by old pips, and a program that works."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from tests.install.conftest import Installation
from tests.locks import RUNNING, pins

PUBLISHED = Path(__file__).parents[1] / "bundles" / "panjin_2023.published.csv"
pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


def test_install_takes_the_run_time_lock_and_nothing_else(installation: Installation) -> None:
    installation.run(installation.python, "-m", "pip", "check")
    answer = installation.run(installation.python, "-m", "pip", "list", "--format", "json")
    versions = {each["name"].lower().replace("_", "-"): each["version"] for each in json.loads(answer)}
    assert versions.pop("pip") == installation.pip
    assert (installation.pip == "22.3") == (installation.version == "3.11")
    assert versions.pop("pingyi")
    versions.pop("setuptools", None)  # up to Python 3.11 an environment comes with it
    locked = {(each.name, each.version) for each in pins(RUNNING)}
    always = {each.name for each in pins(RUNNING) if not each.marker}
    assert set(versions.items()) <= locked
    assert always <= set(versions)


def test_installed_program_replays_what_was_published(installation: Installation) -> None:
    installation.run(".venv/bin/pingyi", "replay", "tests/bundles/panjin_2023", "--out", "results")
    with (installation.folder / "results" / "results.csv").open(encoding="utf-8", newline="") as file:
        ranked = {row["unit"]: (row["hotline_totals"], int(row["rank"])) for row in csv.DictReader(file)}
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        published = {row["unit"]: row["hotline_totals"] for row in csv.DictReader(file)}
    in_order = sorted(published, key=lambda unit: float(published[unit]), reverse=True)
    assert ranked == {unit: (published[unit], place) for place, unit in enumerate(in_order, 1)}
    installation.run(installation.python, "-I", "results/verify.py", "results")


def test_interrupted_install_is_made_good(installation: Installation) -> None:
    [flask] = installation.folder.glob(".venv/lib/python*/site-packages/flask-*.dist-info")
    for path in (
        flask / "INSTALLER",
        flask.parent / "flask" / "app.py",
        installation.folder / ".venv/.running",
    ):
        path.unlink()
    installation.make("install")
    assert (flask / "INSTALLER").exists()
    installation.run(".venv/bin/pingyi", "plugins")


def test_environment_without_its_interpreter_is_made_anew(installation: Installation) -> None:
    for path in installation.folder.glob(".venv/bin/python*"):
        path.unlink()
    assert "-m pip install" in installation.make("--dry-run", "install")
    assert "-m venv --clear" in installation.make("--dry-run", "install")
