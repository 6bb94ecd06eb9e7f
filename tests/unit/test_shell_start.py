"""The shell starts light: what a command does not need is not imported."""

from __future__ import annotations

import subprocess
import sys

HEAVY = (
    "pingyi.models",
    "pingyi.services",
    "pingyi_surveys.models",
    "pingyi_surveys.counting",
    "sqlalchemy.orm",
)
START = "import sys, pingyi.cli, pingyi.extensions as e; e.load_extensions(); print(*sorted(sys.modules))"


def test_extensions_are_found_without_tables_and_services() -> None:
    done = subprocess.run([sys.executable, "-c", START], capture_output=True, text=True, check=True)
    imported = done.stdout.split()
    assert "pingyi_surveys.extension" in imported
    assert [name for name in imported if name.startswith(HEAVY)] == []
