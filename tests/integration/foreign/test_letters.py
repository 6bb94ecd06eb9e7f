"""A package from outside brings table, topic, setting, role, approval, page and home; its broken twins.

Each is walked in a process of its own, by tests/foreign/walk_letters.py and walk_broken_letters.py.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.integration.foreign.conftest import FOREIGN, install

ROOT = FOREIGN.parents[1]


@pytest.fixture(scope="session")
def letters_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean folder into which the package was installed from its source."""
    source = shutil.copytree(FOREIGN / "pingyi_letters", tmp_path_factory.mktemp("letters") / "source")
    folder = tmp_path_factory.mktemp("site")
    install(folder, Path(source))
    return folder


def walk(name: str, site: Path, more: Mapping[str, str]) -> str:
    """Run the tests of a file with the packages of `site` installed; what they printed."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "COV"))}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", str(FOREIGN / name)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**kept, "PYTHONPATH": str(site), **more},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_package_from_outside_brings_all_that_ours_do(letters_site: Path) -> None:
    walk("walk_letters.py", letters_site, {})


TWINS = {
    "import": (
        "__init__.py",
        "WRITER = ",
        "import nothing_of_that_name\nWRITER = ",
        "ModuleNotFoundError",
        {},
    ),
    "role": ("__init__.py", '"letter_writer"', '"auditor"', "the role auditor is already registered", {}),
    "migration": (
        "migrations/versions/letters_0001_letters.py",
        "CREATE TABLE letter (",
        "CREATE TABLE letter (wrong",
        'relation "letter" does not exist',
        {"BROKEN_LATER": "1"},
    ),
}


@pytest.mark.parametrize("name", TWINS)
def test_broken_twin_is_named_and_survived(letters_site: Path, tmp_path: Path, name: str) -> None:
    file, good, bad, reason, more = TWINS[name]
    site = Path(shutil.copytree(letters_site, tmp_path / "site"))
    path = site / "pingyi_letters" / file
    code = path.read_text(encoding="utf-8")
    assert good in code
    path.write_text(code.replace(good, bad), encoding="utf-8")
    walk("walk_broken_letters.py", site, {"BROKEN": reason, **more})
