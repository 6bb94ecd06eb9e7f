"""A bundle of which any byte was changed, or any file taken, added or replaced, is refused."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from pingyi.verify import verify

TIMES = 10_000 if os.environ.get("PINGYI_SOAK") else 1_000
SEED = 20261122
Verdict = Callable[[], int]


@pytest.fixture
def folder(played: Flask, export: Callable[..., Path]) -> Path:
    return export()


@pytest.fixture
def verdict(folder: Path, capsys: pytest.CaptureFixture[str]) -> Verdict:
    def run() -> int:
        status = verify(folder, (), "en")
        capsys.readouterr()
        return status

    return run


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.mark.long
def test_every_flipped_byte_is_found(folder: Path, verdict: Verdict) -> None:
    assert verdict() == 0
    chance = random.Random(SEED)
    there = files(folder)
    missed = []
    for _ in range(TIMES):
        # Each file as often as any other: the manifest is smaller than verify.py, and worth more.
        path = chance.choice(there)
        content = path.read_bytes()
        at, bits = chance.randrange(len(content)), chance.randrange(1, 256)
        path.write_bytes(content[:at] + bytes([content[at] ^ bits]) + content[at + 1 :])
        if verdict() == 0:
            missed.append((path.name, at, bits))
        path.write_bytes(content)
    assert not missed
    assert verdict() == 0


def test_every_missing_changed_or_added_file_is_found(folder: Path, verdict: Verdict) -> None:
    there = files(folder)
    assert len(there) > 10
    for path in there:
        content = path.read_bytes()
        path.unlink()
        assert verdict() == 1, f"without {path.name}"
        for other in (content + b"\n", content[:-1], b""):
            path.write_bytes(other)
            assert verdict() == 1, f"{path.name} changed"
        path.write_bytes(content)
    for name in ("more.txt", "entries/more.csv", ".hidden", "leaves/2.txt", "draws/d.json"):
        added = folder / name
        added.parent.mkdir(exist_ok=True)
        added.write_bytes(b"x")
        assert verdict() == 1, f"with {name}"
        added.unlink()
    assert verdict() == 0
