"""Our heads, tiles, entries and proofs, checked by Go's note and tlog."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from pingyi.db import transaction
from pingyi.ledger.leaves import record
from pingyi.ledger.sealing import seal
from pingyi.ledger.tiles import subtree_reader
from pingyi.ledger.tree import consistency_proof, inclusion_proof
from pingyi.settings import Settings


def act(number: int) -> None:
    with transaction() as connection:
        for _ in range(number):
            record(connection, "test.act", {"what": "something"})


def proofs(size: int) -> str:
    """Inclusion proofs of every seventh entry in the newest tree, consistency of all heads with it."""
    with transaction() as connection:
        subtree = subtree_reader(connection, 1)
        root = subtree(0, size)
        heads = connection.execute(text("SELECT size, root FROM tree_head ORDER BY size")).all()
        inclusion = [
            {
                "index": index,
                "size": size,
                "root": encoded(root),
                "leaf": encoded(subtree(index, index + 1)),
                "path": [encoded(step) for step in inclusion_proof(index, size, subtree)],
            }
            for index in range(0, size, 7)
        ]
        consistency = [
            {
                "old": head.size,
                "new": size,
                "oldRoot": encoded(head.root),
                "newRoot": encoded(root),
                "path": [encoded(step) for step in consistency_proof(head.size, size, subtree)],
            }
            for head in heads
        ]
    return json.dumps({"inclusion": inclusion, "consistency": consistency})


def encoded(found: bytes) -> str:
    return base64.b64encode(found).decode()


def run(checker: Path, folder: Path, given: str) -> tuple[int, str]:
    done = subprocess.run([checker, folder], input=given, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.strip()


@pytest.mark.parametrize("steps", [(1,), (2, 1), (255, 1, 1), (511, 1, 200)])
def test_go_accepts_heads_tiles_entries_and_proofs(
    app: Flask, settings: Settings, checker: Path, steps: tuple[int, ...]
) -> None:
    for step in steps:
        act(step)
        seal(settings)
    size = sum(steps)
    told = run(checker, settings.heads_folder / "1", proofs(size))
    assert told == (0, f"ok {size} {(size + 6) // 7} {len(steps)}")


@pytest.mark.parametrize(
    ("file", "named"),
    [("checkpoint", "invalid signature"), ("tile/0/000", "hash"), ("tile/entries/000", "another hash")],
)
def test_go_refuses_what_was_changed(
    app: Flask, settings: Settings, checker: Path, file: str, named: str
) -> None:
    act(300)
    seal(settings)
    path = settings.heads_folder / "1" / file
    content = bytearray(path.read_bytes())
    content[16] ^= 1
    path.write_bytes(content)
    status, told = run(checker, settings.heads_folder / "1", '{"inclusion": [], "consistency": []}')
    assert status == 1
    assert named in told


def test_go_refuses_a_wrong_proof(app: Flask, settings: Settings, checker: Path) -> None:
    act(300)
    seal(settings)
    given = json.loads(proofs(300))
    given["inclusion"][3]["index"] += 1
    status, _ = run(checker, settings.heads_folder / "1", json.dumps(given))
    assert status == 1
