"""A published period is exported whole, checked from its folder alone, and can be replayed from it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from tests.conftest import empty, forget
from tests.integration.record.checking import check
from tests.integration.record.conftest import (
    NIGHT,
    deduct,
    move,
    post,
    publish,
    reopen,
    scheme,
    start,
    stored,
)

from pingyi.db import db, transaction
from pingyi.domain.errors import Problem
from pingyi.embedded.engines import Endpoints
from pingyi.ledger.sealing import seal
from pingyi.ledger.tree_heads import newest_head
from pingyi.replay import replay_in
from pingyi.services.bundles import export_tables
from pingyi.services.bundles.bundles import read_bundle
from pingyi.services.bundles.export import export_public
from pingyi.services.results.result import results_json
from pingyi.settings import Settings

Export = Callable[..., Path]


def head() -> str:
    with transaction() as connection:
        found = newest_head(connection)
    assert found is not None
    return found.line


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_published_period_is_checked_from_its_folder_alone(played: Flask, export: Export) -> None:
    done = check(export(), head())
    assert (done.status, done.wrong) == (0, [])
    assert "Entry leaves: 11, of them 1 corrections and 2 dispositions" in done.said
    assert "Pins: 1 heads" in done.said


def test_standing_entries_are_written_without_reasons(played: Flask, export: Export) -> None:
    folder = export()
    assert {row["unit"]: row["score"] for row in rows(folder / "entries/law.csv")} == {
        "u1": "4",
        "u2": "2.5",
        "u3": "3.5",
        "u4": "4.5",
    }
    standing = {row["unit"]: (row["standing"], row["reason"]) for row in rows(folder / "entries/window.csv")}
    kept = export_tables.KEPT_REASON
    assert standing == {"u1": ("", ""), "u2": ("", ""), "u3": ("held", kept), "u4": ("rejected", kept)}
    assert all("张三" not in path.read_text(encoding="utf-8") for path in folder.rglob("*.*"))


def test_replay_of_an_exported_bundle_gives_the_same_bytes(
    played: Flask, export: Export, endpoints: Endpoints
) -> None:
    folder = export()
    empty(endpoints)
    forget(played)
    result = replay_in(played, endpoints.redis_url, read_bundle(folder), lambda _: None)
    assert results_json(result) == (folder / "results.json").read_bytes()


def test_the_same_moment_is_exported_as_the_same_bytes(played: Flask, export: Export) -> None:
    first, second = export("first"), export("second")
    assert (first / "manifest.json").read_bytes() == (second / "manifest.json").read_bytes()
    assert len(json.loads((first / "manifest.json").read_bytes())["files"]) == len(
        [path for path in first.rglob("*") if path.is_file() and path.name != "manifest.json"]
    )


def test_an_earlier_revision_stays_in_the_bundle_of_the_next(
    played: Flask, settings: Settings, export: Export
) -> None:
    first = export("first")
    old = head()
    reopen()
    post("law", {"unit": "u4", "score": "1", "reason": "漏报"})
    move("window", "counted", '["u3"]')
    deduct("u3")
    publish(settings)
    second = export("second")
    earlier = (second / "revisions/1/results.json").read_bytes()
    assert earlier == (first / "results.json").read_bytes() != (second / "results.json").read_bytes()
    done = check(second, old, head())
    assert (done.status, "Earlier publications: all 1 are there" in done.said) == (0, True)
    assert check(first, old).status == 0


def test_what_comes_after_a_reopening_is_not_shown_before_it_is_published(
    played: Flask, settings: Settings, export: Export
) -> None:
    before = export("before")
    reopen()
    post("law", {"unit": "u4", "score": "1.25", "reason": "漏报"})
    move("law", "rejected", '["u2"]')
    seal(settings)
    during = export("during")
    assert (during / "manifest.json").read_bytes() == (before / "manifest.json").read_bytes()
    assert check(during).status == 0
    assert len(rows(during / "entries/law.csv")) == 4


def test_a_foreign_formula_is_named_and_the_rest_is_checked(
    with_noise: Flask, settings: Settings, export: Export
) -> None:
    start(scheme(NIGHT, rest=20))
    post("law", {"unit": "u1", "score": "4"}, {"unit": "u2", "score": "3"})
    night = {"site": "S-1", "month": "2017-03", "nights": 100}
    post("night", {"unit": "u1", "loud": 4, **night}, {"unit": "u2", "loud": 40, **night})
    publish(settings)
    done = check(export())
    assert done.status == 0
    assert "Channel night: not recomputed, its formula comes from the foreign plugin noise" in done.said


def test_an_unsealed_publication_is_to_be_waited_for(
    played: Flask, settings: Settings, tmp_path: Path
) -> None:
    reopen()
    publish(settings, sealed=False)
    with pytest.raises(Problem, match="record_unsealed"):
        export_public("p", tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
    seal(settings)
    assert check(export_public("p", tmp_path / "out").folder).status == 0


def test_an_earlier_bundle_is_replaced_and_a_foreign_folder_left_alone(played: Flask, export: Export) -> None:
    folder = export()
    before = (folder / "manifest.json").read_bytes()
    export()
    assert ((folder / "manifest.json").read_bytes(), check(folder).status) == (before, 0)
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(Problem, match="out_foreign") as refused:
        export()
    assert "notes.txt" in refused.value.message.en
    assert (folder / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert sorted(path.name for path in folder.parent.iterdir()) == [folder.name]


def test_a_folder_that_cannot_be_written_is_a_sentence(played: Flask, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    for out in (tmp_path / "file" / "out", Path("/proc/nothing/out")):
        with pytest.raises(Problem, match="out_unwritable"):
            export_public("p", out)


def test_nothing_published_is_nothing_to_export(app: Flask, tmp_path: Path) -> None:
    start(scheme())
    for key in ("p", "nowhere"):
        with pytest.raises(Problem, match="not_found"):
            export_public(key, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
    db.session.remove()
    assert stored("SELECT 1 FROM publication") == []
