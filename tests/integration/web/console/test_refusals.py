"""What the database refuses is told on a page as it is told to a program: a conflict, and nothing stored."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import Connection, text

from pingyi.console.pages import attempt
from pingyi.db import db


def twice(connection: Connection) -> None:
    for _ in range(2):
        connection.execute(text("INSERT INTO operator (name) VALUES ('市信访局')"))


def test_row_that_exists_already_is_a_conflict_and_nothing_is_stored(app: Flask) -> None:
    problem = attempt(twice)
    assert problem is not None
    assert (problem.code, problem.status) == ("conflict", 409)
    assert db.session.execute(text("SELECT count(*) FROM operator")).scalar_one() == 0
