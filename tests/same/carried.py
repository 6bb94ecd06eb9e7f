"""Takes over what the old version left: state folder, backup, bundles, record; and goes on with it."""

from __future__ import annotations

import json
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

from tests.same.baseline import OPEN_PERIOD, PUBLISHED_PERIOD, Baseline, read_zip, write_files
from tests.same.comparing import Outcome, compare_files, compare_names, read_folder
from tests.same.installation import Installation, first_post, running
from tests.same.kept import compare_heads, compare_tables, lasting, served
from tests.same.pages import compare_pages
from tests.same.rules import REPLACED_IN_DATABASE
from tests.same.trees import FailedError, Tree, verdict, wrongs


def carried(baseline: Baseline, tree: Tree, folder: Path) -> Iterator[Outcome]:
    """A drill of the old backup; the old state taken over; the old backup restored on a fresh machine."""
    yield from drilled(baseline, tree, folder)
    yield from published_verdicts(baseline, tree, folder)
    if not baseline.state.is_file():
        yield Outcome(
            "old state folder", "the baseline has none, so no key of the sealer either", absent=True
        )
        return
    with tarfile.open(baseline.state) as archive:
        archive.extractall(folder / "old", filter="fully_trusted")
    old = folder / "old" / "state"
    heads, key = read_folder(old / "heads"), (old / "sealer.key").read_bytes()
    kept_bundles = read_folder(old / "bundles")
    demonstration = (old / "demonstration.json").read_bytes()
    with running(tree, old, folder) as there:
        there.wait_idle()
        yield from compare_tables("state taken over", there, baseline.record, before_entries=True)
        yield compare_catalog("state taken over", there, baseline)
        yield compare_files(
            "state taken over: stored bundles", kept_bundles, read_folder(old / "bundles"), ()
        )
        yield compare_pages("state taken over: pages and downloads", there, baseline.pages)
        yield from goes_on("state taken over", there, baseline)
        yield compare_heads("state taken over: folder of heads", heads, read_folder(old / "heads"))
        yield compare_heads("state taken over: record as served", heads, served(there, lasting(heads)))
    fresh = folder / "fresh"
    fresh.mkdir(mode=0o711)
    (fresh / "sealer.key").write_bytes(key)
    (fresh / "sealer.key").chmod(0o600)
    tree.pingyi("restore", baseline.backup, folder=folder, state=fresh)
    (fresh / "demonstration.json").write_bytes(demonstration)
    with running(tree, fresh, folder) as there:
        there.wait_idle()
        yield from compare_tables("backup restored", there, baseline.record, before_entries=True)
        yield compare_catalog("backup restored", there, baseline)
        yield from goes_on("backup restored", there, baseline)
        yield compare_heads("backup restored: record as served", heads, served(there, lasting(heads)))
    shutil.rmtree(fresh, ignore_errors=True)


def drilled(baseline: Baseline, tree: Tree, folder: Path) -> Iterator[Outcome]:
    outcome = Outcome("drill of the old backup")
    if not baseline.backup.is_file():
        yield Outcome(outcome.title, "the baseline has none", absent=True)
        return
    try:
        said = tree.pingyi("--lang", "en", "drill", baseline.backup, folder=folder, state=folder / "nothing")
        outcome.compared = f"{len(said.splitlines())} checks"
    except FailedError as error:
        outcome.differences += map(str, error.args)
    yield outcome


def published_verdicts(baseline: Baseline, tree: Tree, folder: Path) -> Iterator[Outcome]:
    """The published bundle under its own verifier and under the one that a replay writes now."""
    published = baseline.published()
    if published is None:
        yield Outcome("published bundle under both verifiers", "the baseline has none", absent=True)
        return
    old = write_files(published, folder / "published")
    new = folder / "replays" / PUBLISHED_PERIOD / "verify.py"
    yield compare_verdicts("published bundle under both verifiers", [old / "verify.py", new], [old])


def compare_verdicts(title: str, verifiers: list[Path], folders: list[Path], *more: str) -> Outcome:
    outcome = Outcome(title, f"{len(verifiers) * len(folders)} verdicts")
    for folder in folders:
        answers = [verdict(verifier, folder, *more) for verifier in verifiers]
        outcome.differences += [wrongs(words) for status, words in answers if status]
        if len(set(answers)) > 1:
            outcome.differences.append(f"the verifiers differ about {folder.name}")
    return outcome


def compare_catalog(title: str, there: Installation, baseline: Baseline) -> Outcome:
    """Columns, rights, triggers, functions, constraints and indexes of the old version still stand."""
    before: list[str] = json.loads((baseline.folder / "catalog.json").read_bytes())
    kept = {name for name in before if not name.startswith(tuple(REPLACED_IN_DATABASE))}
    outcome = compare_names(f"{title}: catalogue of the database", kept, kept & set(there.catalog()))
    outcome.exceptions = len(set(before) - kept)
    return outcome


def goes_on(title: str, there: Installation, baseline: Baseline) -> Iterator[Outcome]:
    """An entry is accepted, counted once, sealed; the record, its old heads and its old rows stand."""
    yield accepts(title, there)
    there.wait_idle()
    yield from compare_tables(f"{title}, with a new entry", there, baseline.record, before_entries=False)
    yield record_checked(title, there)
    yield from exported(title, there, baseline)


def accepts(title: str, there: Installation) -> Outcome:
    post = first_post(there.state)
    outcome = Outcome(f"{title}: a new entry on {OPEN_PERIOD}", "2 requests")
    answers = [there.ask(post.path, "POST", post.body, post.headers) for _ in range(2)]
    if answers[0].status >= 300 or answers[0].headers.get("idempotency-replayed"):
        outcome.differences.append(f"{answers[0].status}: {answers[0].body.decode()[:300]}")
    elif answers[1].body != answers[0].body or not answers[1].headers.get("idempotency-replayed"):
        outcome.differences.append("the same request again was not answered with the same receipt")
    return outcome


def record_checked(title: str, there: Installation) -> Outcome:
    outcome = Outcome(f"{title}: pingyi ledger check")
    try:
        outcome.compared = there.pingyi("--lang", "en", "ledger", "check").strip()
    except FailedError as error:
        outcome.differences += map(str, error.args)
    return outcome


def old_heads(baseline: Baseline) -> list[str]:
    """Every head that the old version told: in its public bundle and in an answer of its API."""
    lines = (baseline.folder / "exported" / "heads.jsonl").read_text(encoding="utf-8").splitlines()
    notes = [json.loads(line)["note"].split("\n") for line in lines]
    return [" ".join(note[:3]) for note in notes] + [(baseline.folder / "head.txt").read_text()]


def exported(title: str, there: Installation, baseline: Baseline) -> Iterator[Outcome]:
    """The old period exported anew: the old bundle with a longer record, consistent with every old head."""
    before = read_folder(baseline.folder / "exported")
    out = there.folder / f"exported-{there.state.name}"
    there.pingyi("export", "--public", PUBLISHED_PERIOD, "--out", out)
    after = read_folder(out)
    growing = {"leaves/1.txt", "heads.jsonl", "epochs.json", "record.json", "manifest.json", "verify.py"}
    growing |= {name for name in after if name.startswith("leaves/")}
    same = compare_files(
        f"{title}: public bundle exported anew",
        {name: content for name, content in before.items() if name not in growing},
        {name: content for name, content in after.items() if name not in growing},
        (),
    )
    same.exceptions = len(growing)
    for name in ("leaves/1.txt", "epochs.json"):
        start = before[name].rstrip(b"]\n")
        if not after[name].startswith(start):
            same.differences.append(f"{name} does not begin as before")
    yield same
    words = [word for pin in old_heads(baseline) for word in ("--pin", pin)]
    verifiers = [baseline.folder / "exported" / "verify.py", out / "verify.py"]
    yield compare_verdicts(
        f"{title}: {len(words) // 2} old heads pinned, both verifiers", verifiers, [out], *words
    )
    offered = there.ask(f"/periods/{PUBLISHED_PERIOD}/bundle.zip")
    stored = there.folder / f"offered-{there.state.name}.zip"
    stored.write_bytes(offered.body)
    if offered.status == 200:
        old = write_files(read_zip(stored), there.folder / f"offered-{there.state.name}")
        yield compare_verdicts(f"{title}: bundle offered by the pages", verifiers, [old])
