"""verify.py is what its parts come to, byte for byte, and parts that cannot stand in one file are refused."""

from __future__ import annotations

import ast
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.verify.making import Maker
from verifier import assemble

from pingyi import verify
from pingyi_verifier import checking


def test_the_file_is_what_its_parts_come_to() -> None:
    whole = assemble.assembled()
    assert whole == assemble.assembled()
    assert Path(verify.__file__).read_text(encoding="utf-8") == whole


def test_nothing_of_the_parts_is_left_out() -> None:
    in_file = set(vars(verify))
    for path in assemble.PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        assert named <= in_file, path


def test_the_parts_say_what_the_file_says(
    written: Path, maker: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    (written / "rolls.csv").unlink()
    pins = [maker.head(1, 9), "nothing"]
    said = []
    for program in (verify, checking):
        assert program.verify(written, pins, "en") == 1
        said.append(capsys.readouterr().out.splitlines()[:-1])
    assert said[0] == said[1]
    assert "rolls.csv is missing" in said[0][0]


def in_part(name: str, old: str, new: str) -> Callable[[Path], object]:
    def change(package: Path) -> None:
        text = (package / name).read_text(encoding="utf-8")
        assert old in text
        (package / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (in_part("draws.py", "import hashlib", "import msgspec"), "names of the standard library"),
        (in_part("draws.py", "import hashlib", "import hashlib as h"), "names of the standard library"),
        (in_part("draws.py", "import hashlib", "from pingyi.db import db"), "names of the standard library"),
        (in_part("draws.py", "import hashlib", "import pingyi_verifier"), "names of the standard library"),
        (in_part("draws.py", "    rule, pool", "    import json\n    rule, pool"), "stand at the top"),
        (in_part("draws.py", "def places_of", "def row_of"), "row_of, which is a name of"),
        (in_part("draws.py", "def places_of", "def sorted"), "sorted, which is a name of Python itself"),
        (in_part("draws.py", "def places_of", "def Counter"), "a name of the standard library"),
        (in_part("log/tree.py", "import Head", "import Heads"), "imports Heads, which"),
        (in_part("log/tree.py", "log.heads", "ballots.boxes"), "uses a part that stands behind it"),
        (lambda package: (package / "more.py").touch(), "pingyi_verifier.more stands in no room"),
    ],
)
def test_parts_that_cannot_stand_in_one_file_are_refused(
    change: Callable[[Path], object], refusal: str, tmp_path: Path
) -> None:
    package = Path(shutil.copytree(assemble.PACKAGE, tmp_path / assemble.PACKAGE.name))
    assert assemble.assembled(package) == assemble.assembled()
    change(package)
    with pytest.raises(assemble.AssemblyError, match=refusal):
        assemble.assembled(package)


def test_a_stale_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(assemble, "ASSEMBLED", tmp_path / "verify.py")
    assert assemble.main([]) == assemble.main(["--check"]) == 0
    with (tmp_path / "verify.py").open("a", encoding="utf-8") as file:
        file.write("\n")
    assert assemble.main(["--check"]) == 1
    assert "make verifier" in capsys.readouterr().err
    assert assemble.main([]) == assemble.main(["--check"]) == 0


def test_the_file_imports_the_standard_library_alone() -> None:
    tree = ast.parse(Path(verify.__file__).read_text(encoding="utf-8"))
    named = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    named |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in named} <= sys.stdlib_module_names
