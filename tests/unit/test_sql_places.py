"""The check that keeps SQL in its places finds it however it is written, and only it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests import sql_places
from tests.house import ROOT, sources
from tests.sql_places import imports_text, sql_out_of_place, sql_strings

SQL = {
    "assigned": '_KEY = "SELECT key FROM period WHERE id = :id"',
    "passed straight": 'connection.execute(text("UPDATE period SET state = :state"))',
    "over lines": 'X = """\n  WITH held AS (SELECT 1)\n  DELETE FROM outbox\n"""',
    "f-string": 'X = f"SELECT {columns} FROM {table}"',
    "f-string that goes on": 'X = f"{_PERIODS} ORDER BY p.id DESC"',
    "side by side": 'X = ("DELETE FROM session"\n  " WHERE created_at < now()")',
    "concatenated": 'X = "SELECT " + ", ".join(columns) + " FROM period"',
    "concatenated from the right": 'X = columns + " FROM period"',
    "begun": 'X = "SELECT"\nX += columns',
    "joined": 'X = " ".join(["INSERT INTO", table, "VALUES (1)"])',
    "percent": 'X = "LOCK TABLE %s" % table',
    "format": 'X = "COPY {} TO STDOUT".format(table)',
    "driver": 'connection.exec_driver_sql("TRUNCATE leaf")',
    "cursor": 'connection.connection.cursor().execute("LISTEN outbox")',
    "bytes": 'psql.write(b"BEGIN;\\nSET client_min_messages = warning;\\n")',
    "default": 'def f(statement: str = "CREATE TABLE a (b int)") -> None: ...',
    "in a table": 'X = {"units": "SELECT code FROM unit"}',
    "lower case": 'X = "select key, max(revision) as newest from assessment"',
    "lower insert": 'X = "insert into period (key) values (1)"',
    "lower update": 'X = "update period set state = 1"',
    "lower function": 'X = "select pg_advisory_lock(1)"',
}
OTHER = {
    "docstring": 'def f() -> None:\n    """SELECT what is needed FROM period."""',
    "docstring of a module": '"""WITH all of it."""',
    "docstring of a constant": 'X = 1\n"""UPDATE as needed."""',
    "sentence": 'X = Text(zh="选择", en="Select a period from the list, or update it.")',
    "request": 'X = "DELETE /api/periods/1"',
    "method": 'X = {"methods": ["DELETE", "UPDATE"]}',
    "statement of a model": "X = select(Period.key).where(Period.id == bindparam('period'))",
    "comment": "X = 1  # SELECT 1 FROM period",
    "word": 'X = "SELECTED by lot"',
    "lower words": 'X = "select a period, then delete what it has"',
}


@pytest.mark.parametrize("source", SQL.values(), ids=SQL)
def test_sql_is_found_however_it_is_written(source: str) -> None:
    assert list(sql_strings(source))


@pytest.mark.parametrize("source", OTHER.values(), ids=OTHER)
def test_other_words_are_no_sql(source: str) -> None:
    assert not list(sql_strings(source))


def test_a_string_is_counted_once() -> None:
    source = 'X = ("SELECT a " + f"FROM {b} " + "WHERE c")\nY = "SELECT 1"'
    assert [one.line for one in sql_strings(source)] == [1, 2]


@pytest.mark.parametrize("name", ["text", "literal_column"])
def test_conditions_in_words_are_found_by_their_import(name: str) -> None:
    assert imports_text(f"from sqlalchemy import select, {name}")
    assert imports_text(f"from sqlalchemy.sql.expression import {name} as words")
    assert not imports_text("from sqlalchemy import Text, select")


@pytest.fixture
def product(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A product of two modules with SQL: one of queries, and one that works on whole sets."""
    monkeypatch.setattr(sql_places, "SET_BASED", {"room/fold.py": "folds"})
    for name in ("queries", "fold"):
        _write(tmp_path, name, 'X = "SELECT 1"')
    return tmp_path


def _write(product: Path, name: str, source: str) -> None:
    path = product / "room" / f"{name}.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{source}\n", encoding="utf-8")


def _troubles(product: Path, most: int = 10) -> list[str]:
    return list(sql_out_of_place(product, sorted(product.rglob("*.py")), most))


def test_sql_in_its_places_is_no_trouble(product: Path) -> None:
    _write(product, "office_queries", 'X = "SELECT 2"')
    assert _troubles(product) == []


def test_sql_elsewhere_is_refused_with_its_line(product: Path) -> None:
    _write(product, "office", 'X = 1\nY = "SELECT 2 FROM period"')
    assert _troubles(product) == ["room/office.py:2: SQL outside a module of queries: SELECT 2 FROM period"]


def test_conditions_in_words_elsewhere_are_refused(product: Path) -> None:
    _write(product, "office", 'from sqlalchemy import text\nX = text("expires_at < now()")')
    assert _troubles(product) == ["room/office.py: sqlalchemy's text outside a module of queries"]


def test_a_place_without_sql_is_named(product: Path) -> None:
    _write(product, "fold", "X = 1")
    assert "room/fold.py: holds no SQL any more" in _troubles(product)[0]
    (product / "room/fold.py").unlink()
    assert _troubles(product) == ["room/fold.py: is gone; take it out of SET_BASED"]


def test_more_sql_than_there_may_be_is_refused(product: Path) -> None:
    assert _troubles(product, most=2) == []
    assert _troubles(product, most=1) == ["2 strings of SQL, 1 at most"]


def test_the_product_keeps_sql_in_its_places() -> None:
    assert list(sql_out_of_place(ROOT, sources())) == []
