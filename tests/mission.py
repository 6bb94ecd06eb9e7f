"""Says which rows of docs/mission.csv a test shows working: collects the tests, runs none of them."""

from __future__ import annotations

import contextlib
import csv
import io
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

ROWS = Path(__file__).parents[1] / "docs" / "mission.csv"
Shown = dict[str, list[str]]


def mission_rows() -> list[str]:
    """The ids of all rows, in their order."""
    with ROWS.open(encoding="utf-8", newline="") as file:
        return [row["id"] for row in csv.DictReader(file)]


def marks_of(items: Iterable[pytest.Item]) -> Iterator[tuple[str, str]]:
    """(row, test) for every mark; a test with parameters counts once under its own name."""
    for item in items:
        for marker in item.iter_markers("mission"):
            for row in marker.args:
                yield row, item.nodeid.partition("[")[0]


class Collector:
    """Keeps what a collection found."""

    def __init__(self) -> None:
        self.shown: Shown = {}
        self.failed: list[str] = []

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for row, test in marks_of(items):
            tests = self.shown.setdefault(row, [])
            if test not in tests:
                tests.append(test)


def collect(arguments: Sequence[str]) -> Collector:
    """Collect the tests below these paths, all where none is named."""
    found = Collector()
    options = ["--collect-only", "-p", "no:xdist", "-p", "no:cacheprovider"]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        status = pytest.main([*options, *arguments], plugins=[found])
    if status not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
        found.failed.append(printed.getvalue())
    return found


def report(shown: Shown) -> Iterator[str]:
    """A line a row, then the count."""
    rows = mission_rows()
    for row in rows:
        tests = shown.get(row, [])
        yield f"{row}\t{'shown' if tests else 'open'}\t{' '.join(tests)}"
    yield f"{sum(row in shown for row in rows)} of {len(rows)} shown"


def main(arguments: Sequence[str]) -> int:
    """Print the report; 1 where a mark names no row or a file could not be collected."""
    found = collect(arguments)
    for line in report(found.shown):
        print(line)
    unknown = sorted(set(found.shown) - set(mission_rows()))
    for problem in (*found.failed, *(f"no row {row} in {ROWS.name}" for row in unknown)):
        print(problem, file=sys.stderr)
    return 1 if unknown or found.failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
