"""The database session, its transactions and locks, and the base of all tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from enum import IntEnum
from functools import cache
from typing import Any, ClassVar, TypeVar, cast

import msgspec
from flask import current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    Connection,
    DateTime,
    Executable,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Row,
    Select,
    Text,
    TextClause,
    bindparam,
    func,
    select,
    text,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import JSON, JSONB
from sqlalchemy.exc import DBAPIError, MultipleResultsFound
from sqlalchemy.orm import DeclarativeBase

from pingyi.database_refusals import REFUSALS, problem_of

Kind = TypeVar("Kind")

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every table of ours; text is unbounded, times carry a zone, numbers are exact."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar = {
        str: Text,
        datetime: DateTime(timezone=True),
        Decimal: Numeric,
        bytes: LargeBinary,
        int: BigInteger,
        dict[str, Any]: JSONB,
    }


db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False})


def json_text(value: Any) -> str:
    """How JSON is written into the database: no white space, letters as they are."""
    return msgspec.json.encode(value).decode()


def json_words(name: str) -> Select[tuple[str]]:
    """The texts of a JSON list that is given under `name`, for `in_`: an array of 500 costs far more."""
    listed = sql_cast(bindparam(name, type_=Text), JSON)
    return select(func.json_array_elements_text(listed).label("word"))


@contextmanager
def transaction() -> Iterator[Connection]:
    """One transaction of the current session: committed at the end, rolled back on any error.

    What triggers and constraints refuse is raised as a Problem (`pingyi.database_refusals`).
    """
    try:
        yield db.session.connection()
        db.session.commit()
    except DBAPIError as error:
        db.session.rollback()
        if problem := problem_of(error, current_app.extensions.get(REFUSALS, {})):
            raise problem from error
        raise
    except BaseException:
        db.session.rollback()
        raise


class Lock(IntEnum):
    """What an advisory lock is about; its subject's id comes with it. Triggers take the first one, too."""

    ENTRIES_OF_PERIOD = 1
    COUNTERS_OF_CHANNEL = 2
    SEALER = 3
    FIRST_ACCOUNT = 4
    OPENING_OF_PERIOD = 6
    REVIEW_OF_CHANNEL = 7
    VERSIONS_OF_DOCUMENT = 8
    REPEATS_WITHOUT_KEY = 9
    NAMES = 10


# PostgreSQL's lock numbers have 32 bits, ids 64: ids that fold into one number wait for each other in vain.
_SUBJECTS = 2**31
_NUMBERS = (bindparam("lock", type_=Integer), bindparam("subject", type_=Integer))
_EXCLUSIVE = select(func.pg_advisory_xact_lock(*_NUMBERS))
_SHARED = select(func.pg_advisory_xact_lock_shared(*_NUMBERS))


def hold(connection: Connection, lock: Lock, subject: int = 0, *, shared: bool = False) -> None:
    """Wait for a lock and hold it to the end of the transaction."""
    given = {"lock": int(lock), "subject": subject % _SUBJECTS}
    connection.execute(_SHARED if shared else _EXCLUSIVE, given)


def rows(
    connection: Connection, kind: type[Kind], statement: str | Executable, /, **params: Any
) -> list[Kind]:
    """Each row of a result as a `kind`, a dataclass or NamedTuple.

    TypeError unless the columns are the fields of `kind`: the same names in any order, each once.
    """
    built = _built(statement) if isinstance(statement, str) else statement
    result = connection.execute(built, params)
    return list(map(_maker(cast("Any", kind), tuple(result.keys())), result))


def one_row(
    connection: Connection, kind: type[Kind], statement: str | Executable, /, **params: Any
) -> Kind | None:
    """The one row of a result as a `kind`, None where there is none; MultipleResultsFound for more."""
    several = rows(connection, kind, statement, **params)
    if len(several) > 1:
        raise MultipleResultsFound(f"{len(several)} rows where one {kind.__name__} is meant")
    return several[0] if several else None


@cache  # as many as there are statements in the source
def _built(statement: str) -> TextClause:
    return text(statement)


@cache  # as many as there are types and statements in the source
def _maker(kind: type[Any], columns: tuple[str, ...]) -> Callable[[Row[Any]], Any]:
    """Makes a `kind` of a row with these columns: by position where they stand in the order of the fields."""
    fields = _fields(kind)
    troubles = {
        "lack": set(fields) - set(columns),
        "have besides": set(columns) - set(fields),
        "repeat": {name for name in columns if columns.count(name) > 1},
    }
    if any(troubles.values()):
        said = "; ".join(f"{what} {', '.join(sorted(names))}" for what, names in troubles.items() if names)
        raise TypeError(f"the columns for {kind.__name__} {said}")
    if tuple(name for name, keyword in fields.items() if not keyword) == columns:
        return lambda row: kind(*row)
    return lambda row: kind(**dict(zip(columns, row, strict=True)))


def _fields(kind: type[Any]) -> dict[str, bool]:
    """The fields by name in their order, and whether each is filled by keyword only."""
    if dataclasses.is_dataclass(kind):
        return {field.name: field.kw_only is True for field in dataclasses.fields(kind) if field.init}
    return dict.fromkeys(kind._fields, False)
