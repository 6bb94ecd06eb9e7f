"""What an older version stored must stand: rows of tables, files of heads; one table names what may move."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from tests.same.comparing import Outcome
from tests.same.installation import Installation

# Tables whose rows come and go by themselves; everything else keeps every old row, byte for byte.
PASSING = {
    "outbox": "requests for work, deleted when it is done",
    "ledger_pending": "leaves that wait for the sealer",
    "unfolded": "deliveries that wait to be counted",
    "progress": "how far long work is",
    "session": "who is signed in; a restore signs everybody out",
    "alembic_version": "the newest migration",
    "one_time_code": "the code of the first sign-in is made anew at every start",
}
# Rows that a new entry replaces, and that every start or restore adds to.
DERIVED = {
    "counter": "the new entry is counted",
    "entry_head": "the new entry stands for its identity",
    "api_key": "the time of the key's last use",
    "operator": "nothing but times",
}
RECORD = ("delivery", "entry", "receipt", "leaf", "epoch", "sealed_leaf", "tile", "tree_head", "snapshot")
# A start and a restore write leaves of their own; nothing else may be added before an entry comes.
ADDED_AT_START = {"leaf", "sealed_leaf", "tree_head", "tile", "epoch"}
LEAVES_AT_START = {"admin.first_code_made", "restore"}


def compare_tables(
    title: str, there: Installation, folder: Path, *, before_entries: bool
) -> Iterator[Outcome]:
    """One line for the record's tables, one for all the others: every old row stands as it was."""
    before = read_tables(folder)
    after = there.tables({name: columns for name, (columns, _) in before.items()})
    for which, names in (
        ("tables of the record", [name for name in before if name in RECORD]),
        ("other tables", [name for name in before if name not in RECORD]),
    ):
        yield compare_rows(f"{title}: {which}", names, before, after, before_entries=before_entries)


def compare_rows(
    title: str,
    names: list[str],
    before: Mapping[str, tuple[str, list[str]]],
    after: Mapping[str, tuple[str, list[str]]],
    *,
    before_entries: bool,
) -> Outcome:
    outcome = Outcome(title)
    rows = 0
    for name in names:
        if name in PASSING or (name in DERIVED and not before_entries):
            outcome.exceptions += 1
            continue
        old, new = Counter(before[name][1]), Counter(after[name][1])
        rows += old.total()
        outcome.differences += [f"{name}: gone or changed: {row[:160]}" for row in (old - new)]
        added = (new - old).total()
        if name == "leaf" and before_entries:
            others = {row.split("\t")[1] for row in (new - old) if row.count("\t")} - LEAVES_AT_START
            outcome.differences += [f"a new leaf of the kind {kind}" for kind in sorted(others)]
        if added and before_entries and name not in ADDED_AT_START:
            outcome.differences.append(f"{name}: {added} rows are new, such as {next(iter(new - old))[:120]}")
    outcome.compared = f"{len(names)} tables, {rows:,} rows"
    return outcome


def read_tables(folder: Path) -> dict[str, tuple[str, list[str]]]:
    """Columns and rows of every table that a baseline keeps."""
    found = {}
    for path in sorted(folder.glob("*.gz")):
        columns, *rows = gzip.decompress(path.read_bytes()).decode().split("\n")
        found[path.stem] = (columns, [row for row in rows if row])
    return found


_GROWING = re.compile(r"[0-9]+/(checkpoint|tile/.*\.p/[0-9]+)|closed")


def lasting(heads: Mapping[str, bytes]) -> dict[str, bytes]:
    """Tiles and keys of a folder of heads: newer checkpoints and tiles replace all else."""
    return {name: content for name, content in heads.items() if not _GROWING.fullmatch(name)}


def served(there: Installation, names: Collection[str]) -> dict[str, bytes]:
    """What the addresses of the record answer for files of the folder of heads."""
    answers = {name: there.ask(f"/ledger/{name}") for name in names}
    return {name: answer.body for name, answer in answers.items() if answer.status == 200}


def compare_heads(title: str, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Outcome:
    """Every old tile and key stands, byte for byte."""
    fixed = lasting(before)
    outcome = Outcome(title, f"{len(fixed)} files", exceptions=len(before) - len(fixed))
    for name, content in fixed.items():
        if after.get(name) != content:
            outcome.differences.append(f"{name} is {'changed' if name in after else 'gone'}")
    return outcome
