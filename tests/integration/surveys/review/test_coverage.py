"""Turnout: numbers of sealed ballots by unit and channel, on request, on the record, and never a score."""

from __future__ import annotations

import os

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from tests.ballot_period import OPEN, ROSTER, Ballots, ballot_period, close, unit_id
from tests.conftest import bearer
from tests.integration.web.site.test_boards import counted_queries, words
from tests.small_scheme import names_of

from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.services.core.callers import SHELL, Caller
from pingyi.services.periods.periods import find_period
from pingyi_surveys.ballot.keys import nullifier
from pingyi_surveys.ballot.layout import pack
from pingyi_surveys.ballot.opened_ballot import OpenedBallot
from pingyi_surveys.casting.box_cache import cached_box
from pingyi_surveys.casting.group_commit import cast
from pingyi_surveys.review.coverage import Coverage, view_coverage

ASK = "/office/periods/p/turnout"


def vote(channel_id: int, unit: str, count: int) -> None:
    """Cast ballots for a unit; "" for all."""
    box = cached_box(channel_id)
    for _ in range(count):
        token = nullifier(box.keys.nullifier, box.channel, "page", os.urandom(16))
        ballot = OpenedBallot(
            unit, box.layout.strata[0], box.day, (1,) * box.layout.questions, 0, b"", b"", False, False, token
        )
        plaintext = pack(box.layout, ballot, box.intake)
        cast(box, unit_id(unit) if unit else 0, token, plaintext)


@pytest.fixture
def voted(app: Flask) -> Ballots:
    """Three units: the first has two open ballots, the second one, the third none; four cards came back."""
    made = ballot_period()
    vote(made.open_id, "u1", 2)
    vote(made.open_id, "u2", 1)
    vote(made.roster_id, "", 4)
    return made


def look(key: str = "p", caller: Caller = SHELL) -> Coverage:
    with transaction() as connection:
        return view_coverage(connection, caller, find_period(connection, key))


def views() -> int:
    with transaction() as connection:
        found: int = connection.execute(
            text("SELECT count(*) FROM leaf WHERE kind = 'turnout.viewed'")
        ).scalar_one()
    return found


def test_ballots_are_counted_by_unit_and_channel(voted: Ballots) -> None:
    found = look()
    box, roster = found.boxes
    assert (box.sealed, box.none, box.few, box.issued) == (3, 1, 1, 0)
    assert (roster.sealed, roster.none, roster.issued, dict(roster.cards)) == (4, 0, 20, {"": 20})
    assert [unit.ballots[OPEN] for unit in found.units] == [2, 1, 0]
    assert [unit.ballots[ROSTER] for unit in found.units] == [4, 4, 4]
    assert found.last_day is not None


def test_every_look_is_recorded_and_a_refused_one_shows_nothing(client: FlaskClient, voted: Ballots) -> None:
    assert client.get(ASK, headers=bearer("administrator")).status_code == 405
    for role, status in (("administrator", 200), ("auditor", 200), ("approver", 403), ("reviewer", 403)):
        page = client.post(ASK, headers=bearer(role))
        assert page.status_code == status
        assert ("市公安局" in page.text) is (status == 200)
    assert views() == 2
    with pytest.raises(Problem, match="forbidden"):
        look(caller=Caller(name="x", roles=frozenset({"approver"})))
    assert views() == 2


def test_page_tells_coverage_and_cards_in_both_languages(client: FlaskClient, voted: Ballots) -> None:
    said = words(client.post(ASK, headers=bearer("administrator")).text)
    assert "本次查看已记入公开记录" in said
    assert "代表测评 4 20 20% 0" in said
    assert "市供电公司 0 无票" in said
    said = words(client.post(f"{ASK}?lang=en", headers=bearer("administrator")).text)
    assert "all ballots are sealed" in said


def test_draft_has_no_turnout_and_a_closed_period_still_has(client: FlaskClient, app: Flask) -> None:
    ballot_period(key="d", opened=False)
    page = client.post("/office/periods/d/turnout", headers=bearer("administrator"))
    assert page.status_code == 409
    ballot_period()
    close()
    assert client.post(ASK, headers=bearer("administrator")).status_code == 200
    assert views() == 1


def test_queries_do_not_grow_with_units_boxes_or_ballots(app: Flask) -> None:
    counts = []
    for key, units in (("p", 2), ("q", 40)):
        made = ballot_period(names_of(units), key=key)
        vote(made.open_id, "u1", units)
        with counted_queries(app) as found:
            look(key)
        counts.append(len(found))
    assert counts[0] == counts[1] <= 8, counts
