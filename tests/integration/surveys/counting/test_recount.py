"""An auditor repeats the opening from a folder alone, on a machine without database or settings."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from tests.ballot_period import Ballots, ballot_period, close
from tests.cast_ballots import boxes, cast_all, open_ballots, roster_ballots, seal_record
from tests.integration.surveys.commands import run

from pingyi.db import transaction
from pingyi.settings import Settings
from pingyi_surveys.ballot.keys import device_mark, new_secret
from pingyi_surveys.ballot.printed_key_parts import print_part, split
from pingyi_surveys.settings import SurveySettings
from pingyi_surveys.setup.key_files import box_name


def recount(folder: Path, *arguments: object, given: str = "") -> subprocess.CompletedProcess[str]:
    """`pingyi recount` as a process of its own, which knows neither engines nor state."""
    return subprocess.run(
        [str(Path(sys.executable).parent / "pingyi"), "recount", str(folder), *map(str, arguments)],
        env={"PATH": os.environ["PATH"], "LC_ALL": "en_GB.UTF-8", "PINGYI_STATE": str(folder / "none")},
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def handed_out(app: Flask, settings: Settings, tmp_path: Path) -> tuple[Path, Path, Ballots]:
    """An exported folder, the key's file, and what was made."""
    made, draw = ballot_period(), random.Random(9)
    open_box, roster = boxes(made.open_id, made.roster_id)
    mark = device_mark(open_box.keys.mark, b"one phone", open_box.channel, "u1")
    cast_all(open_box, open_ballots(open_box, 60, draw))
    cast_all(open_box, open_ballots(open_box, 15, draw, unit="u1", device=mark))
    cast_all(roster, roster_ballots(roster, made.cards[:12], draw))
    close()
    seal_record()
    assert run(settings, "box", "open", "p").exit_code == 0
    key = tmp_path / "key"
    key.write_bytes(
        (settings.read(SurveySettings).box_folder / box_name(1, made.prepared.public)).read_bytes()
    )
    assert run(settings, "box", "export", "p", "--out", tmp_path / "out").exit_code == 0
    return tmp_path / "out", key, made


def test_recount_gives_the_recorded_bytes(handed_out: tuple[Path, Path, Ballots], tmp_path: Path) -> None:
    folder, key, made = handed_out
    out = tmp_path / "counted.json"
    done = recount(folder, "--key", key, "--out", out)
    assert done.returncode == 0, done.stderr
    assert "75 ballots, 61 counted, 14 held, 0 rejected: the same bytes as recorded" in done.stdout
    counted = json.loads(out.read_bytes())
    with transaction() as connection:
        rows = connection.execute(
            text(
                "SELECT e.values, e.standing FROM entry_head h JOIN entry e ON e.delivery_id = h.delivery_id"
                " AND e.position = h.position WHERE h.channel_id = :id"
            ),
            {"id": made.open_id},
        ).all()
    stored = sorted(
        (values["unit"], values["dimension"], values["option"], standing, values["count"])
        for values, standing in rows
    )
    again = sorted(
        (one["unit"], one["dimension"], one["option"], one["standing"], one["count"])
        for one in counted["mobile_qr"]["entries"]
    )
    assert again == stored


def test_both_printed_parts_serve_as_well_as_the_file(handed_out: tuple[Path, Path, Ballots]) -> None:
    folder, key, _ = handed_out
    parts = zip(split(bytes.fromhex(key.read_text().strip())), (1, 2), strict=True)
    first, second = (" ".join(print_part(content, 1 if part == 1 else 2)) for content, part in parts)
    from click.testing import CliRunner

    from pingyi import cli

    typed = CliRunner().invoke(
        cli.main, ["--lang", "en", "recount", str(folder)], input=f"{first}\n{second}\n"
    )
    assert typed.exit_code == 0, typed.output
    assert first[:5] not in typed.output


def test_foreign_key_and_damaged_folder_are_refused(
    handed_out: tuple[Path, Path, Ballots], tmp_path: Path
) -> None:
    folder, key, _ = handed_out
    other = tmp_path / "other"
    other.write_text(new_secret().hex())
    foreign = recount(folder, "--key", other)
    assert foreign.returncode == 1
    assert "not the key of this box" in foreign.stderr
    rows = folder / "mobile_qr.rows.jsonl"
    rows.write_bytes(rows.read_bytes()[:-50])
    assert "missing or damaged" in recount(folder, "--key", key).stderr


def test_folder_that_differs_gives_other_numbers_and_exit_status_1(
    handed_out: tuple[Path, Path, Ballots],
) -> None:
    folder, key, _ = handed_out
    rows = folder / "mobile_qr.rows.jsonl"
    rows.write_bytes(b"".join(rows.read_bytes().splitlines(keepends=True)[1:]))
    done = recount(folder, "--key", key)
    assert done.returncode == 1
    assert "which is not what was recorded" in done.stdout
