"""Whatever is done to the box behind its back is rejected or found, and named; no card counts twice."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool
from tests.ballot_period import ballot_period, close, unit_id
from tests.cast_ballots import amounts, boxes, cast_all, open_ballots, roster_ballots, seal_record
from tests.conftest import superuser_url
from tests.integration.surveys.tampering import CAST, PERIOD, Scene

from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.embedded.engines import Endpoints
from pingyi.ledger.notes import Checkpoint
from pingyi.ledger.tree_heads import newest_head
from pingyi.settings import Settings
from pingyi_surveys.ballot.keys import box_keys, new_secret
from pingyi_surveys.ballot.opened_ballot import OpenedBallot
from pingyi_surveys.ballot.tally import open_rows
from pingyi_surveys.counting.match_record import match
from pingyi_surveys.counting.open_boxes import COUNTING, Approval, open_by_itself, open_period_boxes
from pingyi_surveys.counting.queries import load_leaves, load_rows
from pingyi_surveys.settings import SurveySettings
from pingyi_surveys.setup.key_files import read_keys


@pytest.fixture
def scene(app: Flask, endpoints: Endpoints) -> Any:
    made, draw = ballot_period(), random.Random(5)
    open_box, roster = boxes(made.open_id, made.roster_id)
    receipts = cast_all(open_box, open_ballots(open_box, CAST, draw))
    members = roster_ballots(roster, made.cards, draw)
    cast_all(roster, members[:15])
    engine = create_engine(superuser_url(endpoints), poolclass=NullPool)
    with engine.connect() as superuser:
        superuser.exec_driver_sql("SET session_replication_role = replica")
        superuser.commit()
        yield Scene(made, open_box, roster, receipts, members, superuser)


def stranger(scene: Scene, **more: Any) -> OpenedBallot:
    return open_ballots(scene.open_box, 1, random.Random(99), unit="u1", **more)[0]


def test_forged_ballots_are_rejected_with_their_reason(scene: Scene) -> None:
    own = box_keys(new_secret())
    scene.forge(scene.open_box, stranger(scene), public=own.public)
    scene.forge(
        scene.open_box, open_ballots(scene.open_box, 1, random.Random(98), unit="u1")[0], intake=own.intake
    )
    scene.opened()
    assert scene.rejected(scene.made.open_id) == {("u1", "undecryptable"): 1, ("u1", "bad_mac"): 1}
    assert amounts(scene.made.open_id) == (CAST + 2, CAST, 0, 2)


def test_replayed_ballot_is_rejected_here_and_on_another_channel(scene: Scene) -> None:
    with transaction() as connection:
        row = load_rows(connection, scene.made.open_id)[0]
    again = stranger(scene)
    scene.insert(scene.open_box, again, row.group, row.ciphertext, leaf=True)
    scene.insert(scene.roster, again._replace(unit=""), row.group, row.ciphertext, leaf=True)
    scene.opened()
    assert scene.rejected(scene.made.open_id) == {("u1", "undecryptable"): 1}
    assert scene.rejected(scene.made.roster_id) == {("", "undecryptable"): 1}
    assert amounts(scene.made.open_id) == (CAST + 1, CAST, 0, 1)


def test_ballot_moved_to_another_unit_is_rejected(scene: Scene) -> None:
    scene.run(
        "UPDATE sealed_ballot SET unit_id = CASE unit_id WHEN :one THEN :other ELSE :one END"
        " WHERE receipt = :receipt",
        one=unit_id("u1"),
        other=unit_id("u2"),
        receipt=scene.receipts[0],
    )
    scene.run("UPDATE sealed_ballot SET unit_id = 4711 WHERE receipt = :receipt", receipt=scene.receipts[1])
    scene.opened()
    rejected = scene.rejected(scene.made.open_id)
    assert {why for _, why in rejected} == {"moved"}
    assert {unit for unit, _ in rejected} <= {"u1", "u2", "?"}
    assert amounts(scene.made.open_id) == (CAST, CAST - 2, 0, 2)


def test_late_ballot_is_rejected_though_all_its_keys_are_right(scene: Scene) -> None:
    close()
    seal_record()
    scene.forge(scene.open_box, stranger(scene))
    scene.forge(scene.roster, scene.members[16])
    seal_record()
    assert open_by_itself(PERIOD) == 2
    assert scene.rejected(scene.made.open_id) == {("u1", "late"): 1}
    assert scene.rejected(scene.made.roster_id) == {("", "late"): 1}


def test_no_card_counts_twice_and_no_more_ballots_than_cards(scene: Scene) -> None:
    scene.run("ALTER TABLE sealed_ballot DROP CONSTRAINT pk_sealed_ballot")
    try:
        twice = scene.members[0]._replace(answers=(3,) * scene.roster.layout.questions)
        scene.forge(scene.roster, twice)
        unused = roster_ballots(scene.roster, [new_secret()[:16] for _ in range(8)], random.Random(6))
        for one in unused:
            scene.forge(scene.roster, one)
        scene.opened()
        assert scene.rejected(scene.made.roster_id) == {("", "replayed"): 1, ("", "cards_exceeded"): 3}
        assert amounts(scene.made.roster_id) == (24, 20, 0, 4)
    finally:
        scene.run("DELETE FROM sealed_ballot")
        scene.run(
            "ALTER TABLE sealed_ballot ADD CONSTRAINT pk_sealed_ballot PRIMARY KEY (channel_id, nullifier)"
        )


def _altered(scene: Scene) -> None:
    scene.run(
        "UPDATE sealed_ballot SET ciphertext = set_byte(ciphertext, 9, 255 - get_byte(ciphertext, 9))"
        " WHERE receipt = :receipt",
        receipt=scene.receipts[0],
    )


def _deleted(scene: Scene) -> None:
    scene.run("DELETE FROM sealed_ballot WHERE receipt = :receipt", receipt=scene.receipts[0])


def _moved_to_the_roster(scene: Scene) -> None:
    scene.run(
        "UPDATE sealed_ballot SET channel_id = :to WHERE receipt = :receipt",
        to=scene.made.roster_id,
        receipt=scene.receipts[0],
    )


def _truncated(scene: Scene) -> None:
    scene.run("TRUNCATE sealed_ballot")


def _extra(scene: Scene) -> None:
    scene.forge(scene.open_box, stranger(scene), leaf=False)


@pytest.mark.parametrize(
    ("spoil", "code", "named"),
    [
        (_altered, "ballot_altered", 1),
        (_deleted, "ballot_missing", 1),
        (_moved_to_the_roster, "ballot_missing", 1),
        (_truncated, "ballot_missing", 20),
        (_extra, "ballot_extra", 1),
    ],
)
def test_box_that_differs_from_the_record_stays_closed(
    scene: Scene, spoil: Callable[[Scene], None], code: str, named: int
) -> None:
    close()
    seal_record()
    spoil(scene)
    with pytest.raises(Problem, match="box_mismatch") as refused:
        open_by_itself(PERIOD)
    assert [error.code for error in refused.value.errors] == [code] * named
    if code != "ballot_extra" and named == 1:
        assert scene.receipts[0].hex() in refused.value.errors[0].message.en
    with transaction() as connection:
        assert not connection.execute(text("SELECT 1 FROM box_opening")).first()
        assert not connection.execute(text("SELECT 1 FROM entry")).first()
        told = connection.execute(text("SELECT error FROM progress WHERE topic = 'open_boxes'")).scalar_one()
    assert "mobile_qr" in told


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM leaf WHERE id = (SELECT min(id) FROM leaf WHERE kind = 'ballot')",
        "DELETE FROM sealed_leaf WHERE leaf_id = (SELECT min(id) FROM leaf WHERE kind = 'ballot')",
        "UPDATE sealed_leaf SET hash = sha256(hash) WHERE index = 30",
    ],
)
def test_changed_record_is_found_before_anything_is_opened(scene: Scene, statement: str) -> None:
    close()
    seal_record()
    scene.run(statement)
    with pytest.raises(Problem, match="record_differs"):
        open_by_itself(PERIOD)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ballot_keys SET key_file = sha256(key_file)",
        "UPDATE leaf SET body = body || ' ' WHERE kind = 'ballots.prepared'",
        "UPDATE prepared_box SET content = replace(content::text, '1/4', '3/4')::json",
    ],
)
def test_changed_preparation_is_found(scene: Scene, statement: str, settings: Settings) -> None:
    close()
    seal_record()
    secret = scene.secret(settings)
    scene.run(statement)
    with pytest.raises(Problem, match="preparation_changed"):
        open_period_boxes(PERIOD, secret, COUNTING)


def test_swapped_public_key_is_refused_by_the_secret_of_the_true_one(
    scene: Scene, settings: Settings
) -> None:
    close()
    seal_record()
    secret = scene.secret(settings)
    own = new_secret()
    scene.run("UPDATE ballot_keys SET public = :public", public=box_keys(own).public)
    with pytest.raises(Problem, match="box_key_wrong"):
        open_period_boxes(PERIOD, secret, COUNTING)
    with pytest.raises(Problem, match="preparation_changed"):
        open_period_boxes(PERIOD, own, COUNTING)
    assert open_by_itself(PERIOD) == 0


def test_restored_older_database_is_found_by_a_head_kept_outside(scene: Scene, settings: Settings) -> None:
    close()
    seal_record()
    with transaction() as connection:
        head = newest_head(connection)
    assert head
    own = Checkpoint(head.origin, head.size, head.root)
    for lost in (Checkpoint(head.origin, head.size + 7, head.root), Checkpoint(head.origin, 3, head.root)):
        with pytest.raises(Problem, match="record_differs"):
            open_period_boxes(PERIOD, scene.secret(settings), COUNTING, outside=lost)
    assert len(open_period_boxes(PERIOD, scene.secret(settings), COUNTING, outside=own)) == 2


def test_two_people_go_on_and_the_record_names_what_is_lost(scene: Scene, settings: Settings) -> None:
    close()
    seal_record()
    _deleted(scene)
    scene.run(
        "UPDATE sealed_ballot SET ciphertext = set_byte(ciphertext, 9, 255 - get_byte(ciphertext, 9))"
        " WHERE receipt = :receipt",
        receipt=scene.receipts[1],
    )
    _extra(scene)
    both = Approval(by="account-1", second="account-2")
    open_period_boxes(PERIOD, scene.secret(settings), COUNTING, approval=both)
    assert amounts(scene.made.open_id) == (CAST, CAST - 2, 0, 2)
    with transaction() as connection:
        body = connection.execute(
            text("SELECT convert_from(body, 'UTF8') FROM leaf WHERE kind = 'box.opened' ORDER BY id LIMIT 1")
        ).scalar_one()
    told = json.loads(body)
    assert told["missing"] == [scene.receipts[0].hex()]
    assert told["altered"] == [scene.receipts[1].hex()]
    assert len(told["extra"]) == 1
    assert told["approved_by"] == ["account-1", "account-2"]


def test_without_the_box_secret_nothing_opens(scene: Scene, settings: Settings) -> None:
    """What a web host, the database and its backups hold together is noise."""
    file = read_keys(settings.read(SurveySettings), PERIOD, scene.made.prepared.key_file)
    close()
    seal_record()
    with transaction() as connection:
        rows = load_rows(connection, scene.made.open_id)
        found = match("p", scene.open_box.channel, rows, load_leaves(connection, PERIOD, "mobile_qr"))
    assert len(found.rows) == CAST
    true = box_keys(scene.secret(settings))
    for guess in (file.secret, file.intake, file.public, new_secret()):
        keys = box_keys(guess)._replace(public=true.public, intake=true.intake)
        results = list(open_rows(found.rows, scene.open_box.layout, keys))
        assert {result.reason for result in results} == {"undecryptable"}
    opened = list(open_rows(found.rows, scene.open_box.layout, true))
    assert {result.reason for result in opened} == {""}
