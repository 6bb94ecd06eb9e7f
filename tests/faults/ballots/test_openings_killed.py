"""Kill -9 of the opening at random moments: the bytes of an undisturbed one, and never a part of them."""

from __future__ import annotations

import os
import random
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool
from tests.ballot_period import Ballots, ballot_period, close
from tests.cast_ballots import boxes, cast_all, open_ballots, roster_ballots, seal_record
from tests.conftest import superuser_url
from tests.faults.installation import below, command_of
from tests.integration.surveys.commands import variables
from tests.waiting import wait_for

from pingyi.db import transaction
from pingyi.embedded.engines import Endpoints
from pingyi.services.core.callers import SHELL
from pingyi.services.intake.fold import fold_channel
from pingyi.services.periods.periods import request_assessment
from pingyi.services.results.assess import assess_period
from pingyi.settings import Settings
from pingyi_surveys.ballot.keys import device_mark

ROOT = Path(__file__).parents[3]
BALLOTS, STUFFED, MEMBERS = 4_500, 40, 15
KILLS = 50 if os.environ.get("PINGYI_SOAK") else 12
NOTHING = (0, 0, 0, 0, 0, 0)


class Opener:
    """A process that opens boxes in its forks."""

    def __init__(self, settings: Settings) -> None:
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **variables(settings)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.ballots.open_in_forks"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._line() == "ready"

    def start(self, period_id: int) -> int:
        """The process that opens the period's boxes now."""
        assert self.process.stdin
        self.process.stdin.write(f"{period_id}\n")
        self.process.stdin.flush()
        return int(self._line().removeprefix("started "))

    def ended(self, within: float | None = None) -> int | None:
        """How it ended; None where it did not within so many seconds."""
        assert self.process.stdout
        if within is not None and not select.select([self.process.stdout], [], [], within)[0]:
            return None
        return int(self._line().removeprefix("ended "))

    def stop(self) -> None:
        with self.process as process:
            process.kill()

    def _line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()


@pytest.fixture
def opener(app: Flask, settings: Settings) -> Iterator[Opener]:
    found = Opener(settings)
    yield found
    found.stop()


def election(key: str) -> Ballots:
    """A closed, sealed period whose ballots say the same whatever its key."""
    made, draw = ballot_period(key=key), random.Random(11)
    open_box, roster = boxes(made.open_id, made.roster_id)
    mark = device_mark(open_box.keys.mark, b"one phone", open_box.channel, "u1")
    cast_all(open_box, open_ballots(open_box, BALLOTS, draw))
    answers = (0,) * open_box.layout.questions
    alike = open_ballots(open_box, STUFFED, draw, unit="u1", device=mark, answers=answers, comment="")
    cast_all(open_box, alike)
    cast_all(roster, roster_ballots(roster, made.cards[:MEMBERS], draw))
    close(key)
    seal_record()
    return made


def period_of(made: Ballots) -> int:
    with transaction() as connection:
        found: int = connection.execute(
            text("SELECT period_id FROM channel WHERE id = :id"), {"id": made.open_id}
        ).scalar_one()
    return found


def written(channel_id: int) -> tuple[int, ...]:
    """What is there of a box's opening, in one look: its rows of every kind."""
    with transaction() as connection:
        return tuple(connection.execute(text(_WRITTEN), {"id": channel_id}).one())


_WRITTEN = """
SELECT (SELECT count(*) FROM box_opening WHERE channel_id = :id),
  (SELECT count(*) FROM delivery WHERE channel_id = :id),
  (SELECT count(*) FROM entry WHERE channel_id = :id),
  (SELECT count(*) FROM leaf l JOIN delivery d ON d.id = l.delivery_id WHERE d.channel_id = :id),
  (SELECT count(*) FROM ballot_opinion WHERE channel_id = :id),
  (SELECT count(*) FROM leaf l JOIN channel c ON c.period_id = l.period_id WHERE l.kind = 'box.opened'
    AND c.id = :id AND convert_from(l.body, 'UTF8')::json ->> 'channel' = c.key)
"""


def digests(made: Ballots) -> list[tuple[Any, ...]]:
    with transaction() as connection:
        rows = connection.execute(
            text(
                "SELECT encode(digest, 'hex'), sealed, counted, held, rejected, numbers::text, report::text"
                " FROM box_opening WHERE channel_id IN (:open, :roster) ORDER BY channel_id"
            ),
            {"open": made.open_id, "roster": made.roster_id},
        ).all()
    return [tuple(row) for row in rows]


def results(made: Ballots, key: str) -> list[tuple[Any, ...]]:
    """What an assessment makes of the boxes."""
    for channel_id in (made.open_id, made.roster_id):
        fold_channel(channel_id)
    with transaction() as connection:
        request_assessment(connection, SHELL, key)
    period_id = period_of(made)
    assess_period(period_id)
    with transaction() as connection:
        rows = connection.execute(
            text(
                "SELECT u.code, c.key, s.status, s.points, s.n, s.facts::text, r.total, r.rank"
                " FROM assessment a JOIN channel_score s ON s.assessment_id = a.id"
                " JOIN unit_result r ON r.assessment_id = a.id AND r.unit_id = s.unit_id"
                " JOIN channel c ON c.id = s.channel_id JOIN unit u ON u.id = s.unit_id"
                " WHERE a.period_id = :id ORDER BY u.code, c.position"
            ),
            {"id": period_id},
        ).all()
    return [tuple(row) for row in rows]


@contextmanager
def watched(app: Flask, made: Ballots, seen: set[tuple[int, ...]]) -> Iterator[None]:
    """Somebody who looks at the boxes all the time."""
    stop = threading.Event()

    def look() -> None:
        with app.app_context():
            while not stop.is_set():
                seen.update((written(made.open_id), written(made.roster_id)))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def kill(pid: int, draw: random.Random) -> list[int]:
    """Kill -9 the opening, or now and then a process below it; all that belonged to it."""
    family = [pid, *below(pid)]
    victim = pid if draw.random() < 0.8 else draw.choice(family)
    with suppress(ProcessLookupError):
        os.kill(victim, signal.SIGKILL)
    return family


def require_gone(family: list[int], endpoints: Endpoints) -> None:
    """No process of a killed opening lives on, and none of its transactions."""
    wait_for(
        lambda: not any("pingyi" in command_of(one) or "spawn" in command_of(one) for one in family[1:]),
        "the end of every process below a killed opening",
    )
    engine = create_engine(superuser_url(endpoints), poolclass=NullPool)
    with engine.connect() as connection:
        held = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 6")
        wait_for(
            lambda: connection.execute(held).scalar_one() == 0, "the end of a killed opening's transaction"
        )


@pytest.mark.timeout(600 if KILLS == 12 else 3_000)
def test_killed_openings_end_with_the_bytes_of_an_undisturbed_one(
    app: Flask, endpoints: Endpoints, opener: Opener
) -> None:
    draw = random.Random(12)
    twin = election("twin")
    begun = time.monotonic()
    opener.start(period_of(twin))
    assert opener.ended() == 0
    seconds = time.monotonic() - begun
    whole = {written(twin.open_id), written(twin.roster_id)}
    assert all(row[0] == 1 and row[5] == 1 for row in whole)
    expected, outcome = digests(twin), results(twin, "twin")
    killed = periods = 0
    while killed < KILLS:
        periods += 1
        key = f"p{periods}"
        made = election(key)
        seen: set[tuple[int, ...]] = set()
        with watched(app, made, seen):
            while killed < KILLS and len(digests(made)) < 2:
                begun, moment = time.monotonic(), draw.uniform(0, seconds)
                pid = opener.start(period_of(made))
                ended = opener.ended(moment)
                family = kill(pid, draw) if ended is None else []
                # Beside other work the first may have been slow: later moments would all come too late.
                seconds = seconds if ended is None else min(seconds, time.monotonic() - begun)
                ended = opener.ended() if ended is None else ended
                require_gone(family, endpoints)
                killed += ended != 0
                assert {written(made.open_id), written(made.roster_id)} <= {NOTHING, *whole}
            if len(digests(made)) < 2:
                opener.start(period_of(made))
                assert opener.ended() == 0
        assert seen <= {NOTHING, *whole}
        assert digests(made) == expected
        assert results(made, key) == outcome
        print(f"{killed} kills over {periods} periods, {seconds:.1f} s undisturbed", flush=True)
