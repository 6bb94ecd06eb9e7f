"""`pingyi plugin new` writes a package that installs, keeps the laws and is found."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.integration.foreign.conftest import install

from pingyi.cli import main

pytestmark = pytest.mark.long

FILES = [
    "README.md",
    "pingyi_night_bus/__init__.py",
    "pingyi_night_bus/py.typed",
    "pyproject.toml",
    "tests/test_pingyi_night_bus.py",
]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a freshly written package."""
    folder = tmp_path_factory.mktemp("new")
    done = CliRunner().invoke(main, ["--lang", "en", "plugin", "new", "night-Bus", "--folder", str(folder)])
    assert done.exit_code == 0, done.output
    assert done.output.startswith(f"Wrote {folder / 'pingyi-night-bus'}. Next: pip install -e")
    return folder / "pingyi-night-bus"


def run(folder: Path, site: Path, program: str, *arguments: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    done = subprocess.run(
        [Path(sys.executable).parent / program, *arguments],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_new_package_installs_is_listed_and_keeps_the_laws(written: Path, tmp_path: Path) -> None:
    assert sorted(str(p.relative_to(written)) for p in written.rglob("*") if p.is_file()) == FILES
    site = tmp_path / "site"
    install(site, written)
    listed = run(tmp_path, site, "pingyi", "plugins").splitlines()
    assert "night-Bus\t-\tpingyi-night-bus\t0.1.0\tok" in listed
    assert "2 passed" in run(written, site, "pytest", "-p", "no:cacheprovider")


def test_new_package_is_clean_to_the_linter(written: Path) -> None:
    run(
        written,
        written,
        "ruff",
        "check",
        "--isolated",
        "--line-length",
        "110",
        "--select",
        "E,F,B,RET,N",
        ".",
    )


@pytest.mark.parametrize("key", ["", "9x", "a/b", "a b", "é", "a" * 61, "../x"])
def test_new_refuses_what_is_no_key(tmp_path: Path, key: str) -> None:
    done = CliRunner().invoke(main, ["--lang", "en", "plugin", "new", "--folder", str(tmp_path), "--", key])
    assert done.exit_code == 1 and "is no key of a channel" in done.output
    assert list(tmp_path.iterdir()) == []


def test_new_writes_over_nothing(written: Path) -> None:
    before = {path: path.read_bytes() for path in written.rglob("*.py")}
    done = CliRunner().invoke(main, ["plugin", "new", "night_bus", "--folder", str(written.parent)])
    assert done.exit_code == 1 and "已经存在" in done.output
    assert {path: path.read_bytes() for path in written.rglob("*.py")} == before
