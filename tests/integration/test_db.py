"""Rows are read into types whose fields are the columns, and nothing is read by its position."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import pytest
from flask import Flask
from sqlalchemy import Connection, Integer, Text, bindparam, cast, literal, select
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.exc import MultipleResultsFound

from pingyi.db import json_words, one_row, rows, transaction


@dataclass(frozen=True, slots=True)
class Stop:
    name: str
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StopByName:
    name: str
    minutes: int
    of_name: str = field(init=False, default="")


class StopTuple(NamedTuple):
    name: str
    minutes: int


@pytest.fixture
def connection(app: Flask) -> Iterator[Connection]:
    with transaction() as connection:
        yield connection


@pytest.mark.parametrize("kind", [Stop, StopByName, StopTuple])
@pytest.mark.parametrize("columns", ["'east' AS name, 4 AS minutes", "4 AS minutes, 'east' AS name"])
def test_columns_are_the_fields_by_name_in_any_order(
    connection: Connection, kind: type[Stop], columns: str
) -> None:
    assert rows(connection, kind, f"SELECT {columns}") == [kind(name="east", minutes=4)]


def test_parameters_may_have_any_name(connection: Connection) -> None:
    statement = "SELECT CAST(:kind AS text) AS name, n AS minutes FROM generate_series(1, :statement) n"
    stops = rows(connection, Stop, statement, kind="west", statement=2)
    assert stops == [Stop("west", 1), Stop("west", 2)]


def test_built_statement_is_read_alike(connection: Connection) -> None:
    statement = select(literal("west").label("name"), bindparam("n", type_=Integer).label("minutes"))
    assert one_row(connection, Stop, statement, n=3) == Stop("west", 3)


@pytest.mark.parametrize(
    ("columns", "trouble"),
    [
        ("'east' AS name", "lack minutes"),
        ("'east' AS name, 4 AS minutes, 5 AS seconds", "have besides seconds"),
        ("'east' AS name, 4 AS minute", "lack minutes; have besides minute"),
        ("'east' AS name, 4 AS minutes, 'west' AS name", "repeat name"),
    ],
)
def test_other_columns_are_refused(connection: Connection, columns: str, trouble: str) -> None:
    for _ in range(2):
        with pytest.raises(TypeError, match=f"^the columns for Stop {trouble}$"):
            rows(connection, Stop, f"SELECT {columns}")


def test_columns_are_refused_where_no_row_comes(connection: Connection) -> None:
    with pytest.raises(TypeError, match="lack minutes"):
        one_row(connection, Stop, "SELECT 'east' AS name WHERE false")


def test_no_row_is_none_and_two_are_refused(connection: Connection) -> None:
    statement = "SELECT 'east' AS name, n AS minutes FROM generate_series(1, :n) n"
    assert one_row(connection, Stop, statement, n=0) is None
    assert one_row(connection, Stop, statement, n=1) == Stop("east", 1)
    with pytest.raises(MultipleResultsFound):
        one_row(connection, Stop, statement, n=2)


def test_json_is_written_without_white_space_and_with_its_letters(connection: Connection) -> None:
    written = select(cast(bindparam("value", type_=JSON), Text))
    assert connection.execute(written, {"value": {"单位": [1, "东"]}}).scalar_one() == '{"单位":[1,"东"]}'


@pytest.mark.parametrize(("listed", "among"), [("[]", False), ('["west"]', False), ('["west", "东"]', True)])
def test_word_is_looked_for_in_a_json_list(connection: Connection, listed: str, among: bool) -> None:
    found = select(literal("东").in_(json_words("words")))
    assert connection.execute(found, {"words": listed}).scalar_one() is among
