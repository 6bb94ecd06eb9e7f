"""Looks for settings that would lose or leak what people entrust to the record."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress

import redis
from sqlalchemy import Connection, bindparam, create_engine, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from pingyi.channels import Text
from pingyi.domain.errors import FieldError, Problem
from pingyi.embedded.database_roles import own_rights
from pingyi.embedded.doctor_messages import remark
from pingyi.extensions import RegisteredExtension, load_extensions
from pingyi.findings import Finding
from pingyi.ledger.keys import load_key
from pingyi.migrations import behind, is_current, revision_of
from pingyi.registry import Broken, named
from pingyi.settings import Settings, variables_of

_KNOWN_SECRETS = ("change", "secret", "default", "insecure", "example", "password", "0123456789")
_SETTING = select(func.current_setting(bindparam("name")))


def findings(settings: Settings, *, seals: bool = True) -> list[Finding]:
    """Every check that applies to `settings`, passed or not; the engines must be running.

    `seals`: whether the record is sealed from here too; a process of the web has neither role nor key for it.
    """
    return [
        *_secret(settings),
        *_folder(settings),
        *_database(settings.database_url, "DATABASE_URL"),
        *(_role(settings.sealer_database_url, "SEALER_DATABASE_URL") if settings.sealer_database_url else ()),
        *(_sealing(settings) if seals else ()),
        *_queue(settings.redis_url),
    ]


def package_findings(settings: Settings) -> list[Finding]:
    """Whether every extension that is installed can be used; one that cannot stops no process."""
    extensions = load_extensions()
    return [
        *_loaded(extensions.broken),
        *_settings(settings, extensions.working),
        *_tables(settings.database_url),
        *(each for one in extensions.working for each in _checks(settings, one)),
    ]


def _checks(settings: Settings, one: RegisteredExtension) -> list[Finding]:
    """What an extension finds of its own; one that fails at it is named."""
    if not all(each.ok for each in _settings(settings, [one])):
        return []
    try:
        return list(one.extension.checks(settings))
    except Exception as error:  # noqa: BLE001 - a package may raise anything; it is named
        return [_finding("extensions", ok=False, **named(one.broken(error)))]


def _tables(url: str) -> Iterator[Finding]:
    with suppress(SQLAlchemyError), create_engine(url, poolclass=NullPool).connect() as connection:
        late = behind(connection)
        if not late:
            yield _finding("extension_tables", ok=True)
        for one in late:
            yield _finding("extension_tables", ok=False, **named(one))


def _settings(settings: Settings, working: Sequence[RegisteredExtension]) -> Iterator[Finding]:
    for extension in (one.extension for one in working):
        if extension.settings is None:
            continue
        variables = ", ".join(each.metadata["env"] for each in variables_of(extension.settings))
        try:
            settings.read(extension.settings)
        except Problem as problem:
            named = {"name": extension.key, "zh": problem.message.zh, "en": problem.message.en}
            yield _finding("extension_settings", ok=False, **named)
        else:
            yield _finding("extension_settings", ok=True, name=extension.key, variables=variables)


def _loaded(broken: Sequence[Broken]) -> list[Finding]:
    if not broken:
        return [_finding("extensions", ok=True)]
    return [_finding("extensions", ok=False, **named(one)) for one in broken]


def require_safe(settings: Settings, *, seals: bool = True) -> None:
    """Refuse to go on with unsafe settings: a Problem that lists every failed check."""
    failed = [found for found in findings(settings, seals=seals) if not found.ok]
    if failed:
        raise Problem(
            "unsafe_settings",
            503,
            Text(
                zh="设置不安全，拒绝启动：" + "；".join(found.message.zh for found in failed),
                en="Unsafe settings, refusing to start: " + "; ".join(found.message.en for found in failed),
            ),
            [FieldError(code=found.code, message=found.message) for found in failed],
        )


def _finding(code: str, *, ok: bool, **values: object) -> Finding:
    return Finding(code=code, ok=ok, message=remark(code, ok=ok, **values))


def _secret(settings: Settings) -> Iterator[Finding]:
    key = settings.secret_key
    guessable = any(word in key.lower() for word in _KNOWN_SECRETS)
    yield _finding("secret_key", ok=len(key) >= 32 and len(set(key)) >= 10 and not guessable)


def _folder(settings: Settings) -> Iterator[Finding]:
    try:
        mode = settings.state.stat().st_mode
    except OSError:
        return
    private = [
        settings.state / name for name in ("secret", "sealer.key", "passwords.json", "run/endpoints.json")
    ]
    # Root's engines run under another account, which must pass through but not look around.
    open_bits = stat.S_IRWXO | stat.S_IRWXG if os.geteuid() else 0o066
    ok = mode & open_bits == 0 and not any(_is_open(path.stat().st_mode) for path in private if path.exists())
    yield _finding("state_folder", ok=ok, folder=settings.state)


def _is_open(mode: int) -> bool:
    return mode & (stat.S_IRWXO | stat.S_IRWXG) != 0


def _database(url: str, variable: str) -> Iterator[Finding]:
    if not url:
        yield _finding("database_reachable", ok=False, variable=variable, reason="-")
        return
    try:
        engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": 10})
        with engine.connect() as connection:
            yield from _server(connection)
            yield from _rights(connection, variable)
            yield from _migrations(connection)
    except SQLAlchemyError as error:
        yield _unreachable(error, variable)


def _role(url: str, variable: str) -> Iterator[Finding]:
    try:
        engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": 10})
        with engine.connect() as connection:
            yield from _rights(connection, variable)
    except SQLAlchemyError as error:
        yield _unreachable(error, variable)


def _sealing(settings: Settings) -> Iterator[Finding]:
    try:
        load_key(settings.sealer_key_file)
        usable = True
    except Problem:
        usable = False
    yield _finding("sealing", ok=usable and bool(settings.sealer_database_url), path=settings.sealer_key_file)


def _unreachable(error: SQLAlchemyError, variable: str) -> Finding:
    reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    return _finding("database_reachable", ok=False, variable=variable, reason=reason)


def _server(connection: Connection) -> Iterator[Finding]:
    yield _finding("database_reachable", ok=True, variable="DATABASE_URL")
    number = int(_setting(connection, "server_version_num"))
    version = _setting(connection, "server_version")
    yield _finding("database_version", ok=number >= 150000, version=version)
    encoding = _setting(connection, "server_encoding")
    yield _finding("database_encoding", ok=encoding == "UTF8", encoding=encoding)
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        value = _setting(connection, name)
        yield _finding("durability", ok=value != "off", name=name, value=value)


def _setting(connection: Connection, name: str) -> str:
    return str(connection.execute(_SETTING, {"name": name}).scalar_one())


def _rights(connection: Connection, variable: str) -> Iterator[Finding]:
    rights = own_rights(connection)
    ordinary = not rights.superuser and not rights.powerful
    yield _finding("not_superuser", ok=ordinary, variable=variable, user=rights.role)
    if not rights.superuser:
        yield _finding("not_owner", ok=not rights.owner, variable=variable, user=rights.role)


def _migrations(connection: Connection) -> Iterator[Finding]:
    if revision_of(connection) is not None:
        yield _finding("migrations", ok=is_current(connection))


def _queue(url: str) -> Iterator[Finding]:
    if not url:
        yield _finding("queue_reachable", ok=False, reason="-")
        return
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=10, decode_responses=True) as client:
            info = client.info()
    except (redis.RedisError, OSError, ValueError) as error:
        yield _finding("queue_reachable", ok=False, reason=str(error))
        return
    yield _finding("queue_reachable", ok=True)
    version = str(info.get("valkey_version") or info["redis_version"])
    yield _finding("queue_version", ok=int(version.partition(".")[0]) >= 7, version=version)
    policy = info.get("maxmemory_policy")
    yield _finding("queue_eviction", ok=policy == "noeviction", policy=policy)
    yield _finding("queue_append_only", ok=info.get("aof_enabled") == 1)
