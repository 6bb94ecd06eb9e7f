"""Each way of tampering with the record is refused, and said in plain words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.unit.verify.making import BASE, Maker, publish, spelt, unpublish

Check = Callable[..., Any]


def test_a_right_bundle_passes_and_every_check_is_named(written: Path, check: Check) -> None:
    done = check(written)
    assert done.status == 0
    for part in ("Manifest", "Heads", "Record", "Publication", "Entries", "Counters", "Snapshot", "Result"):
        assert f"] {'   ' if part else ''}" in done.said or part in done.said
        assert any(line.startswith(f"[ok]    {part}") for line in done.said.splitlines()), part


def test_words_are_chinese_where_they_are_asked_for(written: Path, check: Check) -> None:
    done = check(written, lang="zh")
    assert "[通过] 结论：能够核对的全部相符。" in done.said
    assert "[ok]" not in done.said


def test_a_head_kept_outside_is_found_in_the_record(maker: Maker, tmp_path: Path, check: Check) -> None:
    pins = [maker.head(1, size) for size in (0, 1, 7, len(maker.log))]
    kept = tmp_path / "pins.txt"
    kept.write_text(f"Ledger-Checkpoint: {pins[1]}\n{pins[2]}\n", encoding="utf-8")
    note = tmp_path / "note"
    note.write_text(maker.note(pins[2]), encoding="utf-8")
    done = check(maker.write(tmp_path / "b"), pins[0], pins[3], str(kept), str(note))
    assert done.status == 0
    assert "Pins: 5 heads" in done.said


def test_a_pin_that_is_none_is_refused(written: Path, tmp_path: Path, check: Check) -> None:
    (tmp_path / "empty").write_text("", encoding="utf-8")
    (tmp_path / "odd").write_text("one two\n", encoding="utf-8")
    for pin in (str(tmp_path / "nowhere"), str(tmp_path / "empty"), str(tmp_path / "odd"), f"{BASE}/1 3 abc"):
        done = check(written, pin)
        assert done.status == 1
        assert len(done.wrong) == 2


def changed(line: bytes) -> bytes:
    body = json.loads(line)
    body["values"]["count"] = 999
    return spelt(body)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda log: log.__setitem__(10, changed(log[10])), "the first 30 do not give the root"),
        (lambda log: log.__delitem__(10), "The record was cut short: a signed head has 34 leaves"),
        (lambda log: log.__delitem__(-1), "The record was cut short: a signed head has 34 leaves"),
        (lambda log: log.insert(3, log[0]), "the first 30 do not give the root"),
        (lambda log: log.__setitem__(slice(10, 12), [log[11], log[10]]), "the first 30 do not give"),
        (lambda log: log.append(b"- " + b"0" * 64), "has 35 leaves, but no signed head beyond 34"),
    ],
    ids=["edited", "deleted in the middle", "deleted at the end", "inserted", "swapped", "appended"],
)
def test_leaves_that_were_touched_do_not_fit_the_signed_heads(
    maker: Maker, tmp_path: Path, check: Check, act: Callable[[list[bytes]], None], words: str
) -> None:
    act(maker.log)
    done = check(maker.write(tmp_path / "b"))
    assert done.status == 1
    assert words in done.said


def rewrite(maker: Maker) -> None:
    """Change an entry and all that follows from it, and sign everything anew with the stolen key."""
    sizes = [json.loads(json.dumps(head))["note"].split("\n")[1] for head in maker.heads]
    maker.log[0] = b"- " + b"0" * 64
    maker.heads = [{"epoch": 1, "note": maker.note(maker.head(1, int(size)))} for size in sizes]
    # the snapshot names a head too
    unpublish(maker)
    publish(maker)


def test_a_record_that_was_rewritten_and_signed_anew_needs_one_pin(
    maker: Maker, tmp_path: Path, check: Check
) -> None:
    pin = maker.head(1, 20)
    note = tmp_path / "note"
    note.write_text(maker.note(pin), encoding="utf-8")
    rewrite(maker)
    folder = maker.write(tmp_path / "b")
    assert check(folder).status == 0
    done = check(folder, pin)
    assert done.status == 1
    assert "Split view" in done.said
    assert "Both are signed by the same key" not in done.said
    assert "Both are signed by the same key" in check(folder, str(note)).said


def test_a_record_cut_short_and_signed_anew_needs_one_pin(maker: Maker, tmp_path: Path, check: Check) -> None:
    pin = maker.head(1, len(maker.log))
    del maker.log[-1]
    maker.heads.pop()
    said = json.loads(maker.files["record.json"]) | {"head": maker.seal()}
    maker.files["record.json"] = spelt(said) + b"\n"
    folder = maker.write(tmp_path / "b")
    assert check(folder).status == 0
    done = check(folder, pin)
    assert done.status == 1
    assert "saw 34 leaves, the folder has 33" in done.said


def test_a_pin_of_another_log_is_refused(written: Path, maker: Maker, check: Check) -> None:
    done = check(written, maker.head(1, 5).replace(BASE, "other.example/log"))
    assert done.status == 1
    assert "is of another log" in done.said


def test_a_signature_by_another_key_is_refused(maker: Maker, tmp_path: Path, check: Check) -> None:
    folder = maker.write(tmp_path / "b")
    maker.key = Ed25519PrivateKey.generate()
    (folder / "epochs.json").write_bytes(spelt(maker.epochs()))
    assert "The signature of the tree head of size 34 is wrong." in check(folder).said


def test_a_wrong_signature_is_refused(maker: Maker, tmp_path: Path, check: Check) -> None:
    right = maker.heads[-1]["note"]
    maker.heads[-1]["note"] = right.replace("\n34\n", "\n33\n")
    done = check(maker.write(tmp_path / "b"))
    assert "The signature of the tree head of size 33 is wrong." in done.said


def test_signatures_of_witnesses_stand_beside_ours(maker: Maker, tmp_path: Path, check: Check) -> None:
    maker.heads[-1]["note"] += "— witness.example/w AAAAAAAA\n"
    done = check(maker.write(tmp_path / "b"))
    assert done.status == 0
    assert "1 lines of witnesses are there and were not checked: give --witness" in done.said


def test_a_leaf_of_the_period_cannot_be_withheld(maker: Maker, tmp_path: Path, check: Check) -> None:
    line = maker.log[10]
    maker.log[10] = maker.entry(line).rstrip(b"\n").replace(b"\n", b" ")
    done = check(maker.write(tmp_path / "b"))
    assert done.status == 1
    assert "Leaf 10 is of this period, but its content is withheld." in done.said


def test_a_second_epoch_names_what_the_restore_lost(maker: Maker, tmp_path: Path, check: Check) -> None:
    lost = [maker.head(1, size) for size in (32, 34)]
    unpublish(maker)
    restored = maker.head(1, len(maker.log))
    open_epoch(maker, lost[1], restored)
    publish(maker)
    folder = maker.write(tmp_path / "b")
    done = check(folder, restored, *lost)
    assert done.status == 0
    assert "Gap: the system was restored from a backup" in done.said
    assert "at least 4 leaves" in done.said
    assert done.said.count("lies in the gap") == 2
    too_far = lost[1].replace(" 34 ", " 35 ")
    assert "saw 35 leaves, the folder has 30" in check(folder, too_far).said


def open_epoch(maker: Maker, known: str, restored: str) -> None:
    maker.logs[2] = []
    said = {
        name: dict(zip(("origin", "size", "root"), line.split(" "), strict=True))
        for name, line in (("known", known), ("restored", restored))
    }
    maker.log.append(spelt({"kind": "restore", "nonce": "0" * 32, **said}))


def test_a_second_epoch_without_a_reason_is_refused(maker: Maker, tmp_path: Path, check: Check) -> None:
    unpublish(maker)
    maker.logs[2] = []
    publish(maker)
    done = check(maker.write(tmp_path / "b"))
    assert done.status == 1
    assert "Epoch 2 does not say" in done.said


def test_a_restore_of_other_leaves_than_are_there_is_refused(
    maker: Maker, tmp_path: Path, check: Check
) -> None:
    known, restored = maker.head(1, 34), maker.head(1, 20)
    unpublish(maker)
    open_epoch(maker, known, restored)
    publish(maker)
    done = check(maker.write(tmp_path / "b"))
    assert done.status == 1
    assert "but the epoch before is not that" in done.said
