"""Fresh copies of the repository, each with an environment that `make install` has filled."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.install.interpreters import VERSIONS, interpreter
from tests.left_out import leave_out

ROOT = Path(__file__).parents[2]
OLDEST_PIP = Path(__file__).with_name("pip.lock")  # what Python 3.11.0 brings along
UNCOPIED = shutil.ignore_patterns(
    ".git", ".venv", ".pingyi", "__pycache__", ".*_cache", ".hypothesis", "dist"
)
OUTER = ("MAKE", "MFLAGS", "PINGYI_", "PYTHON", "VIRTUAL_ENV")  # what the suite itself runs under


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests on a Python that is not here are left out, loudly; none of these Pythons is required."""
    for version in VERSIONS:
        if not interpreter(version):
            words = f"tests of an installation on Python {version} did NOT run: none found"
            leave_out(config, items, lambda item, version=version: _version(item) == version, words)


def _version(item: pytest.Item) -> str | None:
    callspec = getattr(item, "callspec", None)
    here = "tests/install/" in item.path.as_posix()
    return callspec.params.get("installation") if here and callspec else None


@dataclass(frozen=True)
class Installation:
    """A copy of the repository, the Python it was installed by, and the pip that did it."""

    folder: Path
    version: str
    base: str
    pip: str

    @property
    def python(self) -> Path:
        return self.folder / ".venv" / "bin" / "python"

    def run(self, *command: str | Path) -> str:
        """What a command in the copy prints; it must succeed."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(OUTER)}
        done = subprocess.run(
            [*map(str, command)], cwd=self.folder, env=own, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def make(self, *goals: str) -> str:
        return self.run("make", "--no-print-directory", f"PYTHON={self.base}", *goals)


@pytest.fixture(scope="module", params=VERSIONS)
def installation(request: pytest.FixtureRequest) -> Iterator[Installation]:
    """Python 3.11 installs by the oldest pip that it ever brought along, the others by their own."""
    base = interpreter(request.param)
    assert base
    # memory is often mounted without the right to execute, which an environment needs
    with tempfile.TemporaryDirectory(dir="/var/tmp") as place:
        folder = Path(place) / "评议 copy"
        shutil.copytree(ROOT, folder, ignore=UNCOPIED)
        bare = Installation(folder, request.param, base, "")
        bare.run(base, "-m", "venv", ".venv")
        if request.param == "3.11":
            bare.run(bare.python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", OLDEST_PIP)
        pip = bare.run(bare.python, "-m", "pip", "--version").split()[1]
        bare.make("install")
        yield Installation(folder, request.param, base, pip)
