"""Six ways to stuff the box, against the running server: forms over HTTP, a month of days, one opening.

The crowd is that of tests/unit/surveys/stuffing.py, 110,550 honest ballots over 84 units. Everything that was
cast for the seven units with a way or the queue (about 12,000 ballots) goes through the page of its window,
from its own network, phone and day; the web server's clock is moved for that. The honest ballots of the other
77 units are written by the server's own code in this process (`write_group`), in groups, with marks made of
the same networks and phones; with PINGYI_SOAK they are sent as forms, too.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import text
from tests.ballot_period import OPEN, ballot_period, close, first_day
from tests.faults.ballots.clocks import Clock
from tests.faults.ballots.crowds import Senders, as_sent, write_all
from tests.faults.ballots.voters import Answer, Line, nonce_on
from tests.faults.installation import Installation, installation
from tests.unit.surveys.stuffing import (
    DAYS,
    HONEST,
    LEVELS,
    STUFFED,
    UNITS,
    WAYS,
    Box,
    Outcome,
    make_box,
    outcome,
    rating,
)
from tests.waiting import wait_for

from pingyi.db import transaction
from pingyi.services.core.bound_channels import ChannelRef, bound_channel
from pingyi.services.core.callers import SHELL
from pingyi_surveys.ballot.opened_ballot import OpenedBallot
from pingyi_surveys.ballot.quarantine import judge
from pingyi_surveys.ballot.tally_cells import COUNTED, HELD, REJECTED, too_few_to_hold
from pingyi_surveys.ballot.thresholds import Rules
from pingyi_surveys.casting.box_cache import CachedBox, cached_box
from pingyi_surveys.setup.service_windows import WindowLine, put_windows
from pingyi_surveys.setup.window_codes import Code, code_of

SEED = 10
NOON = clock_time(12)
SERVER = f"{sys.executable} -m tests.faults.ballots.moved_clock_server"
SOAK = bool(os.environ.get("PINGYI_SOAK"))


@dataclass
class Stuffed:
    """The box after its opening, and the simulation that says who sent what."""

    place: Installation
    box: Box
    found: Outcome
    expected: Counter[tuple[str, str, str]]
    senders: Senders
    numbers: Counter[tuple[str, str, str]]
    report: dict[str, Any]
    amounts: tuple[int, int, int, int]
    ratings: dict[str, Fraction]


@pytest.fixture(scope="module")
def stuffed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stuffed]:
    clock = Clock(tmp_path_factory.mktemp("clock") / "clock")
    clock.show(datetime.now(UTC))
    box = make_box(SEED)
    box.ballots = [as_sent(ballot) for ballot in box.ballots]
    box.targets = {way: f"u{int(unit[1:]) + 1}" for way, unit in box.targets.items()}
    verdict = judge(box.ballots, Rules(), LEVELS)
    with installation(clock.command(SERVER), {"PINGYI_PROXY_HOPS": "1"}) as place:
        senders = cast_everything(place, clock, box)
        with place.application():
            close()
        wait_for(lambda: opening_of(place), "the opening of the box", 240)
        opened = opening_of(place)
        assert opened
        yield Stuffed(
            place=place,
            box=box,
            found=outcome(box, verdict),
            expected=expected_numbers(box.ballots, verdict.reasons),
            senders=senders,
            numbers=Counter({tuple(row[:3]): row[3] for row in opened[0]}),
            report=opened[1],
            amounts=opened[2:],
            ratings=ratings(place),
        )


def cast_everything(place: Installation, clock: Clock, box: Box) -> Senders:
    with place.application() as app:
        made = ballot_period([f"市第{n}局" for n in range(1, UNITS + 1)])
        live, start = cached_box(made.open_id), first_day()
        windows = kiosks_and_codes(live, app.extensions["pingyi.configuration"].secret_key)
        targets = set(box.targets.values())
        over_http = [ballot for ballot in box.ballots if SOAK or ballot.unit in targets]
        write_all(live, (ballot for ballot in box.ballots if not SOAK and ballot.unit not in targets))
    senders = Senders(place.port, windows)
    times = Counter(ballot.device for ballot in over_http if ballot.device)
    often = {device for device, number in times.items() if number > 1}
    late = None
    for day in range(DAYS):
        clock.show(datetime.combine(start + timedelta(days=day), NOON, live.zone))
        today = [ballot for ballot in over_http if ballot.day == day]
        if late is not None:
            send_late(senders, *late)
        late = None
        if day == 4:  # somebody opens the page today and sends it tomorrow: that ballot is tomorrow's
            ballot = next(one for one in over_http if one.day == 5 and one.device not in often)
            late = ballot, *senders.page(ballot)
            over_http.remove(ballot)
        senders.send_all(today, often)
    return senders


def send_late(
    senders: Senders, ballot: OpenedBallot, path: str, headers: dict[str, str], page: Answer
) -> None:
    """A page of the day before is too old; the one that comes back with all that was chosen is good."""
    refused = senders.fill(path, headers, ballot, nonce_on(page))
    assert refused.status == 422
    assert refused.body.count(b" checked") == len(ballot.answers)
    assert senders.fill(path, headers, ballot, nonce_on(refused)).status == 200
    senders.close()


def kiosks_and_codes(live: CachedBox, key: str) -> dict[tuple[str, bool], str]:
    """A code of every unit, and one of its kiosk."""
    lines = [WindowLine(row, unit.code, "评价器", True) for row, unit in enumerate(live.units.values(), 1)]
    with transaction() as connection:
        put_windows(connection, SHELL, bound_channel(connection, ChannelRef(period="p", channel=OPEN)), lines)
        kiosks = connection.execute(text("SELECT unit_id, id FROM ballot_window")).all()
    codes = {
        (unit.code, False): code_of(key, Code(live.channel_id, unit.id, 0)) for unit in live.units.values()
    }
    for unit_id, window_id in kiosks:
        codes[live.units[unit_id].code, True] = code_of(key, Code(live.channel_id, unit_id, window_id))
    return codes


def opening_of(place: Installation) -> tuple[Any, ...] | None:
    """Numbers, report, sealed, counted, held and rejected of the open box; None before."""
    with place.connect() as connection:
        return connection.execute(
            "SELECT numbers, report, sealed, counted, held, rejected FROM box_opening o"
            " JOIN channel c ON c.id = o.channel_id WHERE c.key = %s",
            (OPEN,),
        ).fetchone()


def expected_numbers(
    ballots: Sequence[OpenedBallot], reasons: Sequence[str]
) -> Counter[tuple[str, str, str]]:
    """What the rules say in the simulation, in the numbers of an opening."""
    dropped = too_few_to_hold(ballots, reasons)
    return Counter(
        (
            ballot.unit,
            (REJECTED if (ballot.unit, ballot.stratum, reason) in dropped else HELD) if reason else COUNTED,
            reason,
        )
        for ballot, reason in zip(ballots, reasons, strict=True)
    )


def ratings(place: Installation) -> dict[str, Fraction]:
    """The rating of each unit in points of 100, of what the server counted."""
    with place.connect() as connection:
        rows = connection.execute(_COUNTED, (OPEN,)).fetchall()
    sums: dict[str, list[int]] = {}
    for unit, option, count in rows:
        found = sums.setdefault(str(unit), [0, 0])
        if option in WORTH:
            found[0] += WORTH[str(option)] * int(str(count))
            found[1] += int(str(count))
    return {unit: Fraction(points, answers) for unit, (points, answers) in sums.items()}


WORTH = {"very_satisfied": 100, "satisfied": 80, "basic": 60, "dissatisfied": 30, "very_dissatisfied": 0}
_COUNTED = """
SELECT e.values ->> 'unit', e.values ->> 'option', sum((e.values ->> 'count')::int)
FROM entry_head h JOIN entry e ON e.delivery_id = h.delivery_id AND e.position = h.position
JOIN channel c ON c.id = h.channel_id WHERE c.key = %s AND e.standing = 'counted' GROUP BY 1, 2
"""


@pytest.mark.timeout(900 if not SOAK else 7200)
def test_opening_holds_what_the_rules_hold_of_the_same_crowd(stuffed: Stuffed) -> None:
    """So the simulation tells, ballot by ballot, who was held: numbers of a unit and reason are the same."""
    sealed, *standing = stuffed.amounts
    assert sealed == sum(standing) == HONEST + sum(STUFFED.values())
    assert stuffed.numbers == stuffed.expected


def test_five_ways_are_held_and_honest_people_hardly_ever(stuffed: Stuffed) -> None:
    held, sent = stuffed.found.held, stuffed.found.sent
    for way in "ABCE":
        assert held[way] * 100 >= 99 * sent[way]
        assert of_unit(stuffed, way, ("R3", "R4")) * 100 >= 99 * sent[way]
    assert held["D"] == STUFFED["D"] - 1 <= of_unit(stuffed, "D", ("R1",))
    assert stuffed.found.honest_held() * 1000 <= 2 * HONEST
    assert (held["queue"], of_unit(stuffed, "queue", ("R3", "R4"))) == (0, 0)
    assert stuffed.found.busy_held == 0


def of_unit(stuffed: Stuffed, way: str, reasons: Sequence[str]) -> int:
    """How many ballots of a way's unit were held, or rejected as too few to hold, as the server says."""
    unit = stuffed.box.targets[way]
    return sum(stuffed.numbers[unit, standing, reason] for standing in (HELD, REJECTED) for reason in reasons)


def test_phone_that_comes_again_is_told_so_on_any_day(stuffed: Stuffed) -> None:
    """As often as the opening, which knows no cookie, holds one for it."""
    told = {way: stuffed.senders.again[unit] for way, unit in stuffed.box.targets.items()}
    assert told == {way: of_unit(stuffed, way, ("R1",)) for way in told}
    assert told["D"] >= STUFFED["D"] - 1


def test_slow_farm_is_not_seen_and_the_report_says_what_it_can_do(stuffed: Stuffed) -> None:
    unit = stuffed.box.targets["F"]
    assert stuffed.found.held["F"] == of_unit(stuffed, "F", ("R3", "R4")) == 0
    told = next(one for one in stuffed.report["units"] if one["unit"] == unit)["farm"]
    moved = shifts(stuffed)["F"]
    assert 3 < moved < Fraction(told["raised"]) + Fraction(told["lowered"])
    assert told["per_day"] * DAYS == told["farm"] == STUFFED["F"]
    page = Line(stuffed.place.port)
    said = page.get("/about-ballots", {"Accept-Language": "en"}).body.decode()
    page.close()
    assert "is seen by no rule" in said
    assert "Only visit codes and cards prevent it" in said


def test_ratings_move_by_what_is_left(stuffed: Stuffed) -> None:
    moved = shifts(stuffed)
    for way in "ABCDE":
        assert abs(moved[way]) < Fraction(5, 2)


def shifts(stuffed: Stuffed) -> dict[str, Fraction]:
    """By how many points of 100 the rating that the server counted is off what honest people said."""
    box = stuffed.box
    found = {}
    for way in WAYS:
        unit = box.targets[way]
        honest = [b for b, s in zip(box.ballots, box.senders, strict=True) if b.unit == unit and s != way]
        found[way] = stuffed.ratings[unit] - rating(honest)
    return found
