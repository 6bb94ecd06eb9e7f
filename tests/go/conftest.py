"""Go with Debian's golang.org/x/mod: another implementation of notes and proofs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

GOPATH = Path("/usr/share/gocode")
NOT_RUN = pytest.StashKey[int]()


def has_go() -> bool:
    return bool(shutil.which("go")) and (GOPATH / "src/golang.org/x/mod/sumdb/tlog").is_dir()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without Go these tests are left out, loudly; where everything is required they run and fail."""
    if has_go() or os.environ.get("PINGYI_REQUIRE_ALL"):
        return
    here = [item for item in items if "tests/go/" in item.path.as_posix()]
    config.stash[NOT_RUN] = len(here)
    config.hook.pytest_deselected(items=here)
    items[:] = [item for item in items if item not in here]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    left_out = config.stash.get(NOT_RUN, 0)
    if left_out:
        words = f"{left_out} tests by Go did NOT run: no Go with golang.org/x/mod found (make go installs it)"
        terminalreporter.write_sep("!", words, red=True, bold=True)


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
