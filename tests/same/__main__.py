"""Proves that what is observable is what it was: `python -m tests.same [--baseline FOLDER] [--quick]`.

`python -m tests.same make --commit COMMIT --out FOLDER` makes the baseline that is compared with.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.same.baseline import Baseline
from tests.same.comparing import Outcome
from tests.same.quick import quick
from tests.same.trees import ROOT, FailedError, scratch, working_tree

DEFAULT = ROOT / "var" / "same"
HOW = "there is no baseline in {folder}; make one: python -m tests.same make --commit COMMIT --out {folder}"


def arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.same")
    parser.add_argument("--baseline", type=Path, default=DEFAULT, help="folder of the baseline (var/same)")
    parser.add_argument("--quick", action="store_true", help="without taking over an old installation")
    inner = parser.add_subparsers(dest="command")
    make = inner.add_parser("make", help="make a baseline of a commit")
    make.add_argument("--commit", required=True)
    make.add_argument("--out", type=Path, required=True)
    make.add_argument("--python-env", type=Path, help="a ready environment whose packages are used")
    return parser.parse_args(words)


def outcomes(baseline: Baseline, folder: Path, *, only_quick: bool) -> Iterator[Outcome]:
    tree = working_tree()
    yield from quick(baseline, tree, folder)
    if not only_quick:
        from tests.same.carried import carried

        yield from carried(baseline, tree, folder)


def compare(baseline: Baseline, *, only_quick: bool) -> int:
    """Print a line for each comparison and the closing one; 1 if anything differs."""
    began = time.monotonic()
    found = {"same": 0, "different": 0, "absent": 0}
    with scratch() as folder:
        for outcome in outcomes(baseline, folder, only_quick=only_quick):
            sys.stdout.write(f"{outcome.line()}\n")
            sys.stdout.flush()
            found["absent" if outcome.absent else "different" if outcome.differences else "same"] += 1
    absent = f", {found['absent']} absent from the baseline" if found["absent"] else ""
    seconds = round(time.monotonic() - began)
    sys.stdout.write(f"{found['same']} same, {found['different']} different{absent} ({seconds} s)\n")
    return 1 if found["different"] else 0


def main(words: list[str]) -> int:
    given = arguments(words)
    try:
        if given.command == "make":
            from tests.same.making import make

            return make(given.commit, given.out, given.python_env)
        if not (given.baseline / "bundles").is_dir():
            sys.stderr.write(HOW.format(folder=given.baseline) + "\n")
            return 2
        return compare(Baseline(given.baseline.absolute()), only_quick=given.quick)
    except FailedError as error:
        sys.stderr.write("\n".join(map(str, error.args)) + "\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
