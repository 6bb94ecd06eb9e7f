"""The database session, its transactions and locks, and the base of all tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from enum import IntEnum
from typing import Any, ClassVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, Connection, DateTime, LargeBinary, MetaData, Numeric, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase

from pingyi.database_refusals import problem_of

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


db = SQLAlchemy(session_options={"expire_on_commit": False})


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
        if problem := problem_of(error):
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


# PostgreSQL's lock numbers have 32 bits, ids 64: ids that fold into one number wait for each other in vain.
_SUBJECTS = 2**31
_EXCLUSIVE = text("SELECT pg_advisory_xact_lock(:lock, :subject)")
_SHARED = text("SELECT pg_advisory_xact_lock_shared(:lock, :subject)")


def hold(connection: Connection, lock: Lock, subject: int = 0, *, shared: bool = False) -> None:
    """Wait for a lock and hold it to the end of the transaction."""
    given = {"lock": int(lock), "subject": subject % _SUBJECTS}
    connection.execute(_SHARED if shared else _EXCLUSIVE, given)
