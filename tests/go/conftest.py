"""Go with Debian's golang.org/x/mod: another implementation of notes and proofs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.left_out import leave_out

GOPATH = Path("/usr/share/gocode")
LACK = "tests by Go did NOT run: no Go with golang.org/x/mod found (make go installs it)"


def has_go() -> bool:
    return bool(shutil.which("go")) and (GOPATH / "src/golang.org/x/mod/sumdb/tlog").is_dir()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without Go these tests are left out, loudly; where everything is required they run and fail."""
    if not (has_go() or os.environ.get("PINGYI_REQUIRE_ALL")):
        leave_out(config, items, lambda item: "tests/go/" in item.path.as_posix(), LACK)


@pytest.fixture(scope="session")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program check.go, compiled."""
    assert has_go(), "no Go with golang.org/x/mod was found; make go installs it"
    folder = tmp_path_factory.mktemp("go")
    program = folder / "check"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GOCACHE": str(folder / "cache"),
        "GOPATH": str(GOPATH),
        "GO111MODULE": "off",
    }
    source = Path(__file__).with_name("check.go")
    subprocess.run(["go", "build", "-o", str(program), str(source)], env=environment, check=True)
    return program
