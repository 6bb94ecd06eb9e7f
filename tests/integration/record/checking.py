"""Checks a bundle as an outsider would: its own verifier, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Checked:
    """What the verifier came to: exit status and its lines."""

    status: int
    said: str

    @property
    def wrong(self) -> list[str]:
        return [line for line in self.said.splitlines() if line.startswith("[WRONG]")]


def check(folder: Path, *pins: str, witnesses: Sequence[str] = ()) -> Checked:
    """Run the folder's own verifier as an outsider would."""
    given = [part for pin in pins for part in ("--pin", pin)]
    given += [part for witness in witnesses for part in ("--witness", witness)]
    command = [sys.executable, "-I", folder / "verify.py", folder, "--lang", "en", *given]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return Checked(done.returncode, done.stdout)
