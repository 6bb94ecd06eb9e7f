"""Two reviewers who agree decide held ballots; the counters, the record and the result follow."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import text
from tests.ballot_period import OPEN, ballot_period, close
from tests.cast_ballots import boxes, cast_all, open_ballots, roster_ballots, seal_record
from tests.integration.web.site.test_boards import counted_queries
from tests.opened_box import opened_box, reviewer

from pingyi.db import db, transaction
from pingyi.domain.errors import Problem
from pingyi.embedded.engines import Endpoints
from pingyi.roles import Role
from pingyi.services.core.callers import SHELL, Caller
from pingyi.services.periods.periods import find_period, request_assessment
from pingyi.services.results.load import load_result
from pingyi_surveys.counting.open_boxes import open_by_itself
from pingyi_surveys.review.held_ballots import (
    HeldCell,
    ReviewedPeriod,
    cells_to_review,
    review_cell,
    reviewed_periods,
)
from pingyi_workers.work import drain

ONE, TWO, THREE = reviewer(1), reviewer(2), reviewer(3)
CELLS = {("u1", "R3"): 60, ("u1", "R4"): 205, ("u2", "R1"): 29}


def say(caller: Caller, unit: str, reason: str, *, release: bool, grounds: str = "看过") -> HeldCell:
    with transaction() as connection:
        period = find_period(connection, "p")
        return review_cell(connection, caller, period, OPEN, unit, reason, release=release, grounds=grounds)


def cells() -> dict[tuple[str, str], HeldCell]:
    with transaction() as connection:
        found = cells_to_review(connection, find_period(connection, "p"))
    return {(cell.unit, cell.reason): cell for cell in found}


def answers(standing: str, unit: str = "u1") -> int:
    """The answers of a unit's entries that stand so."""
    with transaction() as connection:
        found: int = connection.execute(
            text(
                "SELECT coalesce(sum((e.values ->> 'count')::bigint), 0) FROM entry_head h"
                " JOIN entry e ON e.delivery_id = h.delivery_id AND e.position = h.position"
                " JOIN unit u ON u.id = e.unit_id WHERE u.code = :unit AND e.standing = :standing"
            ),
            {"unit": unit, "standing": standing},
        ).scalar_one()
    return found


def leaves(kind: str) -> list[dict[str, Any]]:
    with transaction() as connection:
        found = connection.execute(
            text("SELECT body FROM leaf WHERE kind = :kind ORDER BY id"), {"kind": kind}
        ).scalars()
        return [json.loads(bytes(body)) for body in found]


def test_held_cells_wait_for_review_with_their_numbers(app: Flask) -> None:
    opened_box()
    assert {key: cell.ballots for key, cell in cells().items()} == CELLS
    assert {cell.decided for cell in cells().values()} == {None}
    with transaction() as connection:
        assert reviewed_periods(connection) == [ReviewedPeriod("p", "closed", 3)]


def test_two_who_agree_release_the_ballots_of_that_cell_alone(app: Flask) -> None:
    opened_box()
    counted, held = answers("counted"), answers("held")
    assert say(ONE, "u1", "R3", release=True).decided is None
    assert answers("held") == held
    assert say(TWO, "u1", "R3", release=True).decided is True
    questions = held // 265
    assert answers("counted") == counted + 60 * questions
    assert answers("held") == 205 * questions
    assert answers("held", "u2") == 29 * questions


def test_two_who_agree_reject_and_the_record_tells_without_the_grounds(app: Flask) -> None:
    opened_box()
    say(ONE, "u1", "R4", release=False, grounds="同一时段集中投票")
    say(TWO, "u1", "R4", release=False)
    assert answers("rejected") > 0
    reviewed, decided = leaves("cell.reviewed"), leaves("cell.decided")
    assert [leaf["by"] for leaf in reviewed] == ["account-1", "account-2"]
    assert "release" not in reviewed[0]
    assert set(reviewed[0]["commitments"]) == {"grounds", "release"}
    assert "同一时段" not in json.dumps(reviewed, ensure_ascii=False)
    named = {"period": "p", "channel": OPEN, "unit": "u1", "reason": "R4"}
    assert {**named, "release": False, "ballots": 205}.items() <= decided[0].items()
    moved = [leaf for leaf in leaves("disposition") if leaf["standing"] == "rejected"]
    assert moved


def test_two_who_differ_wait_for_a_third_whose_word_decides(app: Flask) -> None:
    opened_box()
    say(ONE, "u2", "R1", release=True)
    assert say(TWO, "u2", "R1", release=False).decided is None
    assert answers("held", "u2") > 0
    assert say(THREE, "u2", "R1", release=False).decided is False
    assert answers("held", "u2") == 0
    with pytest.raises(Problem, match="cell_decided"):
        say(reviewer(4), "u2", "R1", release=True)


def test_nobody_speaks_twice_on_one_cell(app: Flask) -> None:
    opened_box()
    say(ONE, "u1", "R3", release=True)
    with pytest.raises(Problem, match="cell_reviewed"):
        say(ONE, "u1", "R3", release=True)
    assert cells()["u1", "R3"].decided is None


def test_what_others_said_is_told_only_after_speaking_up(app: Flask) -> None:
    opened_box()
    say(ONE, "u1", "R3", release=True)
    cell = cells()["u1", "R3"]
    assert cell.shown(TWO) == ()
    assert len(cell.shown(ONE)) == 1
    say(TWO, "u1", "R3", release=True)
    assert len(cells()["u1", "R3"].shown(THREE)) == 2


@pytest.mark.parametrize(
    "caller",
    [
        SHELL,
        Caller(name="account-9", roles=frozenset({Role.ADMINISTRATOR, Role.APPROVER})),
        reviewer(9, Role.AUDITOR),
        reviewer(9, Role.SECURITY_ADMINISTRATOR),
    ],
)
def test_only_reviewers_review(app: Flask, caller: Caller) -> None:
    opened_box()
    with pytest.raises(Problem, match="forbidden"):
        say(caller, "u1", "R3", release=True)


def test_grounds_are_asked_for_and_cells_have_to_exist(app: Flask) -> None:
    opened_box()
    with pytest.raises(Problem, match="reason_required"):
        say(ONE, "u1", "R3", release=True, grounds="  ")
    with pytest.raises(Problem, match="not_found"):
        say(ONE, "u3", "R3", release=True)


def test_nothing_is_reviewed_before_closing(app: Flask) -> None:
    opened_box(closed=False)
    with pytest.raises(Problem, match="wrong_state"):
        say(ONE, "u1", "R3", release=True)


def test_the_result_follows_and_the_review_ends_with_it(app: Flask, endpoints: Endpoints) -> None:
    opened_box()
    for caller in (ONE, TWO):
        say(caller, "u1", "R4", release=True)
        say(caller, "u2", "R1", release=False)
    with transaction() as connection:
        request_assessment(connection, SHELL, "p")
    db.session.remove()
    with Redis.from_url(endpoints.redis_url) as redis:
        drain(app, redis)
    with transaction() as connection:
        units = {unit.code: unit for unit in load_result(connection, "p", 1, published_only=False).units}
    rated = {code: unit.scores[0].points for code, unit in units.items()}
    assert float(rated["u1"] or 0) < float(rated["u3"] or 0)
    with pytest.raises(Problem, match="wrong_state"):
        say(ONE, "u1", "R3", release=True)


def test_two_who_agree_at_the_same_moment_decide_once(app: Flask) -> None:
    opened_box()

    def speak(caller: Caller) -> bool | None:
        with app.app_context():
            return say(caller, "u1", "R3", release=False).decided

    with ThreadPoolExecutor(2) as pool:
        assert sorted(map(str, pool.map(speak, (ONE, TWO)))) == ["False", "None"]
    assert len(leaves("cell.decided")) == 1
    assert answers("held") == answers("held", "u2") // 29 * 205


def test_what_a_real_opening_held_is_released(app: Flask) -> None:
    made = ballot_period()
    box, roster = boxes(made.open_id, made.roster_id)
    ballots = open_ballots(box, 200, Random(3))
    phone = b"one phone.......", "u1"
    again = [one._replace(device=phone[0], unit=phone[1]) for one in ballots[:41]]
    cast_all(box, [*again, *ballots[41:]])
    cast_all(roster, roster_ballots(roster, made.cards[:15], Random(4)))
    close()
    seal_record()
    assert open_by_itself(1) == 2
    assert {key: cell.ballots for key, cell in cells().items()} == {("u1", "R1"): 40}
    before = answers("counted")
    for caller in (ONE, TWO):
        say(caller, "u1", "R1", release=True)
    assert answers("held") == 0
    assert answers("counted") == before + 40 * box.layout.questions


def test_listing_costs_the_same_whatever_was_said(app: Flask) -> None:
    opened_box()
    with counted_queries(app) as before:
        cells()
    for caller in (ONE, TWO):
        for unit, reason in CELLS:
            say(caller, unit, reason, release=True)
    with counted_queries(app) as after:
        cells()
    assert len(before) == len(after)
