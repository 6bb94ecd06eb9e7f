"""Files, entries, counters and results that were changed are refused, however the record was signed."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.unit.verify.making import (
    Maker,
    public_bundle,
    publish,
    remade,
    remanifest,
    root_of,
    spelt,
    unpublish,
)

from pingyi import verify
from pingyi.registry import Registered, Registry, load_registry
from pingyi_demonstration.data.bundle import write_bundle
from pingyi_verifier.log.ed25519 import ORDER, signature_holds
from pingyi_verifier.log.tree import Tree, levels_of

Check = Callable[..., Any]
VERIFY = Path(verify.__file__)
BUNDLES = Path(__file__).resolve().parents[2] / "bundles"


def test_it_runs_alone(written: Path, maker: Maker) -> None:
    (written / "verify.py").write_bytes(VERIFY.read_bytes())
    remanifest(written, maker.period)
    for arguments, status in (
        ([str(written)], 0),
        ([], 0),
        (["--lang=en", f"--pin={maker.head(1, 9)}"], 0),
        ([str(written), "--pin", "nothing"], 1),
        (["--pins"], 1),
        (["--lang", "fr"], 1),
        ([str(written / "nowhere")], 1),
    ):
        command = [sys.executable, "-I", str(written / "verify.py"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (status, ""), arguments


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda f: (f / "rolls.csv").write_bytes(b"channel\n"), "rolls.csv was changed"),
        (lambda f: (f / "rolls.csv").unlink(), "rolls.csv is missing"),
        (lambda f: (f / "more.txt").write_bytes(b""), "more.txt is not listed"),
        (lambda f: (f / "link").symlink_to(f / "rolls.csv"), "link is not a plain file"),
        (lambda f: (f / "manifest.json").unlink(), "There is no manifest.json"),
        (lambda f: respell(f / "manifest.json"), "manifest.json is not spelt as it must be"),
        (lambda f: (f / "manifest.json").write_bytes(b"[" * 100_000), "nested too deep"),
    ],
    ids=["changed", "missing", "unlisted", "link", "no manifest", "respelt", "deep"],
)
def test_a_file_that_the_manifest_does_not_name_as_it_is(
    written: Path, check: Check, act: Callable[[Path], object], words: str
) -> None:
    act(written)
    done = check(written)
    assert done.status == 1
    assert words in done.said


def respell(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b":", b": ", 1))


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("units.csv", "zh1,", "zh0,", "units.csv does not say what the frozen snapshot says"),
        ("rolls.csv", ",29", ",28", "rolls.csv does not say what the frozen snapshot says"),
        ("scheme.toml", "2022", "2021", "scheme.toml does not say"),
        ("period.toml", "Asia/Shanghai", "UTC", "period.toml does not say"),
        ("period.toml", "key", "note = 1\nkey", "period.toml has unknown keys"),
        ("record.json", '"revision":1', '"revision":2', "revision in record.json"),
        ("record.json", '"head":"test', '"head":"best', "named by the snapshot or by record.json"),
        ("results.csv", "ranked", "Ranked", "results.csv is not the recomputed table, from line 2 on"),
        ("results.json", "zh1", "zh0", "results.json is not the result published last"),
        ("snapshot.json", "zh1", "zh0", "not computed from snapshot.json"),
        ("entries/deputies.csv", "zh1,", "zh2,", "has a row that is no entry of the record"),
        ("entries/deputies.csv", "counted", "held", "An entry of the record is not in entries/deputies.csv"),
    ],
)
def test_a_plain_file_that_differs_from_the_record(
    written: Path, maker: Maker, check: Check, name: str, old: str, new: str, words: str
) -> None:
    text = (written / name).read_text(encoding="utf-8")
    assert old in text
    (written / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    remanifest(written, maker.period)
    done = check(written)
    assert done.status == 1
    assert words in done.said


def test_counters_that_the_entries_do_not_give_are_found_in_spite_of_right_digests(
    maker: Maker, tmp_path: Path, check: Check
) -> None:
    unpublish(maker)
    unit = next(code for code in maker.snapshot["counters"]["deputies"]["counted"] if code)
    cell = maker.snapshot["counters"]["deputies"]["counted"][unit]
    name = min(cell)
    cell[name] += 1
    maker.files["snapshot.json"] = spelt(maker.snapshot)
    publish(maker)
    done = check(maker.write(tmp_path / "b"))
    assert done.status == 1
    assert (
        f"Counter differs: channel deputies, unit {unit}, counted, {name}: snapshot {cell[name]}" in done.said
    )


def test_a_published_rank_that_does_not_follow_is_found_in_spite_of_right_digests(
    maker: Maker, tmp_path: Path, check: Check
) -> None:
    unpublish(maker)
    document = json.loads(maker.files["results.json"])
    first, second = document["units"][:2]
    first["rank"], second["rank"] = second["rank"], first["rank"]
    maker.files["results.json"] = spelt(document) + b"\n"
    publish(maker)
    done = check(maker.write(tmp_path / "b"))
    assert done.status == 1
    assert f"Unit {first['unit']}, rank: printed 2, recomputed 1." in done.said


def at_entry(maker: Maker) -> int:
    return next(at for at, line in enumerate(maker.log) if b'"kind":"entry"' in line)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"replaces": "0" * 64}, "replaces an entry that does not stand at that point"),
        ({"kind": "disposition"}, "disposes of nothing"),
        ({"standing": "lost"}, "makes no sense (ValueError: standing, replaces)"),
        ({"channel": "elsewhere"}, "makes no sense ('elsewhere' is missing)"),
        ({"period": "elsewhere"}, "another period"),
        ({"values": 3}, "makes no sense"),
    ],
)
def test_an_entry_that_cannot_be_is_refused(
    maker: Maker, tmp_path: Path, check: Check, change: dict[str, Any], words: str
) -> None:
    at = at_entry(maker)

    def act(log: list[bytes]) -> None:
        log[at] = spelt(json.loads(log[at]) | change)

    remade(maker, act)
    done = check(maker.write(tmp_path / "b"))
    assert done.status == 1
    assert words in done.said


def test_an_entry_twice_in_the_record_is_refused(maker: Maker, tmp_path: Path, check: Check) -> None:
    at = at_entry(maker)
    remade(maker, lambda log: log.append(log[at]))
    assert "1 entries stand twice in the record." in check(maker.write(tmp_path / "b")).said


def moved(maker: Maker, standing: str) -> None:
    """Move the first entry to another standing, with all that follows."""
    unpublish(maker)
    body = json.loads(maker.log[at_entry(maker)])
    maker.leaf(
        "disposition",
        channel="deputies",
        delivery=999,
        position=0,
        by="reviewer",
        standing=standing,
        commitments={},
        replaces=hashlib.sha256(b"\x00" + maker.log[at_entry(maker)]).hexdigest(),
    )
    rows = list(csv.DictReader(io.StringIO(maker.files["entries/deputies.csv"].decode())))
    wanted = {name: str(value) for name, value in body["values"].items()}
    row = next(row for row in rows if all(row[name] == cell for name, cell in wanted.items()))
    row["standing"] = standing
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    maker.files["entries/deputies.csv"] = out.getvalue().encode()
    publish(maker)


def test_a_disposition_moves_an_entry_to_its_standing(maker: Maker, tmp_path: Path, check: Check) -> None:
    moved(maker, "held")
    done = check(maker.write(tmp_path / "b"))
    assert "1 dispositions, each linked" in done.said
    assert "rows below entries/ are exactly those" in done.said
    # The counters were left as they stood: that is found in both standings.
    assert "counted, " in done.said
    assert "held, " in done.said
    assert done.status == 1


def test_entries_after_the_snapshot_do_not_count_and_are_named(
    maker: Maker, tmp_path: Path, check: Check
) -> None:
    body = json.loads(maker.log[at_entry(maker)]) | {"delivery": 999}
    maker.log.append(spelt(body))
    maker.seal()
    done = check(maker.write(tmp_path / "b"))
    assert done.status == 0
    assert "1 entries came after the snapshot" in done.said


def test_a_result_that_was_never_published_is_refused(maker: Maker, tmp_path: Path, check: Check) -> None:
    at = next(at for at, line in enumerate(maker.log) if b'"kind":"result.published"' in line)
    del maker.log[at:]
    maker.heads.pop()
    maker.seal()
    assert "The record holds no publication" in check(maker.write(tmp_path / "b")).said


def test_an_earlier_revision_must_still_be_there(maker: Maker, tmp_path: Path, check: Check) -> None:
    first = maker.files["results.json"]
    publish(maker, 2)
    maker.files["revisions/1/results.json"] = first
    folder = maker.write(tmp_path / "b")
    assert check(folder).status == 0
    (folder / "revisions/1/results.json").unlink()
    remanifest(folder, maker.period)
    assert "Revision 1, which was published, is missing or was changed" in check(folder).said


def test_registers_that_the_record_did_not_see_are_refused(
    maker: Maker, tmp_path: Path, check: Check
) -> None:
    unpublish(maker)
    maker.snapshot["rolls"][0][3] += 1
    maker.snapshot["adjustments"].append(["zh1", "bonus", "1", "total", "because", ""])
    maker.files["snapshot.json"] = spelt(maker.snapshot)
    publish(maker)
    done = check(maker.write(tmp_path / "b"))
    assert "The rolls in the snapshot are not those that the record saw" in done.said
    assert "The adjustments in the snapshot are not those" in done.said


def test_one_person_alone_cannot_publish(maker: Maker, tmp_path: Path, check: Check) -> None:
    unpublish(maker)
    publish(maker, approved_by="office")
    done = check(maker.write(tmp_path / "b"))
    assert done.status == 1
    assert "result.published (act 1) was not approved by a second person" in done.said


def test_a_foreign_plugin_is_not_recomputed_but_checked_all_the_same(tmp_path: Path, check: Check) -> None:
    source = tmp_path / "source"
    for path in (BUNDLES / "zhenhai_2022").rglob("*"):
        if path.is_file():
            target = source / path.relative_to(BUNDLES / "zhenhai_2022")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes().replace(b'plugin = "deputies"', b'plugin = "foreign_vote"'))
    known = load_registry()
    foreign = replace(known.channel("deputies"), key="foreign_vote")
    registry = Registry({**known.channels, "foreign_vote": Registered(foreign, "elsewhere", "1")})
    maker = public_bundle(source, registry)
    folder = maker.write(tmp_path / "b")
    done = check(folder)
    assert done.status == 0
    assert "Channel deputies: not recomputed" in done.said
    unpublish(maker)
    maker.files["results.json"] = maker.files["results.json"].replace(b'"rank":1', b'"rank":2', 1)
    publish(maker)
    assert "rank: printed 2, recomputed 1." in check(maker.write(tmp_path / "c")).said


def test_many_leaves_are_read_by_two_processes(
    written: Path, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = check(written).said.splitlines()[:-1]
    monkeypatch.setattr(verify, "FEW_LEAVES", 0)
    assert check(written).said.splitlines()[:-1] == alone


@pytest.mark.long
def test_every_flipped_byte_is_refused_with_a_sentence(written: Path, check: Check) -> None:
    chance = random.Random(7)
    paths = sorted(path for path in written.rglob("*") if path.is_file())
    for _ in range(1000):
        path = chance.choice(paths)
        right = path.read_bytes()
        wrong = bytearray(right)
        wrong[chance.randrange(len(wrong))] ^= 1 << chance.randrange(8)
        path.write_bytes(wrong)
        done = check(written)
        path.write_bytes(right)
        assert done.status == 1, path
        assert len(done.wrong) >= 2, path


def test_garbage_under_a_right_manifest_is_a_sentence_never_a_traceback(
    written: Path, maker: Maker, check: Check
) -> None:
    chance = random.Random(8)
    garbage = (b"\n", b"9", b'"', b"{}", b"null", b"1e5", b"\xff", b"[" * 2000, b"\x1b[2J", b"")
    paths = sorted(path for path in written.rglob("*.json*") if path.name != "manifest.json")
    paths += sorted(written.rglob("leaves/*")) * 3 + sorted(written.rglob("*.csv"))
    for _ in range(200):
        path = chance.choice(paths)
        right = path.read_bytes()
        at = chance.randrange(len(right))
        path.write_bytes(right[:at] + chance.choice(garbage) + right[at + chance.randrange(3) :])
        remanifest(written, maker.period)
        done = check(written)
        path.write_bytes(right)
        assert "\x1b" not in done.said
        assert (done.status == 1) == bool(done.wrong)


def test_roots_of_every_size_are_those_of_the_rule() -> None:
    hashes = [hashlib.sha256(bytes([n % 251, n // 251])).digest() for n in range(300)]
    levels = [levels_of(hashes[at : at + 64]) for at in range(0, 300, 64)]
    tree = Tree(levels, 6)
    assert [tree.root(size) for size in range(301)] == [root_of(hashes[:size]) for size in range(301)]


def test_signatures_hold_exactly_where_a_library_made_them() -> None:
    for number in range(20):
        key = Ed25519PrivateKey.from_private_bytes(bytes([number] * 32))
        public, message = key.public_key().public_bytes_raw(), b"text %d" % number
        signature = key.sign(message)
        assert signature_holds(public, message, signature)
        assert not signature_holds(public, message + b".", signature)
        assert not signature_holds(public, message, signature[:-1])
        for at in (0, 31, 32, 63):
            wrong = bytearray(signature)
            wrong[at] ^= 1
            assert not signature_holds(public, message, bytes(wrong))
        high = int.from_bytes(signature[32:], "little") + ORDER
        assert not signature_holds(public, message, signature[:32] + high.to_bytes(32, "little"))


@pytest.mark.parametrize("scheme", ["county-quarterly", "daye-2019", "efficiency-year"])
def test_a_ready_made_scheme_comes_out_as_the_server_computes_it(
    scheme: str, tmp_path: Path, check: Check
) -> None:
    write_bundle(scheme, tmp_path / "source")
    done = check(public_bundle(tmp_path / "source").write(tmp_path / "b"))
    assert done.status == 0, done.said
    assert "not recomputed" not in done.said
