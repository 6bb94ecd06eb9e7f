"""The tutorial is carried out: its files written, its commands run, its results compared."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.docs.reading import Block, blocks_of

import pingyi.channels
from pingyi.channels import EntryPage, Page, StoredEntry, Table

pytestmark = pytest.mark.long

PAGE = "docs/plugins.md"


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds every file of the tutorial, its package installed beside them."""
    folder = tmp_path_factory.mktemp("workshop")
    for block in blocks_of(PAGE):
        if block.kind == "file":
            path = folder / block.argument
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.body, encoding="utf-8")
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
    ]
    done = run(folder, [*install, "--target", "site", "./pingyi-noise"])
    assert done.returncode == 0, done.stderr
    return folder


def run(folder: Path, command: list[str]) -> subprocess.CompletedProcess[str]:
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV", "PINGYI"))
    }
    environment = {**kept, "PATH": programs, "PYTHONPATH": "site", "LC_ALL": "C.UTF-8"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def lines_of(kind: str) -> list[str]:
    return [line for block in blocks_of(PAGE) if block.kind == kind for line in block.body.splitlines()]


def single(kind: str) -> Block:
    [block] = [block for block in blocks_of(PAGE) if block.kind == kind]
    return block


def command(start: str) -> list[str]:
    """The tutorial's command that begins with these words."""
    [found] = [line for line in lines_of("run") if line.startswith(start)]
    return found.split()


def test_tutorial_installs_its_own_package() -> None:
    assert command("pip install") == ["pip", "install", "./pingyi-noise"]


def test_tutorial_channel_is_listed(workshop: Path) -> None:
    done = run(workshop, command("pingyi plugins"))
    assert done.returncode == 0, done.stderr
    assert set(lines_of("prints")) <= set(done.stdout.splitlines())


def test_tutorial_channel_keeps_the_laws(workshop: Path) -> None:
    done = run(workshop, command("python -m pytest"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_tutorial_broken_channel_is_named(workshop: Path, tmp_path: Path) -> None:
    change, module = single("break"), Path("site/pingyi_noise/__init__.py")
    code = (workshop / module).read_text(encoding="utf-8")
    assert code.count(change.argument) == 1
    (tmp_path / module).parent.mkdir(parents=True)
    (tmp_path / module).write_text(code.replace(change.argument, change.body.strip()), encoding="utf-8")
    (tmp_path / "test_noise.py").write_bytes((workshop / "pingyi-noise/tests/test_noise.py").read_bytes())
    done = run(tmp_path, ["python", "-m", "pytest", "test_noise.py"])
    assert done.returncode == 1
    assert single("fails").body.strip() in done.stdout


def test_tutorial_bundle_replays_to_its_results(workshop: Path) -> None:
    done = run(workshop, command("pingyi replay"))
    assert done.returncode == 0, done.stderr
    wanted = single("results")
    with (workshop / "results" / "results.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = wanted.argument.split(",")
    assert [",".join(row[name] for name in columns) for row in rows] == wanted.body.splitlines()


class OneEntry:
    """A view of a channel with one entry."""

    def entries(self) -> EntryPage:
        values = {"site": "S-1", "loud": 3}
        return EntryPage([StoredEntry("1.0", "U1", values, True, "counted", datetime.now(UTC))], None)


def test_page_of_the_contract_renders() -> None:
    names = dict(vars(pingyi.channels))
    exec(single("page").body, names)
    page = names["page"]
    [table] = page.render(OneEntry())
    assert isinstance(page, Page) and isinstance(table, Table)
    assert table.rows == [["S-1", 3]] and len(table.columns) == 2
