"""A version of the product on disk and the Python that runs it: replays, bundles, names, verdicts."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PROBE = Path(__file__).with_name("probe.py")
MEMORY, ROOM_BYTES = Path("/dev/shm"), 2 * 2**30
SCHEMES = ("county-quarterly", "daye-2019", "efficiency-year", "maanshan-2017")
TEST_BUNDLES = ("panjin_2023", "zhanyi_2019", "zhenhai_2022")
OWN_SETTINGS = ("DATABASE_URL", "OWNER_DATABASE_URL", "SEALER_DATABASE_URL", "REDIS_URL")
AT_ONCE = 2


class FailedError(Exception):
    """A command of one of the versions ended with another exit status than it should."""


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that goes at the end, in memory where there is room; the engines' account may pass it."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_BYTES
    made = Path(tempfile.mkdtemp(prefix="pingyi-same-", dir=MEMORY if roomy else None))
    made.chmod(0o711)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Tree:
    """A checkout of the product and the folder of its Python environment."""

    root: Path
    environment: Path

    @property
    def python(self) -> Path:
        return self.environment / "bin" / "python"

    @property
    def shell(self) -> Path:
        return self.environment / "bin" / "pingyi"

    def pingyi(self, *words: str | Path, folder: Path, state: Path | None = None) -> str:
        """Run a command to its end and return what it printed; FailedError where its exit status is not 0."""
        return run([self.shell, *words], self.root, variables(folder, state))

    def replay(self, bundle: Path, out: Path, folder: Path) -> None:
        self.pingyi("replay", bundle, "--out", out, folder=folder)

    def names(self, folder: Path) -> dict[str, Any]:
        """What the probe finds: names of every kind, and the wire."""
        written = folder / f"names-{os.urandom(4).hex()}.json"
        run([self.python, PROBE, written], self.root, variables(folder))
        found: dict[str, Any] = json.loads(written.read_text(encoding="utf-8"))
        return found


def working_tree() -> Tree:
    return Tree(ROOT, Path(sys.prefix))


def variables(folder: Path, state: Path | None = None) -> dict[str, str]:
    """The environment of a command: nothing of ours from outside, temporary files below `folder`."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PINGYI_") and name not in OWN_SETTINGS
    }
    chosen = {"TMPDIR": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"}
    if state is not None:
        chosen["PINGYI_STATE"] = str(state)
    return {**inherited, **chosen}


def run(command: Sequence[str | Path], cwd: Path, env: Mapping[str, str]) -> str:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        told = (done.stdout + done.stderr).strip().splitlines()[-12:]
        raise FailedError(f"{' '.join(map(str, command))}: exit status {done.returncode}", *told)
    return done.stdout


def write_bundles(tree: Tree, out: Path, folder: Path) -> None:
    """The four ready-made demonstrations as bundles."""
    out.mkdir(parents=True, exist_ok=True)

    def write(scheme: str) -> None:
        tree.pingyi("demo", "--scheme", scheme, "--bundle", out / scheme, folder=folder)

    each_of(write, SCHEMES)


def replay_all(tree: Tree, bundles: Path, out: Path, folder: Path) -> None:
    """Replay the four schemes' bundles and the three of the tests; the longest first."""
    out.mkdir(parents=True, exist_ok=True)
    named = [(name, bundles / name) for name in reversed(SCHEMES)]
    named += [(name, tree.root / "tests" / "bundles" / name) for name in TEST_BUNDLES]
    each_of(lambda one: tree.replay(one[1], out / one[0], folder), named)


def each_of(work: Any, items: Sequence[Any]) -> list[Any]:
    """Do the work for each item, two at once, in their order."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(work, items))


def verdict(verifier: Path, folder: Path, *more: str) -> tuple[int, str]:
    """Exit status and answer of a verifier about a public bundle, without how long it took."""
    done = subprocess.run(
        [sys.executable, "-I", verifier, folder, "--lang", "en", *more],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, re.sub(r"\([0-9.]+ s\)", "", done.stdout + done.stderr)


def wrongs(answer: str) -> str:
    """What a verifier calls wrong, in one line."""
    return "; ".join(line for line in answer.splitlines() if "WRONG" in line) or answer.strip()[-300:]
