"""What PostgreSQL knows of a database besides its tables: who is connected, what is only added to."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from pingyi.db import rows


@dataclass(frozen=True, slots=True)
class OtherConnection:
    """A process of the server that works for somebody else."""

    pid: int


def others_connected(connection: Connection) -> list[OtherConnection]:
    """Everybody else who is connected to this database."""
    return rows(connection, OtherConnection, _OTHERS)


_OTHERS = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class InsertOnly:
    """A table with a guard: whether it is in force, and whether a role may change rows all the same."""

    table: str
    guarded: bool
    changeable: bool


def insert_only_tables(connection: Connection) -> list[InsertOnly]:
    """Every table that has the guard of what is only added to."""
    return rows(connection, InsertOnly, _INSERT_ONLY)


_INSERT_ONLY = """
SELECT c.relname AS table, t.tgenabled = 'O' AS guarded, EXISTS (
  SELECT FROM unnest(ARRAY['pingyi_app', 'pingyi_sealer']) AS role,
    unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE']) AS deed
  WHERE has_table_privilege(role, c.oid, deed)) AS changeable
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname = 'insert_only'
"""
