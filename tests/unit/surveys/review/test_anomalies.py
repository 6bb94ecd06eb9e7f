"""The report of a box: one report for one box, nothing under ten ballots, and no direction."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from tests.unit.surveys.stuffing import LEVELS, POINTS, make_box

from pingyi_surveys.ballot.layout import Layout
from pingyi_surveys.ballot.opened_ballot import NO_ANSWER, OpenedBallot
from pingyi_surveys.ballot.quarantine import judge
from pingyi_surveys.ballot.thresholds import Rules
from pingyi_surveys.review.anomalies import anomaly_report

RULES = Rules()
WORTH = (*map(Fraction, POINTS), None)
OPTIONS = ("very", "satisfied", "basic", "dis", "very_dis", "unknown")


def layout_of(units: Sequence[str] = ("u",), dimensions: int = 2, *, every: bool = False) -> Layout:
    return Layout(
        channel="c",
        units=tuple(units),
        dimensions=tuple(f"d{n}" for n in range(dimensions)),
        options=OPTIONS,
        scored=5,
        strata=("window", "visit", "kiosk"),
        every_unit=every,
    )


def ballot(number: int, day: int, answers: tuple[int, ...], **more: Any) -> OpenedBallot:
    made = OpenedBallot(
        "u", "window", day, answers, 1, b"%016d" % number, b"%016d" % number, False, False, b"%032d" % number
    )
    return made._replace(**more)


def report(ballots: Sequence[OpenedBallot], layout: Layout | None = None, **more: Any) -> dict[str, Any]:
    layout = layout or layout_of()
    reasons = [""] * len(ballots) if layout.every_unit else judge(ballots, RULES, LEVELS).reasons
    return anomaly_report(ballots, reasons, layout, RULES, LEVELS, worth=WORTH, **more)


def box() -> list[OpenedBallot]:
    """Three units of the simulation's box with every way of stuffing in it."""
    made = make_box(3)
    wanted = sorted({made.targets["A"], made.targets["E"], "u01"})
    strata = ("window", "window", "kiosk", "visit")
    return [
        one._replace(stratum=strata[place % 4], visit=place % 4 == 3, fill=place % 5)
        for place, one in enumerate(one for one in made.ballots if one.unit in wanted)
    ]


def mirrored(ballots: Sequence[OpenedBallot]) -> list[OpenedBallot]:
    """The same box with the best and the worst option, and those next to them, changed over."""
    turned = {**{n: 4 - n for n in range(5)}, 5: 5, NO_ANSWER: NO_ANSWER}
    return [one._replace(answers=tuple(turned[answer] for answer in one.answers)) for one in ballots]


def layout_for(ballots: Sequence[OpenedBallot]) -> Layout:
    return layout_of(sorted({one.unit for one in ballots}), 5)


def whole_numbers(found: Any) -> Iterator[Any]:
    if isinstance(found, dict):
        for value in found.values():
            yield from whole_numbers(value)
    elif isinstance(found, list):
        for value in found:
            yield from whole_numbers(value)
    else:
        yield found


def test_the_report_is_plain_data_and_the_same_in_any_order() -> None:
    ballots = box()
    first = report(ballots, layout_for(ballots))
    shuffled = list(ballots)
    Random(7).shuffle(shuffled)
    assert report(shuffled, layout_for(ballots)) == first
    assert json.loads(json.dumps(first)) == first
    assert {type(leaf) for leaf in whole_numbers(first)} <= {int, str, type(None)}
    assert first["findings"]


def test_a_verdict_given_beforehand_changes_nothing() -> None:
    ballots = box()
    verdict = judge(ballots, RULES, LEVELS)
    layout = layout_for(ballots)
    assert report(ballots, layout, verdict=verdict) == report(ballots, layout)


def test_best_and_worst_changed_over_give_the_same_report() -> None:
    ballots = box()
    layout = layout_for(ballots)
    first, other = report(ballots, layout), report(mirrored(ballots), layout)
    for told in (first, other):
        for unit in told["units"]:
            assert unit.pop("farm") is not None
    assert first == other


@pytest.mark.parametrize("seed", range(20))
def test_no_number_of_the_report_belongs_to_under_ten_ballots(seed: int) -> None:
    random = Random(seed)
    ballots = [
        ballot(
            number,
            random.choice((0, 0, 0, 1, 2, 3, 4, 5)),
            random.choice(((0, 0), (1, 2), (5, NO_ANSWER), (4, 4))),
            stratum=random.choice(("window", "window", "visit", "kiosk")),
            fill=random.choice((0, 0, 0, 0, 1, 2)),
        )
        for number in range(random.randrange(1, 60))
    ]
    unit = report(ballots)["units"][0]
    assert unit["ballots"] == len(ballots)
    for name in ("daily", "fill", "strata"):
        parts = [group["ballots"] for group in unit[name]]
        assert all(part is None or part >= 10 for part in parts)
        if len(ballots) >= 10:
            assert sum(parts) == len(ballots), "nothing is left out, so nothing can be reckoned back"
    straight = sum(one.answers in {(0, 0), (4, 4)} for one in ballots)
    shown = unit["straight"]
    assert shown in {None, straight}
    if shown is not None:
        assert len(ballots) >= 10
        assert {shown, len(ballots) - shown}.isdisjoint(range(1, 10))


def test_small_days_are_told_together() -> None:
    counts = {0: 30, 1: 4, 2: 12, 3: 3}
    ballots = [ballot(100 * day + n, day, (0, 1)) for day, count in counts.items() for n in range(count)]
    assert report(ballots)["units"][0]["daily"] == [
        {"of": [0], "ballots": 30},
        {"of": [1, 2, 3], "ballots": 19},
    ]


def test_a_burst_a_surge_and_straight_lines_show() -> None:
    ballots = [
        ballot(day * 100 + n, day, ((0, 1), (1, 2), (2, 4))[n % 3]) for day in range(20) for n in range(12)
    ]
    calm = report(ballots)["units"][0]
    assert (calm["limit"], calm["network"], calm["bursts"], calm["straight"]) == (30, "<10", 0, 0)
    ballots += [ballot(9_000 + n, 4, (4, 4), network=b"one network.....") for n in range(60)]
    told = report(ballots)
    unit = told["units"][0]
    assert (unit["network"], unit["bursts"], unit["in_bursts"], unit["straight"]) == ("10-25", 1, 60, 60)
    leaning = dict(unit["leaning"])
    assert leaning[4] > 40
    assert max(size for day, size in leaning.items() if day != 4) < 30
    found = told["findings"][0]
    assert found["reason"] == "R3"
    assert "share" not in found
    assert "usual" not in found


def test_a_slow_farm_is_told_from_what_is_counted() -> None:
    ballots = [ballot(n, n % 10, (1, 1)) for n in range(100)]
    farm = report(ballots)["units"][0]["farm"]
    assert (farm["per_day"], farm["farm"]) == (20, 200)
    assert (Fraction(farm["raised"]), Fraction(farm["lowered"])) == (Fraction(40, 3), Fraction(160, 3))
    assert farm["needed"] == 34
    assert report(ballots[:9])["units"][0]["farm"] is None


def test_withheld_answers_are_no_part_of_shares_and_ratings() -> None:
    common = [ballot(n, 0, (1, 1)) for n in range(50)]
    few = [ballot(100 + n, 0, (4, 5), stratum="kiosk") for n in range(5)]
    first, other = report(common)["units"][0], report([*common, *few])["units"][0]
    assert first["farm"]["needed"] == other["farm"]["needed"]
    assert first["unsure"] == 0


def test_rosters_are_told_of_as_a_whole_and_never_judged() -> None:
    layout = layout_of(("a", "b"), every=True)
    ballots = [ballot(n, 0, (1, 1, 1, 1), unit="", device=b"one device......") for n in range(40)]
    told = report(ballots, layout)
    assert [unit["unit"] for unit in told["units"]] == [""]
    assert told["units"][0]["straight"] == 40
    assert told["units"][0]["farm"] is None
    assert not told["findings"]


def test_an_empty_box_has_a_report() -> None:
    told = report([])
    assert (told["ballots"], told["units"], told["findings"]) == (0, [], [])


def test_every_ballot_of_a_unit_is_in_its_groups() -> None:
    ballots = box()
    told = report(ballots, layout_for(ballots))
    sizes = Counter(one.unit for one in ballots)
    for unit in told["units"]:
        assert unit["ballots"] == sizes[unit["unit"]]
        for name in ("daily", "fill", "strata"):
            assert sum(group["ballots"] for group in unit[name]) == unit["ballots"]
