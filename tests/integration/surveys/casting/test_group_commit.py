"""Ballots are committed in groups: each once, whoever comes together, and none waits for ever."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from tests.ballot_period import ballot_period, close, unit_id
from tests.small_scheme import LAW, WINDOW, draft_period, scheme_of
from tests.waiting import MOST_SECONDS, wait_for

from pingyi.db import db, transaction
from pingyi.domain.errors import Problem
from pingyi.services.periods.periods import find_period
from pingyi.settings import Settings
from pingyi_surveys.ballot.keys import box_keys
from pingyi_surveys.ballot.layout import pack, unpack
from pingyi_surveys.ballot.opened_ballot import OpenedBallot
from pingyi_surveys.ballot.sealed_box import open_one, tied_to
from pingyi_surveys.casting.box_cache import CachedBox, cached_box
from pingyi_surveys.casting.group_commit import Cast, Committer, cast
from pingyi_surveys.casting.seal import SealRequest
from pingyi_surveys.settings import SurveySettings
from pingyi_surveys.setup.key_files import read_box_secret

THREADS = 32


def opened(nullifier: bytes, answer: int = 0) -> OpenedBallot:
    return OpenedBallot("u1", "window", 3, (answer,) * 5, 1, b"", b"", False, False, nullifier)


def plain(box: CachedBox, nullifier: bytes, answer: int = 0) -> bytes:
    return pack(box.layout, opened(nullifier, answer), box.intake)


def at_once(app: Flask, calls: list[Callable[[], Cast]], threads: int = THREADS) -> list[Cast]:
    """Every call in a thread with a context of its own, all beginning together."""
    gate = threading.Barrier(min(threads, len(calls)))

    def run(place: int) -> Cast:
        with app.app_context():
            if place < gate.parties:
                gate.wait(MOST_SECONDS)
            return calls[place]()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(len(calls))))


def counts() -> tuple[int, int]:
    with transaction() as connection:
        row = connection.execute(
            text(
                "SELECT (SELECT count(*) FROM sealed_ballot),"
                " (SELECT count(*) FROM leaf l JOIN sealed_ballot b ON b.receipt = l.hash"
                " WHERE l.kind = 'ballot' AND l.period_id = b.period_id)"
            )
        ).one()
    return row[0], row[1]


def test_sixteen_threads_casting_one_nullifier_store_one_ballot(app: Flask) -> None:
    made = ballot_period()
    box, one, token = cached_box(made.open_id), unit_id("u1"), os.urandom(32)
    calls = [lambda n=n: cast(box, one, token, plain(box, token, n % 5)) for n in range(16)]
    found = at_once(app, calls, 16)
    assert len({each.receipt for each in found}) == 1
    assert counts() == (1, 1)
    assert cast(box, one, token, plain(box, token)) == Cast(found[0].receipt, fresh=False)


def test_only_one_of_those_in_one_group_is_fresh(app: Flask) -> None:
    made = ballot_period()
    box, one, token = cached_box(made.open_id), unit_id("u1"), os.urandom(32)
    first = cast(box, one, token, plain(box, token))
    again = cast(box, one, token, plain(box, token, 3))
    assert (first.fresh, again.fresh) == (True, False)
    assert again.receipt == first.receipt


def test_400_casts_from_32_threads_are_400_rows_leaves_and_receipts(app: Flask) -> None:
    made = ballot_period()
    box, one = cached_box(made.open_id), unit_id("u1")
    tokens = [os.urandom(32) for _ in range(400)]
    found = at_once(app, [lambda token=token: cast(box, one, token, plain(box, token)) for token in tokens])
    assert len({each.receipt for each in found}) == 400
    assert all(each.fresh for each in found)
    assert counts() == (400, 400)
    with transaction() as connection:
        groups = connection.execute(text("SELECT count(DISTINCT group_key) FROM sealed_ballot")).scalar_one()
    assert groups < 400


def test_stored_ballot_opens_with_the_box_key_alone(app: Flask, settings: Settings) -> None:
    made = ballot_period()
    box, token = cached_box(made.open_id), os.urandom(32)
    cast(box, unit_id("u1"), token, plain(box, token, 4))
    secret = read_box_secret(settings.read(SurveySettings), box.period_id, box.public)
    assert secret
    with transaction() as connection:
        row = connection.execute(text("SELECT * FROM sealed_ballot")).one()
    tied = tied_to(box.channel, token)
    content = open_one(row.group_key, row.position, row.ciphertext, tied, box_keys(secret).private)
    assert unpack(box.layout, "u1", token, content, box.intake) == opened(token, 4)


def test_ballot_after_closing_is_refused_and_one_cast_in_time_still_has_its_receipt(app: Flask) -> None:
    made = ballot_period()
    box, one, token = cached_box(made.open_id), unit_id("u1"), os.urandom(32)
    first = cast(box, one, token, plain(box, token))
    close()
    late = os.urandom(32)
    with pytest.raises(Problem, match="ballots_closed"):
        cast(box, one, late, plain(box, late))
    assert cast(box, one, token, plain(box, token)) == Cast(first.receipt, fresh=False)
    assert counts() == (1, 1)


def test_one_ballot_that_cannot_be_written_fails_alone(app: Flask) -> None:
    made = ballot_period()
    box, one = cached_box(made.open_id), unit_id("u1")
    gone = replace(box, period_id=2**40)  # beyond what the trigger's lock takes
    tokens = [os.urandom(32) for _ in range(24)]

    def one_call(place: int) -> Cast | str:
        try:
            return cast(gone if place == 5 else box, one, tokens[place], plain(box, tokens[place]))
        except DataError as error:
            return type(error).__name__

    found = at_once(app, [lambda n=n: one_call(n) for n in range(24)], 24)
    assert found[5] == "DataError"
    assert sum(isinstance(each, Cast) and each.fresh for each in found) == 23
    assert counts() == (23, 23)


def test_box_without_a_good_key_seals_nothing_and_holds_up_nobody(app: Flask) -> None:
    made = ballot_period()
    box, one = cached_box(made.open_id), unit_id("u1")
    broken = replace(box, public=bytes(32))  # of low order: nothing would be secret
    tokens = [os.urandom(32) for _ in range(16)]

    def one_call(place: int) -> Cast | str:
        try:
            return cast(broken if place % 8 == 3 else box, one, tokens[place], plain(box, tokens[place]))
        except ValueError as error:
            return type(error).__name__

    found = at_once(app, [lambda n=n: one_call(n) for n in range(16)], 16)
    assert [found[3], found[11]] == ["ValueError"] * 2
    assert counts() == (14, 14)


def test_closed_period_in_a_group_refuses_its_own_ballots_only(app: Flask) -> None:
    box = cached_box(ballot_period().open_id)
    draft_period(scheme_of(LAW, WINDOW, key="other"), ["市公安局"], "q")
    with transaction() as connection:
        other = find_period(connection, "q").id
    boxes = [box, replace(box, period_id=other)]
    one = unit_id("u1")

    def one_call(place: int) -> str:
        box, token = boxes[place % 2], os.urandom(32)
        try:
            return "fresh" if cast(box, one, token, plain(box, token)).fresh else "again"
        except Problem as problem:
            return problem.code

    found = Counter(at_once(app, [lambda n=n: one_call(n) for n in range(20)], 20))
    assert found == {"fresh": 10, "ballots_closed": 10}


def test_database_away_is_told_to_every_caller_and_the_queue_goes_on(app: Flask) -> None:
    made = ballot_period()
    box, one = cached_box(made.open_id), unit_id("u1")
    pool = db.engine.pool
    held = [db.engine.connect() for _ in range(20)]
    waits, pool._timeout = pool._timeout, 0.2

    def one_call() -> str:
        token = os.urandom(32)
        try:
            cast(box, one, token, plain(box, token))
        except PoolTimeout as error:
            return type(error).__name__
        return "cast"

    try:
        found = at_once(app, [one_call] * 8, 8)
    finally:
        pool._timeout = waits
        for each in held:
            each.close()
    assert set(found) == {"TimeoutError"}
    assert at_once(app, [one_call] * 8, 8) == ["cast"] * 8


def test_broken_connection_is_an_operational_error_and_the_retry_is_the_same_ballot(app: Flask) -> None:
    made = ballot_period()
    box, one, token = cached_box(made.open_id), unit_id("u1"), os.urandom(32)
    blocker = db.engine.connect()
    blocker.execute(text("SELECT pg_advisory_xact_lock(1, :id)"), {"id": box.period_id})
    failed: list[str] = []

    def slow() -> None:
        with app.app_context():
            try:
                cast(box, one, token, plain(box, token))
            except OperationalError:
                failed.append("away")

    thread = threading.Thread(target=slow)
    thread.start()
    end_whoever_waits()
    thread.join(MOST_SECONDS)
    blocker.close()
    assert failed == ["away"]
    assert cast(box, one, token, plain(box, token)).fresh
    assert counts() == (1, 1)


def end_whoever_waits() -> None:
    wait_for(lambda: waiting("pg_terminate_backend(pid)"), "somebody to wait for the lock")


def waiting(told: str) -> list[object]:
    """What PostgreSQL tells of every process that waits for a period's lock."""
    with transaction() as connection:
        asked = text(f"SELECT {told} FROM pg_stat_activity WHERE wait_event = 'advisory'")
        return list(connection.execute(asked).scalars())


def test_full_queue_is_busy_and_whoever_waits_too_long_gives_up(app: Flask) -> None:
    made = ballot_period()
    box, one = cached_box(made.open_id), unit_id("u1")
    committer = Committer(most_waiting=2, longest_wait=0.3)
    blocker = db.engine.connect()
    blocker.execute(text("SELECT pg_advisory_xact_lock(1, :id)"), {"id": box.period_id})
    told: list[str] = []

    def call() -> None:
        token = os.urandom(32)
        with app.app_context():
            try:
                committer.cast(SealRequest(box, one, token, plain(box, token)))
                told.append("cast")
            except Problem as problem:
                told.append(problem.code)

    threads = [threading.Thread(target=call) for _ in range(6)]
    threads[0].start()
    wait_for(lambda: waiting("pid"), "the first to wait for the lock")
    for thread in threads[1:]:
        thread.start()
    for thread in threads[1:]:
        thread.join(MOST_SECONDS)
    assert told == ["busy"] * 5
    blocker.close()
    threads[0].join(MOST_SECONDS)
    assert told[-1] == "cast"
    call()
    assert told[-1] == "cast"
    assert counts() == (2, 2)
