"""Tests that lack their tool are left out and counted in a closing line, however many processes run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

LEFT_OUT = pytest.StashKey[dict[str, int]]()
OF_WORKER = "pingyi_left_out"


def leave_out(
    config: pytest.Config, items: list[pytest.Item], lacks: Callable[[pytest.Item], bool], words: str
) -> None:
    """Take away the tests that lack something, and remember how many for the closing line."""
    lacking = [item for item in items if lacks(item)]
    if lacking:
        config.stash.setdefault(LEFT_OUT, {})[words] = len(lacking)
        config.hook.pytest_deselected(items=lacking)
        items[:] = [item for item in items if item not in lacking]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A process of xdist sends its counts to the one that has the terminal."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[OF_WORKER] = session.config.stash.get(LEFT_OUT, {})


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Every process collects the whole suite, so all send the same counts."""
    counts = getattr(node, "workeroutput", {}).get(OF_WORKER, {})
    node.config.stash.setdefault(LEFT_OUT, {}).update(counts)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for words, count in config.stash.get(LEFT_OUT, {}).items():
        terminalreporter.write_sep("!", f"{count} {words}", red=True, bold=True)
