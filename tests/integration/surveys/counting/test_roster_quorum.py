"""What a roster's ballots are worth: issued, returned, abstentions and the quorum."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from tests.ballot_period import ROSTER, THREE, Ballots, ballot_period, close
from tests.cast_ballots import seal_record
from tests.integration.surveys.rosters import Voter

from pingyi.db import transaction
from pingyi.services.core.callers import SHELL
from pingyi.services.intake.fold import fold_channel
from pingyi.services.periods.periods import request_assessment
from pingyi.services.results.assess import assess_period
from pingyi_surveys.counting.open_boxes import open_by_itself

QUORUM = THREE[:-2] + ', quorum = { over = "0.5", of = "issued" } }'


def assessed(made: Ballots) -> list[dict[str, Any]]:
    """The roster's scores of the units, in order, once the box was opened."""
    close()
    seal_record()
    open_by_itself(1)
    for channel_id in (made.open_id, made.roster_id):
        fold_channel(channel_id)
    with transaction() as connection:
        request_assessment(connection, SHELL, "p")
    assess_period(1)
    with transaction() as connection:
        rows = connection.execute(
            text(
                "SELECT s.status, s.n, s.facts FROM channel_score s JOIN channel c ON c.id = s.channel_id"
                " JOIN period_unit u ON u.unit_id = s.unit_id AND u.period_id = c.period_id"
                " WHERE c.key = :key ORDER BY u.position"
            ),
            {"key": ROSTER},
        )
        return [{**row.facts, "status": row.status, "n": row.n} for row in rows]


def vote(app: Flask, card: bytes, answers: dict[int, int]) -> None:
    voter = Voter(app, card)
    answer = voter.send(answers, "submit")
    if len(answers) < 3:
        answer = voter.confirm(answer)
    assert "已收到您的评议" in answer.text


@pytest.mark.parametrize(("blank", "status"), [(1, "ok"), (0, "below_quorum")])
def test_quorum_counts_every_returned_ballot_also_a_blank_one(app: Flask, blank: int, status: str) -> None:
    made = ballot_period(roster_settings=QUORUM)
    for card in made.cards[:10]:
        vote(app, card, {0: 0, 1: 1, 2: 2})
    for card in made.cards[10 : 10 + blank]:
        vote(app, card, {})
    scores = assessed(made)
    assert {score["status"] for score in scores} == {status}
    assert {(score["issued"], score["returned"]) for score in scores[:1]} == {("20", str(10 + blank))}


def test_abstention_is_no_answer_of_its_unit_alone(app: Flask) -> None:
    made = ballot_period()
    for card in made.cards[:10]:
        vote(app, card, {0: 0, 1: 1, 2: 0})
    for card in made.cards[10:14]:
        vote(app, card, {1: 0})
    scores = assessed(made)
    assert [score["n"] for score in scores] == [10, 14, 10]
    assert {score["returned"] for score in scores} == {"14"}


def test_saved_ballot_that_was_never_submitted_is_not_returned(app: Flask) -> None:
    made = ballot_period()
    for card in made.cards[:12]:
        vote(app, card, {0: 0, 1: 1, 2: 0})
    Voter(app, made.cards[12]).send({0: 0, 1: 1, 2: 0}, "save")
    assert {score["returned"] for score in assessed(made)} == {"12"}
