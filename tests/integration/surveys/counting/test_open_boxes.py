"""Boxes are opened once: tallies enter like everything else, and what was sealed adds up."""

from __future__ import annotations

import json
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import text
from tests.ballot_period import Ballots, ballot_period, close
from tests.cast_ballots import amounts, boxes, cast_all, open_ballots, roster_ballots, seal_record

from pingyi.db import db, transaction
from pingyi.domain.errors import Problem
from pingyi.outbox import open_requests
from pingyi.services.core.callers import SHELL
from pingyi.services.intake.fold import fold_channel
from pingyi.services.periods.periods import request_assessment
from pingyi.services.results.assess import assess_period
from pingyi.settings import Settings
from pingyi_surveys.ballot.keys import device_mark
from pingyi_surveys.ballot.opened_ballot import OpenedBallot
from pingyi_surveys.counting import closing_head, decrypt
from pingyi_surveys.counting.open_boxes import COUNTING, open_by_itself, open_period_boxes, sweep_up
from pingyi_surveys.settings import SurveySettings
from pingyi_surveys.setup.key_files import box_name, read_box_secret
from pingyi_surveys.topics import OPEN_BOXES

PERIOD = 1


def voted(number: int = 200, cards: int = 15) -> tuple[Ballots, list[OpenedBallot], list[OpenedBallot]]:
    """A closed, sealed period with honest ballots in both boxes."""
    made, draw = ballot_period(), random.Random(1)
    open_box, roster = boxes(made.open_id, made.roster_id)
    opened, members = (
        open_ballots(open_box, number, draw),
        roster_ballots(roster, made.cards[:cards], draw),
    )
    cast_all(open_box, opened)
    cast_all(roster, members)
    close()
    seal_record()
    return made, opened, members


def entries(channel_id: int) -> dict[tuple[str, str, str, str], int]:
    """The standing entries of a channel: unit, dimension, option and standing, with their counts."""
    with transaction() as connection:
        rows = connection.execute(
            text(
                "SELECT e.values, e.standing FROM entry_head h JOIN entry e ON e.delivery_id = h.delivery_id"
                " AND e.position = h.position WHERE h.channel_id = :id"
            ),
            {"id": channel_id},
        ).all()
    found: Counter[tuple[str, str, str, str]] = Counter()
    for values, standing in rows:
        key = values.get("unit", ""), values.get("dimension", ""), values["option"], standing
        found[key] += values["count"]
    return dict(found)


def test_opened_boxes_hold_the_ballots_that_were_cast(app: Flask) -> None:
    made, ballots, members = voted()
    assert open_by_itself(PERIOD) == 2
    assert amounts(made.open_id) == (200, 200, 0, 0)
    assert amounts(made.roster_id) == (15, 15, 0, 0)
    with transaction() as connection:
        layout = connection.execute(
            text("SELECT content -> 'layout' FROM prepared_box WHERE channel_id = :id"), {"id": made.open_id}
        ).scalar_one()
    expected: Counter[tuple[str, str, str, str]] = Counter()
    for ballot in ballots:
        for dimension, answer in zip(layout["dimensions"], ballot.answers, strict=True):
            expected[ballot.unit, dimension, layout["options"][answer], "counted"] += 1
    assert entries(made.open_id) == dict(expected)
    roster = entries(made.roster_id)
    assert roster["", "", "returned", "counted"] == 15
    assert roster["", "", "issued", "counted"] == 20
    assert sum(roster[key] for key in roster if key[0] == "u1") == 15
    assert len(members) == 15


def test_assessment_scores_what_the_boxes_held(app: Flask) -> None:
    made, ballots, _ = voted()
    open_by_itself(PERIOD)
    for channel_id in (made.open_id, made.roster_id):
        fold_channel(channel_id)
    with transaction() as connection:
        request_assessment(connection, SHELL, "p")
    assert assess_period(PERIOD) == 1
    with transaction() as connection:
        rows = connection.execute(
            text(
                "SELECT cs.n FROM channel_score cs JOIN channel c ON c.id = cs.channel_id WHERE c.key = :key"
            ),
            {"key": "mobile_qr"},
        ).scalars()
        assert sum(rows) > 0
        assert open_requests(connection) > 0
    assert ballots


def test_opening_waits_until_everything_is_sealed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ballot_period()
    open_box, _ = boxes(made.open_id, made.roster_id)
    cast_all(open_box, open_ballots(open_box, 30, random.Random(2)))
    close()
    monkeypatch.setattr(closing_head, "SEALED_WITHIN_SECONDS", 0)
    with pytest.raises(Problem, match="record_unsealed"):
        open_by_itself(PERIOD)
    with transaction() as connection:
        asked = "SELECT count(*) FROM outbox WHERE topic = :topic"
        assert connection.execute(text(asked), {"topic": OPEN_BOXES}).scalar_one() == 1
        assert not connection.execute(text("SELECT 1 FROM key_destruction")).first()
    seal_record()
    assert open_by_itself(PERIOD) == 2
    with transaction() as connection:
        assert connection.execute(text(asked), {"topic": OPEN_BOXES}).scalar_one() == 0


def test_second_opening_and_one_at_the_same_time_change_nothing(app: Flask, settings: Settings) -> None:
    made, _, _ = voted()
    secret = read_box_secret(settings.read(SurveySettings), PERIOD, made.prepared.public)
    assert secret

    def again(_: int) -> int:
        with app.app_context():
            try:
                return len(open_period_boxes(PERIOD, secret, COUNTING))
            finally:
                db.session.remove()

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(again, range(3))) == [0, 0, 2]
    assert open_by_itself(PERIOD) == 0
    with transaction() as connection:
        leaves = connection.execute(text("SELECT count(*) FROM leaf WHERE kind = 'box.opened'")).scalar_one()
    assert leaves == 2


def test_period_secret_is_gone_before_the_box_opens(app: Flask, settings: Settings) -> None:
    voted()
    before = list(settings.read(SurveySettings).ballots_folder.glob("period-1-*.keys"))
    open_by_itself(PERIOD)
    assert before
    assert not list(settings.read(SurveySettings).ballots_folder.glob("period-1-*.keys"))
    with transaction() as connection:
        kinds = connection.execute(
            text("SELECT kind FROM leaf WHERE kind IN ('ballots.secret_destroyed', 'box.opened') ORDER BY id")
        ).scalars()
        assert list(kinds) == ["ballots.secret_destroyed", "box.opened", "box.opened"]


def test_same_device_is_held_by_reason_and_counts_apart(app: Flask) -> None:
    made, draw = ballot_period(), random.Random(3)
    open_box, _ = boxes(made.open_id, made.roster_id)
    mark = device_mark(open_box.keys.mark, b"one phone", open_box.channel, "u1")
    stuffed = open_ballots(open_box, 31, draw, unit="u1", device=mark)
    cast_all(open_box, [*open_ballots(open_box, 100, draw), *stuffed])
    close()
    seal_record()
    open_by_itself(PERIOD)
    assert amounts(made.open_id) == (131, 101, 30, 0)
    held = {key: count for key, count in entries(made.open_id).items() if key[3] == "held"}
    assert {key[0] for key in held} == {"u1"}
    with transaction() as connection:
        reasons = connection.execute(
            text("SELECT DISTINCT reason, values ->> 'batch' FROM entry WHERE standing = 'held'")
        ).all()
        report = connection.execute(
            text("SELECT report FROM box_opening WHERE channel_id = :id"), {"id": made.open_id}
        ).scalar_one()
    assert [tuple(row) for row in reasons] == [("R1", "box.R1")]
    assert [(finding["unit"], finding["reason"]) for finding in report["findings"]] == [("u1", "R1")]
    assert "satisfied" not in json.dumps(report)


def test_comments_become_opinions_in_the_order_of_their_bytes(app: Flask) -> None:
    made, ballots, _ = voted()
    open_by_itself(PERIOD)
    with transaction() as connection:
        rows = connection.execute(
            text("SELECT comment FROM ballot_opinion WHERE channel_id = :id ORDER BY position"),
            {"id": made.open_id},
        ).scalars().all()  # fmt: skip
    told = [ballot.comment for ballot in ballots if ballot.comment]
    assert list(rows) == sorted(told, key=str.encode)
    assert rows


def test_many_processes_open_the_same_bytes(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    made, draw = ballot_period(), random.Random(4)
    open_box, _ = boxes(made.open_id, made.roster_id)
    cast_all(open_box, open_ballots(open_box, 300, draw))
    close()
    seal_record()
    monkeypatch.setattr(decrypt, "ALONE", 10)
    monkeypatch.setattr(decrypt, "CHUNK", 100)
    open_by_itself(PERIOD)
    assert amounts(made.open_id) == (300, 300, 0, 0)
    with transaction() as connection:
        done = connection.execute(
            text("SELECT done, total FROM progress WHERE topic = :topic"), {"topic": OPEN_BOXES}
        ).one()
    assert done.done == done.total


def test_empty_boxes_are_opened_too(app: Flask) -> None:
    made = ballot_period()
    close()
    seal_record()
    assert open_by_itself(PERIOD) == 2
    assert amounts(made.open_id) == (0, 0, 0, 0)
    assert entries(made.roster_id) == {("", "", "issued", "counted"): 20}


def test_sweep_asks_again_only_where_the_key_is_a_file(app: Flask, settings: Settings) -> None:
    made, _, _ = voted(30, 10)
    with transaction() as connection:
        connection.execute(text("DELETE FROM outbox WHERE topic = :topic"), {"topic": OPEN_BOXES})
    file = settings.read(SurveySettings).box_folder / box_name(PERIOD, made.prepared.public)
    hidden = file.rename(file.with_suffix(".hidden"))
    sweep_up()
    with transaction() as connection:
        asked = text("SELECT count(*) FROM outbox WHERE topic = :topic")
        assert connection.execute(asked, {"topic": OPEN_BOXES}).scalar_one() == 0
    assert open_by_itself(PERIOD) == 0
    hidden.rename(file)
    sweep_up()
    with transaction() as connection:
        assert connection.execute(asked, {"topic": OPEN_BOXES}).scalar_one() == 1
    assert open_by_itself(PERIOD) == 2
