"""Fifty periods are closed while sixteen writers deliver: not one entry is stored after the closing."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text
from tests.faults.channels import HOT
from tests.faults.load import scheme_of
from tests.waiting import wait_for

from pingyi.db import db, transaction
from pingyi.domain.errors import Problem
from pingyi.embedded.engines import Endpoints
from pingyi.services.core.bound_channels import ChannelRef
from pingyi.services.core.callers import SHELL
from pingyi.services.intake.deliveries import deliver
from pingyi.services.periods.period_draft import PeriodDraft
from pingyi.services.periods.periods import close_period, create_period, find_period, open_period
from pingyi.services.periods.schemes import store_scheme
from pingyi.services.periods.units import UnitRow, put_units

CLOSINGS, WRITERS, TRIES_WITHOUT_GUARD = 50, 16, 50


@pytest.mark.timeout(400)
def test_closing_under_load_leaves_no_late_entry(app: Flask) -> None:
    late, stored = zip(*(close_while_writing(app, f"p{n}") for n in range(CLOSINGS)), strict=True)
    assert sum(late) == 0
    assert sum(stored) > CLOSINGS


@pytest.mark.timeout(400)
def test_without_the_guard_the_same_run_finds_late_entries(app: Flask, endpoints: Endpoints) -> None:
    """The control: the application's own look at the state, before it writes, is not enough."""
    with unguarded(endpoints):
        found = (close_while_writing(app, f"p{n}")[0] for n in range(TRIES_WITHOUT_GUARD))
        assert any(found)


def close_while_writing(app: Flask, period: str) -> tuple[int, int]:
    """How many entries came after the closing had committed, and how many there are."""
    draft(period)
    taken: list[int] = []
    threads = [
        threading.Thread(target=partial(write_until_closed, app, period, writer, taken))
        for writer in range(WRITERS)
    ]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(taken) >= WRITERS, "so many entries as there are writers")
    time.sleep(random.Random(period).uniform(0, 0.1))
    with transaction() as connection:
        close_period(connection, SHELL, period)
    at_closing = entries_of(period)
    for thread in threads:
        thread.join()
    in_the_end = entries_of(period)
    return in_the_end - at_closing, in_the_end


def write_until_closed(app: Flask, period: str, writer: int, taken: list[int]) -> None:
    with app.app_context():
        for number in range(100_000):
            row = {"unit": f"u{writer % 3 + 1}", "batch": f"{writer}-{number}", "option": "basic", "count": 1}
            try:
                deliver(SHELL, ChannelRef(period=period, channel=HOT), [row])
                taken.append(number)
            except Problem as problem:
                assert problem.code == "period_not_open", problem
                break
        db.session.remove()


def draft(period: str) -> None:
    with transaction() as connection:
        scheme, _, scheme_id = store_scheme(connection, SHELL, scheme_of([HOT]))
        create_period(connection, SHELL, PeriodDraft(key=period), scheme, scheme_id)
        units = [UnitRow(code=f"u{n}", name=f"第{n}局", category="all") for n in (1, 2, 3)]
        put_units(connection, SHELL, find_period(connection, period), scheme, units)
        open_period(connection, SHELL, period)


def entries_of(period: str) -> int:
    with transaction() as connection:
        found: int = connection.execute(
            text(
                "SELECT count(*) FROM entry e JOIN channel c ON c.id = e.channel_id"
                " JOIN period p ON p.id = c.period_id WHERE p.key = :period"
            ),
            {"period": period},
        ).scalar_one()
        return found


@contextmanager
def unguarded(endpoints: Endpoints) -> Iterator[None]:
    """Entries without the trigger that takes the period's lock and looks at its state."""
    url = endpoints.owner_database_url.replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("ALTER TABLE entry DISABLE TRIGGER refuse_late_entry")
        try:
            yield
        finally:
            owner.execute("ALTER TABLE entry ENABLE TRIGGER refuse_late_entry")
