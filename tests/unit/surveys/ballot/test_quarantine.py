"""The quarantine rules: single rules on small boxes, all of them on boxes of 110,550 honest ballots."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from random import Random
from typing import Any

import pytest
from tests.unit.surveys.stuffing import BUSY_DAY, HONEST, LEVELS, QUEUE, WAYS, Box, Outcome, make_box, outcome

from pingyi_surveys.ballot.opened_ballot import NO_ANSWER, OpenedBallot
from pingyi_surveys.ballot.quarantine import Finding, judge, judge_by
from pingyi_surveys.ballot.thresholds import Rules

SEEDS = (0, 10)
pytestmark = pytest.mark.long
RULES = Rules()
BEST, WORST = (0, 0), (4, 4)
MIXED = ((0, 0), (0, 1), (1, 1), (1, 2), (2, 3), (0, NO_ANSWER))


@cache
def box_of(seed: int) -> Box:
    return make_box(seed)


@cache
def outcome_of(seed: int, senders: str) -> Outcome:
    box = box_of(seed) if senders == "all" else box_of(seed).with_way(senders)
    return outcome(box, judge(box.ballots, RULES, LEVELS))


def ballot(number: int, day: int, answers: tuple[int, ...], **more: Any) -> OpenedBallot:
    made = OpenedBallot("u", "", day, answers, 1, b"device %d" % number, b"", False, False, b"%032d" % number)
    return made._replace(**more)


def ordinary(days: int = 20, each: int = 24, unit: str = "u", number: int = 0) -> list[OpenedBallot]:
    """The same mixed answers every day, all from networks of their own."""
    places = range(number, number + days * each)
    return [ballot(k, (k - number) % days, MIXED[k // days % len(MIXED)], unit=unit) for k in places]


def held(ballots: list[OpenedBallot], rules: Rules = RULES) -> dict[str, int]:
    reasons = judge(ballots, rules, LEVELS).reasons
    return {reason: reasons.count(reason) for reason in sorted(set(reasons)) if reason}


@pytest.mark.parametrize("seed", SEEDS)
def test_the_box_is_of_the_size_it_says(seed: int) -> None:
    outcome = outcome_of(seed, "all")
    assert outcome.sent["honest"] + outcome.sent["queue"] == HONEST
    assert outcome.sent["queue"] == QUEUE
    busy = sum(ballot.day == BUSY_DAY for ballot in box_of(seed).with_way("").ballots)
    assert busy > 2 * HONEST // 30


@pytest.mark.parametrize("way", ["A", "B", "C", "E"])
@pytest.mark.parametrize("seed", SEEDS)
def test_fast_stuffing_is_held_and_honest_ballots_stay(seed: int, way: str) -> None:
    found = outcome_of(seed, way)
    assert found.held[way] * 100 >= 99 * found.sent[way]
    assert found.honest_held() * 1000 <= 2 * HONEST
    before, after = found.shifts[way]
    assert abs(after) < 2 < abs(before)


@pytest.mark.parametrize("seed", SEEDS)
def test_of_one_phone_all_but_the_first_ballot_are_held(seed: int) -> None:
    found = outcome_of(seed, "D")
    assert found.held["D"] == found.sent["D"] - 1
    assert found.honest_held() * 1000 <= 2 * HONEST


@pytest.mark.parametrize("seed", SEEDS)
def test_a_slow_farm_is_not_held_and_keeps_its_shift(seed: int) -> None:
    found = outcome_of(seed, "F")
    assert not found.held["F"]
    before, after = found.shifts["F"]
    assert after == pytest.approx(before, abs=0.1)
    assert after > 3


@pytest.mark.parametrize("senders", ["", *WAYS, "all"])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_queue_and_a_busy_day_are_never_held(seed: int, senders: str) -> None:
    found = outcome_of(seed, senders)
    assert not found.held["queue"]
    assert not found.busy_held


@pytest.mark.parametrize("seed", SEEDS)
def test_without_stuffing_only_shared_phones_are_held(seed: int) -> None:
    box = box_of(seed).with_way("")
    assert {reason for reason in judge(box.ballots, RULES, LEVELS).reasons if reason} == {"R1"}
    assert outcome_of(seed, "").honest_held() <= HONEST // 4000


def test_the_order_of_rows_changes_nothing() -> None:
    box = box_of(SEEDS[0])
    verdict = judge(box.ballots, RULES, LEVELS)
    places = list(range(len(box.ballots)))
    Random(1).shuffle(places)
    other = judge([box.ballots[place] for place in places], RULES, LEVELS)
    assert [verdict.reasons[place] for place in places] == list(other.reasons)
    assert verdict.findings == other.findings


def test_findings_add_up_to_the_ballots_held() -> None:
    box = box_of(SEEDS[0])
    verdict = judge(box.ballots, RULES, LEVELS)
    for finding in verdict.findings:
        cell = [
            ballot
            for ballot, reason in zip(box.ballots, verdict.reasons, strict=True)
            if (ballot.unit, reason) == (finding.unit, finding.reason)
        ]
        assert len(cell) == finding.held
    assert sum(finding.held for finding in verdict.findings) == sum(map(bool, verdict.reasons))


def test_the_first_ballot_of_a_device_counts_whatever_comes_first() -> None:
    ballots = [ballot(k, day, BEST, device=b"phone") for k, day in ((3, 2), (2, 1), (1, 1), (4, 5))]
    assert judge(ballots, RULES, LEVELS).reasons == ("R1", "R1", "", "R1")
    assert judge(ballots, RULES, LEVELS).findings == (
        Finding(unit="u", reason="R1", held=3, groups=1, peak=4, limit=2),
    )


@pytest.mark.parametrize(
    "more", [{"kiosk": True}, {"visit": True}, {"device": b""}], ids=["kiosk", "visit code", "no mark"]
)
def test_kiosks_visit_codes_and_ballots_without_a_mark_may_repeat(more: dict[str, Any]) -> None:
    assert not held([ballot(k, k, BEST, **{"device": b"same", **more}) for k in range(5)])


def test_a_burst_is_held_from_its_threshold_on() -> None:
    burst = [ballot(1000 + k, 3, WORST, network=b"office") for k in range(20)]
    assert held(ordinary() + burst) == {"R3": 20}
    assert not held(ordinary() + burst[1:])
    assert held(ordinary() + burst[1:], replace(RULES, burst=19)) == {"R3": 19}


def test_a_burst_of_ordinary_answers_is_not_held() -> None:
    burst = [ballot(1000 + k, 3, MIXED[k % len(MIXED)], network=b"hall") for k in range(60)]
    assert not held(ordinary() + burst)


def test_of_a_burst_only_the_side_it_leans_to_is_held() -> None:
    lean = [ballot(1000 + k, 3, WORST, network=b"hall") for k in range(60)]
    rest = [ballot(2000 + k, 3, BEST, network=b"hall") for k in range(10)]
    assert judge(ordinary() + rest + lean, RULES, LEVELS).reasons[-70:] == ("",) * 10 + ("R3",) * 60


def test_a_surge_is_held_and_ordinary_days_stay() -> None:
    surge = [ballot(1000 + k, 3, WORST, network=b"%d" % k) for k in range(200)]
    verdict = judge(ordinary() + surge, RULES, LEVELS)
    assert set(verdict.reasons[-200:]) == {"R4"}
    (finding,) = verdict.findings
    assert (finding.groups, finding.peak, finding.limit) == (1, 224, 48)
    assert finding.usual is not None
    assert finding.share is not None
    assert finding.share - finding.usual >= RULES.margin
    assert {b.day for b, r in zip(ordinary() + surge, verdict.reasons, strict=True) if r} == {3}


def test_a_burst_taken_out_leaves_no_surge() -> None:
    burst = [ballot(1000 + k, 3, BEST, network=b"script") for k in range(300)]
    assert held(ordinary() + burst) == {"R3": 300}


def test_answers_without_a_score_are_never_held() -> None:
    blank = [ballot(1000 + k, 3, (5, NO_ANSWER), network=b"one") for k in range(300)]
    assert not held(ordinary() + blank)


def test_a_visit_code_is_never_held_and_is_not_usual() -> None:
    codes = [ballot(1000 + k, 3, WORST, network=b"one", visit=True) for k in range(300)]
    assert not held(ordinary() + codes)
    burst = [ballot(2000 + k, 4, WORST, network=b"two") for k in range(30)]
    assert held(ordinary() + codes + burst) == {"R3": 30}


def test_a_rare_unit_is_judged_by_what_is_usual_everywhere() -> None:
    rare = [ballot(1000 + k, k, BEST, unit="rare") for k in range(9)]
    surge = [ballot(2000 + k, 3, BEST, unit="rare", network=b"%d" % k) for k in range(200)]
    assert held(ordinary() + rare + surge) == {"R4": 201}


def test_a_surge_without_anything_usual_is_said_not_to_be_judged() -> None:
    surge = [ballot(k, 3, BEST) for k in range(200)]
    late = [ballot(1000, 9, BEST)]
    verdict = judge(surge + late, RULES, LEVELS)
    assert verdict.unjudged == ("u",)
    assert not any(verdict.reasons)


def test_an_empty_box_has_no_findings() -> None:
    verdict = judge([], RULES, LEVELS)
    assert (verdict.reasons, verdict.findings, verdict.unjudged) == ((), (), ())


def test_an_honest_outcry_is_held_too() -> None:
    outcry = [ballot(1000 + k, 3, WORST, network=b"home %d" % k) for k in range(100)]
    assert held(ordinary() + outcry)["R4"] >= 100


def test_honest_ballots_of_a_stuffed_day_are_held_along_on_that_side_only() -> None:
    surge = [ballot(1000 + k, 3, BEST, network=b"%d" % k) for k in range(200)]
    honest = ordinary()
    reasons = judge(honest + surge, RULES, LEVELS).reasons
    along = {b.answers for b, reason in zip(honest, reasons, strict=False) if reason}
    assert along == {(0, 0), (0, 1), (0, NO_ANSWER)}


def test_stuffing_on_more_than_half_of_the_days_is_not_a_surge() -> None:
    many = [ballot(1000 + k, k % 11, WORST, network=b"%d" % k) for k in range(11 * 60)]
    assert not held(ordinary() + many)
    assert held(ordinary() + [one for one in many if one.day < 9])["R4"] >= 9 * 60


def test_a_unit_near_the_top_can_be_lifted_unseen() -> None:
    near = [ballot(k, k % 20, WORST if k % 10 < 2 else BEST) for k in range(800)]
    script = [ballot(1000 + k, 3, BEST, network=b"script") for k in range(300)]
    assert not held(near + script)


def test_the_opening_gets_the_reasons_alone() -> None:
    burst = [ballot(1000 + k, 3, WORST, network=b"office") for k in range(20)]
    assert list(judge_by(RULES, LEVELS)(ordinary() + burst)) == [""] * 480 + ["R3"] * 20
