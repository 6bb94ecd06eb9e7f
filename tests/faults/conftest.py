"""Moves the clock of a web server where Debian's faketime is installed."""

from __future__ import annotations

import os

import pytest
from tests.faults.ballots.clocks import library
from tests.left_out import leave_out

LACK = "tests on other days did NOT run: no faketime found (make clocks installs it)"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without it such tests are left out, loudly; where everything is required they run and fail."""
    if not (library() or os.environ.get("PINGYI_REQUIRE_ALL")):
        leave_out(config, items, lambda item: item.path.name == "test_stuffing.py", LACK)
