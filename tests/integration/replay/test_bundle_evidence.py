"""Evidence files in a bundle: checked against their names and the entries, then kept as uploaded ones are."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from shutil import rmtree

import pytest
from flask import Flask
from sqlalchemy import text

from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.services.bundles.bundles import import_bundle, read_bundle, store_bundle
from pingyi.services.core.bound_channels import ChannelRef
from pingyi.services.core.callers import SHELL
from pingyi.services.evidence.evidence import clean_evidence, evidence_content
from pingyi.services.results.result import Result

PDF = b"%PDF-1.7\nevidence\n"
NOTE = "通报第3号".encode("gb18030")
PROGRAM = b"\x7fELF\0"
HEAD = "unit,score,evidence\n"


def named(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def reference(content: bytes) -> str:
    return f"sha256:{named(content)}"


@pytest.fixture
def folder(app: Flask, tmp_path: Path) -> Iterator[Path]:
    """A folder of evidence of this test alone."""
    name = "pingyi.configuration"
    before = app.extensions[name]
    app.extensions[name] = replace(before, evidence=str(tmp_path / "kept"))
    yield tmp_path / "kept"
    app.extensions[name] = before


@pytest.fixture
def bundle(draft: type, tmp_path: Path) -> Path:
    """Two channels: one refers to two files, the other to one of them too."""
    made: Path = draft(
        channels={"x": "60", "y": "40"},
        units=["a", "b"],
        scores={"x": {}, "y": {"a": "40"}},
        files={
            "entries/x.csv": f"{HEAD}a,50,见 {reference(PDF)} 第2页\nb,60,{reference(NOTE)}\n",
            "entries/y.csv": f"{HEAD}a,30,{reference(PDF)}\nb,40,口头核实\n",
        },
    ).write(tmp_path / "bundle")
    (made / "evidence").mkdir()
    for content in (PDF, NOTE):
        (made / "evidence" / named(content)).write_bytes(content)
    return made


def rows() -> list[tuple[str, str, bool]]:
    query = (
        "SELECT c.key, encode(e.digest, 'hex') AS name, e.referred FROM evidence e"
        " JOIN channel c ON c.id = e.channel_id ORDER BY c.key, name"
    )
    with transaction() as connection:
        return [(row.key, row.name, row.referred) for row in connection.execute(text(query))]


def test_files_are_kept_for_every_channel_that_refers_to_them_and_stay(
    folder: Path, bundle: Path, replay: Callable[[Path], Result]
) -> None:
    totals = {unit.code: unit.total for unit in replay(bundle).units}
    assert {code: str(total) for code, total in totals.items()} == {"a": "80.00", "b": "100.00"}
    kept = [("x", named(PDF), True), ("x", named(NOTE), True), ("y", named(PDF), True)]
    assert rows() == sorted(kept)
    with transaction() as connection:
        connection.execute(text("UPDATE evidence SET uploaded_at = now() - interval '25 hours'"))
    assert clean_evidence() == 0
    for channel, content, media_type in (
        ("x", PDF, "application/pdf"),
        ("x", NOTE, "text/plain"),
        ("y", PDF, "application/pdf"),
    ):
        place = ChannelRef(period="draft", channel=channel, plugin="partner_score")
        digest = hashlib.sha256(content).digest()
        assert evidence_content(SHELL, place, digest) == (content, media_type)


def test_draft_without_entries_keeps_no_file(folder: Path, bundle: Path) -> None:
    import_bundle(SHELL, bundle, entries=False)
    assert rows() == []
    assert not folder.exists()


def test_file_that_changes_after_the_check_is_not_taken_for_what_is_referred_to(
    folder: Path, bundle: Path
) -> None:
    read = read_bundle(bundle)
    (bundle / "evidence" / named(NOTE)).write_bytes(b"another note")
    with pytest.raises(Problem) as refused:
        store_bundle(SHELL, read, entries=True)
    [error] = refused.value.errors
    assert (error.code, error.file, error.row) == ("evidence_unknown", "entries/x.csv", 3)
    assert named(NOTE) not in {name for _, name, _ in rows()}


def change(old: bytes, new: bytes) -> Callable[[Path], object]:
    return lambda bundle: (bundle / "evidence" / named(old)).write_bytes(new)


def add(content: bytes, name: str = "") -> Callable[[Path], object]:
    return lambda bundle: (bundle / "evidence" / (name or named(content))).write_bytes(content)


def remove(content: bytes) -> Callable[[Path], object]:
    return lambda bundle: (bundle / "evidence" / named(content)).unlink()


def write_entries(rows: str) -> Callable[[Path], object]:
    return lambda bundle: (bundle / "entries/x.csv").write_text(HEAD + rows, encoding="utf-8")


def replace_by_a_file(bundle: Path) -> None:
    rmtree(bundle / "evidence")
    (bundle / "evidence").write_bytes(PDF)


X, NOWHERE = "entries/x.csv", "0" * 64
REFERENCES = f"a,50,{reference(PDF)}\nb,60,{reference(NOTE)}"


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (change(NOTE, b"another note"), [("evidence_changed", f"evidence/{named(NOTE)}", None)]),
        (add(b"text", "note.txt"), [("evidence_name", "evidence/note.txt", None)]),
        (add(PDF, named(PDF).upper()), [("evidence_name", f"evidence/{named(PDF).upper()}", None)]),
        (add(b""), [("evidence_empty", f"evidence/{named(b'')}", None)]),
        (add(PROGRAM), [("evidence_type", f"evidence/{named(PROGRAM)}", None)]),
        (add(b"never named"), [("evidence_unused", f"evidence/{named(b'never named')}", None)]),
        (remove(NOTE), [("evidence_unknown", X, 3)]),
        (remove(PDF), [("evidence_unknown", X, 2), ("evidence_unknown", "entries/y.csv", 2)]),
        (write_entries(f"{REFERENCES}\na,50,sha256:{NOWHERE},"), [("row_long", X, 4)]),
        (write_entries(f"{REFERENCES} sha256:{NOWHERE}\n"), [("evidence_unknown", X, 3)]),
        (write_entries(f"{REFERENCES} sha256:{NOWHERE[:9]}\n"), [("evidence_unknown", X, 3)]),
        (
            replace_by_a_file,
            [
                ("not_a_folder", "evidence", None),
                ("evidence_unknown", X, 2),
                ("evidence_unknown", X, 3),
                ("evidence_unknown", "entries/y.csv", 2),
            ],
        ),
    ],
)
def test_wrong_evidence_is_named_with_its_file_and_row(
    registry: Flask,
    bundle: Path,
    wrong: Callable[[Path], object],
    expected: list[tuple[str, str, int | None]],
) -> None:
    read_bundle(bundle)
    wrong(bundle)
    with pytest.raises(Problem) as refused:
        read_bundle(bundle)
    assert refused.value.code == "bundle_invalid"
    assert [(error.code, error.file, error.row) for error in refused.value.errors] == expected
    assert all(error.message.zh and error.message.en for error in refused.value.errors)
    columns = {error.column for error in refused.value.errors if error.code == "evidence_unknown"}
    assert columns <= {"evidence"}


def test_hidden_file_is_passed_over(registry: Flask, bundle: Path) -> None:
    (bundle / "evidence" / ".DS_Store").write_bytes(b"\0")
    assert set(read_bundle(bundle).evidence) == {reference(PDF), reference(NOTE)}


def test_large_file_needs_no_setting(folder: Path, bundle: Path, app: Flask) -> None:
    name = "pingyi.configuration"
    app.extensions[name] = replace(app.extensions[name], max_evidence_bytes=8)
    import_bundle(SHELL, bundle, entries=True)
    assert len(rows()) == 3
