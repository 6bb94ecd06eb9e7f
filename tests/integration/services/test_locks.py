"""Advisory locks: one number for one thing, any id, and nothing else waits."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import Connection, text

from pingyi.db import Lock, db, hold

ENDLESS = 2**62


def waits(connection: Connection, lock: Lock, subject: int) -> bool:
    """Whether another transaction holds what this one asks for."""
    free = text("SELECT pg_try_advisory_xact_lock(:lock, :subject)")
    return not connection.execute(free, {"lock": int(lock), "subject": subject % 2**31}).scalar_one()


@pytest.mark.parametrize("lock", Lock)
def test_lock_is_held_for_its_own_subject_alone(app: Flask, lock: Lock) -> None:
    with db.engine.begin() as holder, db.engine.begin() as other:
        hold(holder, lock, 1)
        assert [waits(other, each, 1) for each in Lock] == [each is lock for each in Lock]
        assert not waits(other, lock, 2)


def test_lock_takes_the_largest_ids(app: Flask) -> None:
    with db.engine.begin() as holder, db.engine.begin() as other:
        hold(holder, Lock.REVIEW_OF_CHANNEL, ENDLESS + 5)
        assert waits(other, Lock.REVIEW_OF_CHANNEL, ENDLESS + 5)


def test_shared_locks_do_not_wait_for_each_other(app: Flask) -> None:
    with db.engine.begin() as one, db.engine.begin() as other:
        hold(one, Lock.ENTRIES_OF_PERIOD, 1, shared=True)
        hold(other, Lock.ENTRIES_OF_PERIOD, 1, shared=True)
        assert waits(other, Lock.ENTRIES_OF_PERIOD, 1)
