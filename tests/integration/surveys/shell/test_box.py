"""The counting host's commands: keys on paper are typed back, boxes opened, shown, handed out, destroyed."""

from __future__ import annotations

import json
import random
import re
import stat
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from tests.ballot_period import Ballots, ballot_period, close
from tests.cast_ballots import amounts, boxes, cast_all, open_ballots, roster_ballots, seal_record
from tests.integration.surveys.commands import Terminal, run, variables
from tests.small_scheme import open_draft

from pingyi.db import transaction
from pingyi.ledger.tree_heads import newest_head
from pingyi.services.intake.fold import fold_channel
from pingyi.settings import Settings
from pingyi_surveys.ballot.keys import box_keys_of
from pingyi_surveys.ballot.printed_key_parts import join, type_part
from pingyi_surveys.settings import SurveySettings
from pingyi_surveys.setup.key_files import box_name

pytestmark = pytest.mark.long

PERIOD = 1


def voted(made: Ballots) -> None:
    """Ballots in both boxes, the period closed and sealed."""
    draw = random.Random(7)
    open_box, roster = boxes(made.open_id, made.roster_id)
    cast_all(open_box, open_ballots(open_box, 40, draw))
    cast_all(roster, roster_ballots(roster, made.cards[:12], draw))
    close()
    seal_record()


def state(period_state: str) -> None:
    """Carry the period forward as an assessment and two people would."""
    for one in ("assessed", "published")[: 1 + (period_state == "published")]:
        with transaction() as connection:
            connection.execute(text("UPDATE period SET state = :state WHERE key = 'p'"), {"state": one})


def kinds() -> list[str]:
    with transaction() as connection:
        return list(connection.execute(text("SELECT kind FROM leaf ORDER BY id")).scalars())


def secrets_on_disk(settings: Settings, secret: bytes) -> list[Path]:
    return [
        path
        for path in settings.state.rglob("*")
        if path.is_file() and {secret, secret.hex().encode()} & {path.read_bytes().strip()}
    ]


def shown_part(terminal: Terminal, part: int) -> str:
    """The groups of a part as its holder reads them."""
    terminal.wait_for(f"Part {part} of the key")
    shown = terminal.wait_for("Press Enter")
    groups = re.findall(r"\b[0-9A-Z]{5}\b", shown.partition("apart:")[2])
    assert len(groups) == 14
    return " ".join(groups)


def test_printed_key_is_typed_back_before_it_is_used_and_opens_the_box(
    app: Flask, settings: Settings
) -> None:
    made = ballot_period(opened=False)
    terminal = Terminal(variables(settings), "box", "prepare", "p", "--printed")
    parts = []
    for part in (1, 2):
        parts.append(shown_part(terminal, part))
        terminal.type("")
        terminal.wait_for(f"Part {part} (14 groups")
        assert kinds().count("ballots.prepared") == 1
        if part == 1:
            terminal.type(parts[0].replace(parts[0][:5], "AAAAA"))
            terminal.wait_for("Group 1 is wrong")
            terminal.wait_for("Part 1 (14 groups")
        terminal.type(parts[-1].lower())
    status, screen = terminal.end()
    assert status == 0, screen
    assert parts[1][:11] not in screen
    assert kinds().count("ballots.prepared") == 2
    with transaction() as connection:
        public, kept = connection.execute(
            text("SELECT public, kept FROM ballot_keys ORDER BY id DESC LIMIT 1")
        ).one()
    secret = join(type_part(parts[0], 1), type_part(parts[1], 2))
    assert box_keys_of(secret, public)
    assert kept == "printed"
    assert not secrets_on_disk(settings, secret)
    open_draft("p")
    voted(made)
    wrong = run(settings, "box", "open", "p", given=f"{parts[0]}\n{made_up(parts[1])}\n")
    assert wrong.exit_code == 1
    assert "not the key of this box" in wrong.output
    done = run(settings, "box", "open", "p", given=f"{parts[0]}\n{parts[1]}\n")
    assert done.exit_code == 0, done.output
    assert parts[0][:5] not in done.output
    assert amounts(made.open_id) == (40, 40, 0, 0)


def made_up(part: str) -> str:
    """Another well-formed second part."""
    from pingyi_surveys.ballot.printed_key_parts import print_part

    content = type_part(part, 2)
    return " ".join(print_part(bytes([content[0] ^ 1, *content[1:]]), 2))


def test_another_part_than_the_one_shown_stores_nothing(app: Flask, settings: Settings) -> None:
    ballot_period(opened=False)
    terminal = Terminal(variables(settings), "box", "prepare", "p", "--printed")
    part = shown_part(terminal, 1)
    terminal.type("")
    terminal.wait_for("Part 1 (14 groups")
    from pingyi_surveys.ballot.printed_key_parts import print_part

    content = type_part(part, 1)
    terminal.type(" ".join(print_part(bytes([content[0] ^ 1, *content[1:]]), 1)))
    status, screen = terminal.end()
    assert status == 1
    assert "another part" in screen
    assert kinds().count("ballots.prepared") == 1


def test_box_is_opened_by_the_file_and_a_second_time_there_is_nothing_to_do(
    app: Flask, settings: Settings, tmp_path: Path
) -> None:
    made = ballot_period()
    voted(made)
    with transaction() as connection:
        head = newest_head(connection)
    assert head
    kept = tmp_path / "head"
    kept.write_text("x\n1\nAAAA\n\n— x AAAA\n", encoding="utf-8")
    assert run(settings, "box", "open", "p", "--head", kept).exit_code == 2
    done = run(settings, "box", "open", "p", "--head", heads_file(settings))
    assert done.exit_code == 0, done.output
    assert "40 sealed, 40 counted, 0 held, 0 rejected" in done.output
    again = run(settings, "box", "open", "p")
    assert again.exit_code == 0
    assert "There is no box to open" in again.output


def heads_file(settings: Settings) -> Path:
    return next(path for path in settings.heads_folder.rglob("*") if path.name == "checkpoint")


def test_going_on_needs_two_accounts(app: Flask, settings: Settings) -> None:
    made = ballot_period()
    voted(made)
    assert run(settings, "box", "open", "p", "--go-on", "--by", "a").exit_code == 2
    assert run(settings, "box", "open", "p", "--by", "a", "--second", "b").exit_code == 2
    same = run(settings, "box", "open", "p", "--go-on", "--by", "a", "--second", "a")
    assert "two different people" in same.output
    nobody = run(settings, "box", "open", "p", "--go-on", "--by", "a", "--second", "b")
    assert "Account a was not found" in nobody.output
    assert "box.opened" not in kinds()


def test_status_tells_the_turnout_and_is_itself_on_the_record(app: Flask, settings: Settings) -> None:
    made = ballot_period()
    open_box, _ = boxes(made.open_id, made.roster_id)
    cast_all(open_box, open_ballots(open_box, 11, random.Random(8)))
    before = kinds().count("turnout.viewed")
    shown = run(settings, "box", "status", "p")
    assert shown.exit_code == 0, shown.output
    assert "mobile_qr: 11 ballots, not opened" in shown.output
    assert "deputies: 0 / 20 ballots" in shown.output
    assert kinds().count("turnout.viewed") == before + 1


def test_export_is_private_and_refused_before_the_opening(
    app: Flask, settings: Settings, tmp_path: Path
) -> None:
    made = ballot_period()
    voted(made)
    early = run(settings, "box", "export", "p", "--out", tmp_path / "early")
    assert early.exit_code == 1
    assert not (tmp_path / "early").exists()
    run(settings, "box", "open", "p")
    done = run(settings, "box", "export", "p", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    files = sorted((tmp_path / "out").iterdir())
    assert len(files) == 5
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700
    told = json.loads((tmp_path / "out" / "box.json").read_bytes())
    assert [one["opening"]["sealed"] for one in told["boxes"]] == [40, 12]
    assert "ballots.exported" in kinds()
    assert run(settings, "box", "export", "p", "--out", tmp_path / "out").exit_code == 1


def test_destroyed_box_leaves_nothing_to_open(app: Flask, settings: Settings, tmp_path: Path) -> None:
    made = ballot_period()
    voted(made)
    assert "closed" in run(settings, "box", "destroy", "p", "--yes").output
    run(settings, "box", "open", "p")
    for channel_id in (made.open_id, made.roster_id):
        fold_channel(channel_id)
    state("assessed")
    assert run(settings, "box", "destroy", "p", "--yes").exit_code == 1
    state("published")
    file = settings.read(SurveySettings).box_folder / box_name(PERIOD, made.prepared.public)
    assert file.exists()
    assert run(settings, "box", "destroy", "p", given="n\n").exit_code == 1
    assert file.exists()
    done = run(settings, "box", "destroy", "p", given="y\n")
    assert done.exit_code == 0, done.output
    assert "52 sealed ballots" in done.output
    assert not file.exists()
    with transaction() as connection:
        assert not connection.execute(text("SELECT 1 FROM sealed_ballot")).first()
        body = connection.execute(
            text("SELECT convert_from(body, 'UTF8') FROM leaf WHERE kind = 'ballots.destroyed'")
        ).scalar_one()
    assert json.loads(body)["removed"] == 52
    gone = run(settings, "box", "export", "p", "--out", tmp_path / "out")
    assert gone.exit_code == 1
    assert "destroyed" in gone.output


@pytest.mark.parametrize("command", ["open", "status", "prepare", "destroy"])
def test_unknown_period_is_named(app: Flask, settings: Settings, command: str) -> None:
    found = run(settings, "box", command, "nowhere")
    assert found.exit_code == 1
    assert "nowhere" in found.output
