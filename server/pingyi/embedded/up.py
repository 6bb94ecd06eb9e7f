"""Everything on one machine: engines, migrations, processes, until told to stop."""

from __future__ import annotations

import http.client
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click

from pingyi.embedded.aside import aside
from pingyi.embedded.engines import Engines
from pingyi.embedded.messages import refusal
from pingyi.embedded.ports import address_of, reachable_host, with_free_port
from pingyi.embedded.postgres import tail_of
from pingyi.embedded.process_lines import read_procfile
from pingyi.embedded.supervisor import MARK, Supervisor
from pingyi.settings import Settings
from pingyi.shell import complain, unmigrated_extension

_FIRST_ANSWER_SECONDS = 60


def bring_up(
    settings: Settings, procfile: Path, announce: Callable[[Settings], list[str]], *, demo: bool = False
) -> None:
    """Run all processes until a signal.

    Once the web answers, what `announce` says is printed, and the address as the last line.
    """
    settings = with_free_port(settings)
    with _until_signal(), Engines(settings) as engines:
        settings = engines.settings()
        aside(lambda: _prepare(settings))
        crew = Supervisor(engines.place.state, engines.place.logs, _environment(settings), engines.tend)
        try:
            crew.start(read_procfile(procfile))
            crew.keep_until(_answering(settings, crew.log_of("web")))
            if demo:
                crew.run_once("demo", "pingyi demo")
            lines = aside(lambda: announce(settings))
            click.echo("\n".join([*lines, f"Pingyi: {address_of(settings)}/"]), color=False)
            crew.keep_until(lambda: False)
        finally:
            crew.stop()


def _prepare(settings: Settings) -> None:
    # Loaded here, since this process goes on to run and needs neither again.
    from pingyi import migrations
    from pingyi.embedded.doctor import require_safe

    if not settings.owner_database_url:
        raise refusal("no_owner_url")
    for broken in migrations.upgrade(settings.owner_database_url):
        complain(unmigrated_extension(broken))
    require_safe(settings)


@contextmanager
def _until_signal() -> Iterator[None]:
    """Turn the first SIGINT, SIGTERM or SIGHUP into an orderly end, and let none disturb that end."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def stop(_number: int, _frame: FrameType | None) -> None:
        for number in numbers:
            signal.signal(number, _ignore)
        raise KeyboardInterrupt

    for number in numbers:
        signal.signal(number, stop)
    try:
        yield
    except KeyboardInterrupt:
        click.echo("已停止 / stopped", err=True)


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """A handler and not SIG_IGN, which children would inherit."""


def _environment(settings: Settings) -> dict[str, str]:
    chosen = {
        "DATABASE_URL": settings.database_url,
        "OWNER_DATABASE_URL": settings.owner_database_url,
        "SEALER_DATABASE_URL": settings.sealer_database_url,
        "REDIS_URL": settings.redis_url,
        "PINGYI_SECRET_KEY": settings.secret_key,
        "PINGYI_STATE": str(settings.state),
        "PINGYI_PORT": str(settings.port),
        "PINGYI_HOST": settings.host,
    }
    inherited = {name: value for name, value in os.environ.items() if name != MARK}
    return inherited | {name: value for name, value in chosen.items() if value}


def _answering(settings: Settings, log: Path) -> Callable[[], bool]:
    deadline = time.monotonic() + _FIRST_ANSWER_SECONDS

    def answers() -> bool:
        if time.monotonic() > deadline:
            raise refusal("engine_failed", engine="pingyi web", log=log, tail=tail_of(log))
        connection = http.client.HTTPConnection(reachable_host(settings), settings.port, timeout=2)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status < 400
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return answers
