"""Moves the clock of a web server where Debian's faketime is installed."""

from __future__ import annotations

import os

import pytest
from tests.faults.clocks import library

NOT_RUN = pytest.StashKey[int]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without it such tests are left out, loudly; where everything is required they run and fail."""
    if library() or os.environ.get("PINGYI_REQUIRE_ALL"):
        return
    here = [item for item in items if item.path.name == "test_stuffing.py"]
    config.stash[NOT_RUN] = len(here)
    config.hook.pytest_deselected(items=here)
    items[:] = [item for item in items if item not in here]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    left_out = config.stash.get(NOT_RUN, 0)
    if left_out:
        words = f"{left_out} tests on other days did NOT run: no faketime found (make clocks installs it)"
        terminalreporter.write_sep("!", words, red=True, bold=True)
