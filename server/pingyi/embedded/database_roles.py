"""The database, its three roles, and what each may do; the same on embedded and external servers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Connection, text
from sqlalchemy.engine import URL, make_url

OWNER, APP, SEALER = "pingyi_owner", "pingyi_app", "pingyi_sealer"
DATABASE = "pingyi"

# Braces are filled in by psycopg, which quotes the name.
_RIGHTS = f"""
REVOKE ALL ON DATABASE {{database}} FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE {{database}} TO {APP}, {SEALER};
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO {APP}, {SEALER};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT ON TABLES TO {APP};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {SEALER};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {APP}, {SEALER};
"""


def prepare_database(admin_url: str, passwords: Mapping[str, str], database: str = DATABASE) -> None:
    """Create what is missing of the roles and the database, set the passwords, and grant the standing rights.

    `admin_url` may be a superuser's, or that of a role with CREATEROLE and CREATEDB. Tables that the
    owner creates later can be read and added to by the application and read by the sealer; every
    right to change or delete is granted table by table in the migrations.
    """
    with _connect(make_url(admin_url)) as connection:
        there = _roles(connection)
        for role in (OWNER, APP, SEALER):
            _prepare_role(connection, role, passwords[role], there=role in there)
        if not connection.execute(_DATABASE, [database]).fetchone():
            _create_database(connection, database)
    url = make_url(admin_url).set(username=OWNER, password=passwords[OWNER], database=database)
    with _connect(url) as connection:
        connection.execute(sql.SQL(_RIGHTS).format(database=sql.Identifier(database)))


def existing_roles(admin_url: str) -> list[str]:
    """Which of the three roles the server has already."""
    with _connect(make_url(admin_url)) as connection:
        return _roles(connection)


def role_url(server: URL, role: str, password: str, database: str = DATABASE) -> str:
    """The SQLAlchemy URL of a role on the server of `server`."""
    url = server.set(drivername="postgresql+psycopg", username=role, password=password, database=database)
    return url.render_as_string(hide_password=False)


def _connect(url: URL) -> psycopg.Connection[tuple[object, ...]]:
    parts: dict[str, Any] = url.translate_connect_args(username="user", database="dbname")
    return psycopg.connect(**(parts | dict(url.query)), autocommit=True)


_ROLES = "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)"
_DATABASE = "SELECT datname FROM pg_database WHERE datname = %s"


def _roles(connection: psycopg.Connection[tuple[object, ...]]) -> list[str]:
    return sorted(str(name) for (name,) in connection.execute(_ROLES, [[OWNER, APP, SEALER]]))


def _prepare_role(
    connection: psycopg.Connection[tuple[object, ...]], role: str, password: str, *, there: bool
) -> None:
    # The server sees and logs a verifier only, never the password.
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    statement = sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(
        sql.SQL("ALTER" if there else "CREATE"), sql.Identifier(role), sql.Literal(verifier.decode())
    )
    connection.execute(statement)


def _create_database(connection: psycopg.Connection[tuple[object, ...]], database: str) -> None:
    is_superuser = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    if is_superuser != (True,):
        connection.execute(f"GRANT {OWNER} TO CURRENT_USER")
    statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8' {}")
    name, owner = sql.Identifier(database), sql.Identifier(OWNER)
    for locale in _locales(connection.info.server_version):
        try:
            connection.execute(statement.format(name, owner, sql.SQL(locale)))
        except (psycopg.errors.WrongObjectType, psycopg.errors.InvalidParameterValue):
            continue
        return
    connection.execute(statement.format(name, owner, sql.SQL("LC_COLLATE 'C' LC_CTYPE 'C'")))


def _locales(server_version: int) -> tuple[str, ...]:
    libc = "LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'"
    builtin = "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'"
    return (builtin, libc) if server_version >= 170000 else (libc,)


@dataclass(frozen=True, slots=True)
class Rights:
    """What the role of a connection may do beyond what any process of ours needs."""

    role: str
    superuser: bool
    powerful: bool
    owner: bool


def own_rights(connection: Connection) -> Rights:
    """The rights of the role that is connected."""
    # Not by `pingyi.db`, whose models would stay in the supervisor's memory.
    return Rights(*connection.execute(text(_OWN_RIGHTS)).one())


_OWN_RIGHTS = """
SELECT rolname, rolsuper, rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication,
  EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND pg_has_role(c.relowner, 'MEMBER'))
  OR (SELECT pg_has_role(datdba, 'MEMBER') FROM pg_database WHERE datname = current_database())
FROM pg_roles WHERE rolname = current_user
"""
