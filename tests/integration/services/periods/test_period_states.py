"""A period goes forward once, whoever asks, and never back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import text
from tests.database_refusals import database_refuses
from tests.integration.services.results.test_main_job import draft

from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.services.core.callers import SHELL
from pingyi.services.periods.periods import close_period, open_period


def test_eight_closings_at_once_leave_one_act_on_the_record(app: Flask) -> None:
    draft(1)

    def close(_number: int) -> str:
        with app.app_context():
            try:
                with transaction() as connection:
                    close_period(connection, SHELL, "p")
            except Problem as problem:
                return problem.code
            return "closed"

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(close, range(8)))
    with transaction() as connection:
        acts = connection.execute(text("SELECT count(*) FROM leaf WHERE kind = 'period.closed'")).scalar_one()
    assert outcomes == ["closed"] + ["wrong_state"] * 7
    assert acts == 1


@pytest.mark.parametrize("state", ["draft", "assessed", "published"])
def test_database_refuses_a_state_that_is_not_the_next(app: Flask, state: str) -> None:
    draft(1)
    with database_refuses("next state"), transaction() as connection:
        connection.execute(text("UPDATE period SET state = :state"), {"state": state})


def test_issued_scheme_never_changes(app: Flask) -> None:
    draft(1)
    with database_refuses("never changes"), transaction() as connection:
        connection.execute(text("UPDATE document SET toml = ''"))


def test_period_opens_once(app: Flask) -> None:
    draft(1)
    with pytest.raises(Problem) as refused, transaction() as connection:
        open_period(connection, SHELL, "p")
    assert refused.value.code == "wrong_state"
