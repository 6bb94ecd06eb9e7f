"""Checks of the house that no linter knows: lengths, rooms, places of SQL, the wheel."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tempfile
import venv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.sql_places import sql_out_of_place

ROOT = Path(__file__).resolve().parent.parent
MOST_FILE_LINES = 300
MOST_FUNCTION_LINES = 40
MOST_MODULES = 18
SILENCED = re.compile(r"# (noqa: [A-Z0-9, ]+|type: ignore(\[[a-z-]+\])?)$")
PRODUCT = ("server", "surveys", "workers", "plugins", "demonstration", "verifier")
ASSEMBLED = ROOT / "server/pingyi/verify.py"  # one file for its reader; its parts keep the limits


def sources() -> Iterator[Path]:
    for folder in PRODUCT:
        yield from sorted((ROOT / folder).rglob("*.py"))


def too_long() -> Iterator[str]:
    for path in sources():
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > MOST_FILE_LINES and path != ASSEMBLED:
            yield f"{path.relative_to(ROOT)}: {text.count(chr(10))} lines"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > MOST_FUNCTION_LINES:
                    yield f"{path.relative_to(ROOT)}:{node.lineno}: {node.name} has {lines} lines"


def crowded_rooms() -> Iterator[str]:
    """Folders, of the product and of tests, with more modules than a person keeps in mind."""
    modules = [path for folder in (*PRODUCT, "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py")]
    for folder, count in sorted(Counter(path.parent for path in modules).items()):
        if count > MOST_MODULES and folder.name != "versions":  # migrations are only ever added
            yield f"{folder.relative_to(ROOT)}: {count} modules"


def reasonless_suppressions() -> Iterator[str]:
    """A lint or a type that is silenced without a word on why."""
    for path in sources():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if SILENCED.search(line):
                yield f"{path.relative_to(ROOT)}:{number}: a suppression without a reason"


def tracked_though_ignored(root: Path = ROOT) -> Iterator[str]:
    """Files of caches and the like that a commit took along; an archive without its history has none."""
    if (root / ".git").exists():
        listing = ["git", "-c", "safe.directory=*", "ls-files", "--cached", "--ignored", "--exclude-standard"]
        listed = subprocess.run(listing, cwd=root, check=True, capture_output=True, text=True)
        for name in listed.stdout.splitlines():
            yield f"{name}: tracked, though .gitignore leaves it out"


def wheel_troubles() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, str(ROOT)]
        subprocess.run(build, check=True, capture_output=True)
        wheel = next(Path(folder).glob("*.whl"))
        clean = Path(folder) / "clean"
        venv.create(clean, with_pip=False, system_site_packages=False)
        site = next(clean.glob("lib/python*/site-packages"))
        subprocess.run(
            [
                sys.executable,
                "-m",
                "pip",
                "install",
                "--quiet",
                "--no-deps",
                "--target",
                str(site),
                str(wheel),
            ],
            check=True,
        )
        own = next(path for path in map(Path, sys.path) if path.name == "site-packages")
        (site / "dependencies.pth").write_text(str(own), encoding="utf-8")
        smoke = "import pingyi; from pingyi.registry import load_registry; "
        smoke += "from importlib.resources import files; "
        smoke += "assert files('pingyi').joinpath('schemes/maanshan-2017.toml').is_file(); "
        smoke += "registry = load_registry(); assert 'partner_score' in registry.channels, registry; "
        smoke += f"assert pingyi.__file__.startswith({str(site)!r}), pingyi.__file__"
        done = subprocess.run(
            [clean / "bin" / "python", "-c", smoke], capture_output=True, text=True, check=False
        )
        if done.returncode:
            yield f"the wheel does not work when installed: {done.stderr}"


def main() -> int:
    troubles = [
        *too_long(),
        *crowded_rooms(),
        *reasonless_suppressions(),
        *tracked_though_ignored(),
        *sql_out_of_place(ROOT, sources()),
        *wheel_troubles(),
    ]
    for trouble in troubles:
        sys.stdout.write(f"{trouble}\n")
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main())
