"""Makes a whole baseline of a commit, in a worktree of its own that goes again afterwards."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tarfile
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.same.baseline import PUBLISHED_PERIOD, Baseline
from tests.same.installation import Installation, running
from tests.same.pages import keep_pages
from tests.same.trees import ROOT, FailedError, Tree, replay_all, run, scratch, variables, write_bundles

PACKAGES = ("server", "surveys", "workers", "plugins")
PUBLISHED_SECONDS = 90


def make(commit: str, out: Path, environment: Path | None) -> int:
    """Write the baseline of `commit` into the new folder `out`."""
    if out.exists() and any(out.iterdir()):
        raise FailedError(f"{out} is there already: name a new folder")
    baseline = Baseline(out.absolute())
    baseline.folder.mkdir(parents=True, exist_ok=True)
    with scratch() as folder, worktree(commit, folder, environment) as tree:
        began = time.monotonic()
        write_bundles(tree, baseline.bundles, folder)
        say("bundles", began)
        replay_all(tree, baseline.bundles, baseline.folder / "replays", folder)
        say("replays", began)
        found = tree.names(folder)
        write_json(baseline.folder / "names.json", found["names"])
        (baseline.folder / "openapi.json.gz").write_bytes(gzip.compress(found["openapi"].encode(), mtime=0))
        say("names and wire", began)
        make_installation(baseline, tree, folder)
        say("installation", began)
        about = {"commit": resolved(commit), "python": run([tree.python, "-V"], tree.root, {}).strip()}
        write_json(baseline.folder / "made.json", about)
    return 0


def say(what: str, began: float) -> None:
    sys.stdout.write(f"made {what} ({round(time.monotonic() - began)} s)\n")
    sys.stdout.flush()


def write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def resolved(commit: str) -> str:
    return run(["git", "rev-parse", f"{commit}^{{commit}}"], ROOT, variables(Path("/tmp"))).strip()


@contextmanager
def worktree(commit: str, folder: Path, environment: Path | None) -> Iterator[Tree]:
    """The commit's files below `folder`, with an environment made of its own lock or of a ready one."""
    place = folder / "worktree"
    run(["git", "worktree", "add", "--detach", place, resolved(commit)], ROOT, variables(folder))
    try:
        made = folder / "environment"
        yield Tree(place, borrowed(place, made, environment) if environment else installed(place, made))
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", place], cwd=ROOT, check=False)


def installed(place: Path, made: Path) -> Path:
    """A new environment of the commit's own lock, and the commit in it."""
    venv.create(made, with_pip=True)
    pip: list[str | Path] = [made / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-deps"]
    run([*pip, "--require-hashes", "-r", "requirements.lock"], place, variables(made.parent))
    run([*pip, "--no-build-isolation", "-e", "."], place, variables(made.parent))
    return made


def borrowed(place: Path, made: Path, environment: Path) -> Path:
    """A new environment that reads the packages of a ready one, with the commit for its product."""
    python = environment.absolute() / "bin" / "python"
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = run([python, "-c", code], place, variables(made.parent)).strip()
    run([python, "-m", "venv", "--without-pip", made], place, variables(made.parent))
    own = Path(run([made / "bin" / "python", "-c", code], place, variables(made.parent)).strip())
    (own / "packages.pth").write_text(f"{packages}\n", encoding="utf-8")
    pip: list[str | Path] = [python, "-m", "pip", "--python", made / "bin" / "python", "install", "--quiet"]
    run(
        [*pip, "--no-deps", "--no-build-isolation", "--ignore-installed", "-e", "."],
        place,
        variables(made.parent),
    )
    return made


def make_installation(baseline: Baseline, tree: Tree, folder: Path) -> None:
    """The running demonstration: what it offers, its tables, a backup, its state folder once it stopped."""
    state = folder / "state"
    with running(tree, state, folder, "--demo") as there:
        baseline.zipped.write_bytes(wait_published(there))
        there.pingyi("backup", baseline.backup)
        keep_tables(there, baseline.record)
        write_json(baseline.folder / "catalog.json", sorted(there.catalog()))
        (baseline.folder / "head.txt").write_text(there.head(), encoding="utf-8")
        there.pingyi("export", "--public", PUBLISHED_PERIOD, "--out", baseline.folder / "exported")
        there.wait_idle()
    with tarfile.open(baseline.state, "w:gz", compresslevel=3) as archive:
        archive.add(state, "state", filter=lambda member: None if "/sockets/" in member.name else member)
    # Pages are asked of the state started once more, as whoever takes it over does.
    with running(tree, state, folder) as there:
        there.wait_idle()
        keep_pages(there, PUBLISHED_PERIOD, baseline.pages)


def wait_published(there: Installation) -> bytes:
    until = time.monotonic() + PUBLISHED_SECONDS
    while (answer := there.ask(f"/periods/{PUBLISHED_PERIOD}/bundle.zip")).status != 200:
        if time.monotonic() > until:
            raise FailedError(f"no public bundle after {PUBLISHED_SECONDS} s: {answer.body!r}")
        time.sleep(0.5)
    there.wait_idle()
    return answer.body


def keep_tables(there: Installation, folder: Path) -> None:
    """One file a table: its columns, then its rows in the order of their bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (columns, rows) in there.tables().items():
        content = "\n".join([columns, *rows, ""]).encode()
        (folder / f"{name}.gz").write_bytes(gzip.compress(content, 3, mtime=0))
