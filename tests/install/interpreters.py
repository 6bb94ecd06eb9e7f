"""The Pythons of this machine on which an installation can be tried."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

VERSIONS = ("3.11", "3.12", "3.13", "3.14")
_ASK = "import ensurepip, sys; print('%d.%d' % sys.version_info[:2])"


@cache
def interpreter(version: str) -> str | None:
    """A Python of this version that can make an environment with pip."""
    return next((path for path in _candidates(version) if _answers(path, version)), None)


def _candidates(version: str) -> Iterator[str]:
    yield str(Path(sys.base_prefix) / "bin" / f"python{version}")
    yield f"python{version}"
    for folder in sorted(Path.home().glob(f".pyenv/versions/{version}.*"), reverse=True):
        yield str(folder / "bin" / "python3")


def _answers(path: str, version: str) -> bool:
    """Whether it runs at all: pyenv puts names on the path that refuse."""
    try:
        done = subprocess.run([path, "-c", _ASK], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return done.stdout.strip() == version
