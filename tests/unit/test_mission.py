"""The marks of the tests name rows that exist, and the report says what they show."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.mission import marks_of, mission_rows, report

ROOT = Path(__file__).parents[2]


def test_the_mission_has_127_rows() -> None:
    rows = mission_rows()
    assert len(rows) == len(set(rows)) == 127
    assert all(re.fullmatch(r"00[0-4]-[0-9]{2}", row) for row in rows)


def test_marked_rows_exist(request: pytest.FixtureRequest) -> None:
    marked = {row for row, _ in marks_of(request.session.items)}
    assert marked <= set(mission_rows())


def test_report_names_the_tests_of_a_row() -> None:
    lines = list(report({"002-36": ["tests/a.py::test_sum", "tests/b.py::test_page"]}))
    assert "002-36\tshown\ttests/a.py::test_sum tests/b.py::test_page" in lines
    assert "002-19\topen\t" in lines
    assert lines[-1] == "1 of 127 shown"


def test_command_collects_without_running(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    test = tmp_path / "test_marked.py"
    test.write_text(
        "import pathlib, pytest\n"
        "@pytest.mark.mission('002-36')\n"
        "@pytest.mark.parametrize('n', [1, 2])\n"
        f"def test_one(n): pathlib.Path({str(ran)!r}).touch()\n"
    )
    done = collected(test)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^002-36\tshown\ttest_marked.py::test_one$", done.stdout, re.MULTILINE)
    assert done.stdout.endswith("1 of 127 shown\n")
    assert not ran.exists()


def test_command_refuses_a_mark_that_names_no_row(tmp_path: Path) -> None:
    test = tmp_path / "test_marked.py"
    test.write_text("import pytest\n@pytest.mark.mission('999-99')\ndef test_one(): pass\n")
    done = collected(test)
    assert done.returncode == 1
    assert "no row 999-99" in done.stderr


def collected(test: Path) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "tests.mission",
        "-c",
        "pyproject.toml",
        f"--rootdir={test.parent}",
        str(test),
    ]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
