"""Witnesses' lines under the heads: checked where a key is given, and said where none is."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.unit.verify.making import BASE, Maker, publish, unpublish

from pingyi import verify
from pingyi.ledger.cosignatures import cosign, cosigned_at, cosigner_key
from pingyi.ledger.witness import Witness, open_witness
from pingyi_verifier.log.cosignatures import cosigned_by
from pingyi_verifier.log.signed_notes import WITNESS, key_of

Check = Callable[..., Any]
SEEN_AT = 1_511_340_000


@pytest.fixture
def witness(maker: Maker, tmp_path: Path) -> Witness:
    (tmp_path / "witness").mkdir()
    return open_witness(tmp_path / "witness", "university.example/w", [maker.epochs()[0]["verifier_key"]])


def line_of(witness: Witness, note: str) -> str:
    """The witness's line under a note, asked for as every log asks."""
    status, _, line = witness.add_checkpoint(f"old 0\n\n{note}")
    assert status == 200
    return line


def test_a_witness_is_checked_where_its_key_is_given(
    maker: Maker, witness: Witness, tmp_path: Path, check: Check
) -> None:
    maker.heads[-1]["note"] += line_of(witness, maker.heads[-1]["note"])
    folder = maker.write(tmp_path / "b")
    done = check(folder, witnesses=[witness.verifier])
    assert done.status == 0
    assert "Witness: 1 lines of university.example/w are right" in done.said
    assert "over the first 34 leaves" in done.said
    assert "not checked: give --witness" not in done.said
    silent = check(folder)
    assert silent.status == 0
    assert "[note]  1 lines of witnesses are there and were not checked: give --witness" in silent.said
    assert "请用 --witness" in check(folder, lang="zh").said


def test_a_line_is_read_as_the_ledger_reads_it() -> None:
    for number in range(8):
        key = Ed25519PrivateKey.from_private_bytes(bytes([number] * 32))
        note = f"{BASE}/1\n{number}\n{'A' * 43}=\nmore\n\n— {BASE}/1 AAAA\n"
        line = cosign(note, "w", key, SEEN_AT + number)
        vkey = cosigner_key("w", key.public_key().public_bytes_raw())
        one = key_of(vkey, WITNESS)
        assert cosigned_at(note, line, vkey) == SEEN_AT + number
        assert cosigned_by(note + line, [one]) == {one: SEEN_AT + number}
        assert cosigned_by(note, [one]) == {}
        other = note.replace("\nmore\n", "\nless\n")
        assert cosigned_by(other + line, [one]) == {one: None}


def touched(line: str, at: int) -> str:
    """The line with one base64 digit changed."""
    start, digits = line.rstrip("\n").rsplit(" ", 1)
    other = "A" if digits[at] != "A" else "B"
    return f"{start} {digits[:at]}{other}{digits[at + 1 :]}\n"


@pytest.mark.parametrize("at", [9, 15, 40, 90])
def test_a_wrong_line_of_a_witness_is_refused(
    maker: Maker, witness: Witness, tmp_path: Path, check: Check, at: int
) -> None:
    maker.heads[-1]["note"] += touched(line_of(witness, maker.heads[-1]["note"]), at)
    folder = maker.write(tmp_path / "b")
    done = check(folder, witnesses=[witness.verifier])
    assert done.status == 1
    assert "The line of the witness university.example/w under the head of size 34 is wrong." in done.said
    assert check(folder).status == 0


def test_a_line_from_another_head_is_refused(
    maker: Maker, witness: Witness, tmp_path: Path, check: Check
) -> None:
    maker.heads[-1]["note"] += line_of(witness, maker.heads[0]["note"])
    done = check(maker.write(tmp_path / "b"), witnesses=[witness.verifier])
    assert "under the head of size 34 is wrong" in done.said


def test_a_missing_line_of_a_witness_is_refused(
    maker: Maker, witness: Witness, tmp_path: Path, check: Check
) -> None:
    maker.heads[-1]["note"] += line_of(witness, maker.heads[-1]["note"])
    folder = maker.write(tmp_path / "b")
    namesake = cosigner_key(
        "university.example/w", bytes(Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    )
    done = check(folder, witnesses=[witness.verifier, namesake])
    assert done.status == 1
    assert "Witness: 1 lines of university.example/w are right" in done.said
    assert "The witness university.example/w signed none of the heads" in done.said
    assert "缺少见证方" in check(folder, lang="zh", witnesses=[namesake]).said


def test_a_witness_that_did_not_see_the_publication_is_not_enough(
    maker: Maker, witness: Witness, tmp_path: Path, check: Check
) -> None:
    maker.heads[0]["note"] += line_of(witness, maker.heads[0]["note"])
    done = check(maker.write(tmp_path / "b"), witnesses=[witness.verifier])
    assert done.status == 1
    assert "which does not reach the publication: get a newer bundle" in done.said


def test_a_record_written_anew_is_found_by_its_witness(
    maker: Maker, witness: Witness, tmp_path: Path, check: Check
) -> None:
    line = line_of(witness, maker.heads[-1]["note"])
    unpublish(maker)
    maker.leaf("period.drafted", by="b")
    publish(maker)
    maker.heads[-1]["note"] += line
    folder = maker.write(tmp_path / "b")
    assert check(folder).status == 0
    assert check(folder, witnesses=[witness.verifier]).status == 1


def test_a_key_that_is_none_of_a_witness_is_refused(written: Path, maker: Maker, check: Check) -> None:
    for vkey in ("nothing", maker.epochs()[0]["verifier_key"], "w+00000000+BAAA"):
        done = check(written, witnesses=[vkey])
        assert done.status == 1
        assert f"Witness {vkey}: the content makes no sense" in done.said


def test_the_command_line_takes_several_witnesses(maker: Maker, witness: Witness, tmp_path: Path) -> None:
    maker.heads[-1]["note"] += line_of(witness, maker.heads[-1]["note"])
    folder = maker.write(tmp_path / "b")
    command = [sys.executable, "-I", verify.__file__, str(folder), "--lang=en"]
    right = [*command, "--witness", witness.verifier, f"--witness={witness.verifier}"]
    for words, status in ((right, 0), ([*command, "--witness"], 1)):
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (status, "")
