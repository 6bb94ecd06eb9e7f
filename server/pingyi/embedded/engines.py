"""The owner of both engines: starts them, keeps them running, publishes where they are, ends them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy.engine import URL

from pingyi.embedded import postgres, valkey
from pingyi.embedded.database_roles import APP, OWNER, SEALER, prepare_database, role_url
from pingyi.embedded.engine_programs import find_programs
from pingyi.embedded.messages import refusal
from pingyi.embedded.state_folder import (
    StateFolder,
    claimed,
    is_owned,
    keep_secret,
    kept_passwords,
    prepare_place,
    socket_folder,
    write_private,
)
from pingyi.ledger.keys import ensure_key
from pingyi.settings import Settings, load_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where running engines are; an empty URL belongs to an engine that is configured elsewhere."""

    database_url: str = ""
    owner_database_url: str = ""
    sealer_database_url: str = ""
    redis_url: str = ""
    postgres_pid: int = 0
    valkey_pid: int = 0
    owner_pid: int = 0


class Engines:
    """Owns the engines that `settings` does not configure elsewhere; use as a context manager.

    To be entered in the main thread (see `processes.spawn`). With `durable=False` nothing is forced to
    disk: for tests and replays that throw the folder away, and refused by the doctor.
    """

    def __init__(self, settings: Settings, *, durable: bool = True) -> None:
        self._settings = settings
        self._durable = durable
        self._closing = ExitStack()
        self._postgres: subprocess.Popen[bytes] | None = None
        self._valkey: subprocess.Popen[bytes] | None = None
        self.endpoints = Endpoints()
        self.secret_key = settings.secret_key

    def __enter__(self) -> Self:
        with ExitStack() as starting:
            self._place = prepare_place(self._settings)
            starting.enter_context(claimed(self._place))
            starting.callback(self._stop)
            self._start()
            self._closing = starting.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    @property
    def place(self) -> StateFolder:
        return self._place

    def settings(self) -> Settings:
        """The settings completed with the running engines' URLs and the kept secret."""
        return replace(_filled(self._settings, self.endpoints), secret_key=self.secret_key)

    def tend(self) -> list[str]:
        """Start again whichever engine has ended; the names of those."""
        restarted = []
        if self._valkey and self._valkey.poll() is not None:
            self._start_valkey()
            restarted.append("valkey")
        if self._postgres and self._postgres.poll() is not None:
            self._start_postgres()
            restarted.append("postgres")
        if restarted:
            self._finish_start()
        return restarted

    def _start(self) -> None:
        place, settings = self._place, self._settings
        self.secret_key = settings.secret_key or keep_secret(place)
        if not settings.database_url:
            ensure_key(settings.sealer_key_file)
        if settings.database_url and settings.redis_url:
            return
        self._programs = find_programs(place.state / "engines", place.account)
        self._sockets = socket_folder(place)
        if not settings.redis_url:
            self._start_valkey()
        if not settings.database_url:
            passwords = kept_passwords(place)
            postgres.initialise(place, self._programs, passwords[postgres.SUPERUSER], durable=self._durable)
            self._start_postgres()
            prepare_database(self._role_url(postgres.SUPERUSER, "postgres"), passwords)
        self._finish_start()

    def _start_valkey(self) -> None:
        self._valkey = valkey.start(self._place, self._programs, self._sockets, durable=self._durable)

    def _start_postgres(self) -> None:
        self._postgres = postgres.start(self._place, self._programs, self._sockets, durable=self._durable)
        postgres.wait_ready(self._place, self._postgres)

    def _finish_start(self) -> None:
        if self._valkey:
            valkey.wait_ready(self._place, self._valkey, self._sockets)
        self.endpoints = self._current_endpoints()
        _publish(self._place, self.endpoints)

    def _current_endpoints(self) -> Endpoints:
        found = Endpoints(owner_pid=os.getpid())
        if self._postgres:
            found = replace(
                found,
                database_url=self._role_url(APP),
                owner_database_url=self._role_url(OWNER),
                sealer_database_url=self._role_url(SEALER),
                postgres_pid=self._postgres.pid,
            )
        if self._valkey:
            url = f"unix://{self._sockets / valkey.SOCKET}?db=0"
            found = replace(found, redis_url=url, valkey_pid=self._valkey.pid)
        return found

    def _role_url(self, role: str, database: str = "pingyi") -> str:
        server = URL.create("postgresql+psycopg", query={"host": str(self._sockets)})
        return role_url(server, role, kept_passwords(self._place)[role], database)

    def _stop(self) -> None:
        self._place.endpoints.unlink(missing_ok=True)
        if self._valkey:
            valkey.stop(self._valkey)
        if self._postgres:
            postgres.stop(self._postgres)
        sockets = getattr(self, "_sockets", None)
        if sockets and not sockets.is_relative_to(self._place.state):
            shutil.rmtree(sockets, ignore_errors=True)


@contextmanager
def running_engines(state: Path | None = None, *, durable: bool = True) -> Iterator[Endpoints]:
    """Engines while the block lasts, in `state`, or in a temporary folder that is removed afterwards."""
    with ExitStack() as closing:
        if state is None:
            state = Path(tempfile.mkdtemp(prefix="pingyi-"))
            closing.callback(shutil.rmtree, state, ignore_errors=True)
        chosen = {"PINGYI_STATE": str(state), "ENGINE_USER": os.environ.get("ENGINE_USER", "")}
        settings = load_settings(chosen)
        yield closing.enter_context(Engines(settings, durable=durable)).endpoints


def attach(settings: Settings) -> Settings:
    """Complete `settings` with the URLs of the engines that a running owner published in its state folder."""
    if settings.database_url and settings.redis_url:
        return settings
    try:
        text = (settings.state / "run" / "endpoints.json").read_text(encoding="ascii")
    except OSError:
        text = ""
    if not text or not is_owned(settings.state):
        raise refusal("not_running", state=settings.state)
    return _filled(settings, Endpoints(**json.loads(text)))


def _filled(settings: Settings, found: Endpoints) -> Settings:
    if found.database_url and not settings.database_url:
        settings = replace(
            settings,
            database_url=found.database_url,
            owner_database_url=found.owner_database_url,
            sealer_database_url=found.sealer_database_url,
        )
    return settings if settings.redis_url else replace(settings, redis_url=found.redis_url)


def _publish(place: StateFolder, endpoints: Endpoints) -> None:
    names = Endpoints.__dataclass_fields__
    write_private(place.endpoints, json.dumps({name: getattr(endpoints, name) for name in names}))
