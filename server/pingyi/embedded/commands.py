"""Shell commands: bring everything up, check the settings, prepare an external database."""

from __future__ import annotations

import http.client
import importlib
import os
import secrets
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType

import click
from sqlalchemy.engine import make_url

from pingyi import migrations
from pingyi.embedded import doctor as checks
from pingyi.embedded.engines import Engines, attach
from pingyi.embedded.messages import refusal
from pingyi.embedded.postgres import tail_of
from pingyi.embedded.roles import APP, DATABASE, OWNER, SEALER, existing_roles, prepare_database, role_url
from pingyi.embedded.supervisor import MARK, Crew, read_procfile
from pingyi.settings import Settings, load_settings

_FIRST_ANSWER_SECONDS = 60


@click.command()
@click.option("--demo", is_flag=True, help="生成演示数据 / fill in the demonstration first")
def up(*, demo: bool) -> None:
    """启动全部服务 / Start the engines, the migrations and all processes, and keep them running."""
    settings = _with_port(load_settings(os.environ))
    with _until_signal(), Engines(settings) as engines:
        settings = engines.settings()
        if not settings.owner_database_url:
            raise refusal("no_owner_url")
        migrations.upgrade(settings.owner_database_url)
        checks.require_safe(settings)
        crew = Crew(engines.place.state, engines.place.logs, _environment(settings), engines.tend)
        try:
            crew.start(read_procfile(Path.cwd() / "Procfile"))
            crew.keep_until(_answering(settings, crew.log_of("web")))
            if demo:
                crew.run_once("demo", "pingyi demo")
            _announce(settings)
            crew.keep_until(lambda: False)
        finally:
            crew.stop()


@click.command()
def doctor() -> None:
    """检查设置 / Check the settings; one line per check, exit status 1 if any failed."""
    found = checks.findings(attach(load_settings(os.environ)))
    for each in found:
        click.echo(f"{'ok  ' if each.ok else 'FAIL'} {each.code}: {each.message.zh} / {each.message.en}")
    raise SystemExit(0 if all(each.ok for each in found) else 1)


@click.group()
def database() -> None:
    """外部数据库 / Prepare and migrate an external PostgreSQL (15 or later)."""


@database.command("init")
@click.argument("admin_url", envvar="ADMIN_DATABASE_URL")
@click.option("--database", "name", default=DATABASE, show_default=True, help="数据库名 / database name")
@click.option("--new-passwords", is_flag=True, help="为已有角色换新密码 / give existing roles new passwords")
def database_init(admin_url: str, name: str, *, new_passwords: bool) -> None:
    """建立角色和数据库 / Create roles and database with ADMIN_URL, and print the URLs to set."""
    server = make_url(admin_url)
    there = existing_roles(admin_url)
    if there and not new_passwords:
        raise refusal("roles_exist", roles=", ".join(there))
    passwords = {role: secrets.token_urlsafe(24) for role in (OWNER, APP, SEALER)}
    prepare_database(admin_url, passwords, name)
    for variable, role in (
        ("DATABASE_URL", APP),
        ("OWNER_DATABASE_URL", OWNER),
        ("SEALER_DATABASE_URL", SEALER),
    ):
        click.echo(f"{variable}={role_url(server, role, passwords[role], name)}")


@database.command("migrate")
def database_migrate() -> None:
    """更新数据库结构 / Run outstanding migrations as OWNER_DATABASE_URL."""
    settings = load_settings(os.environ)
    if not settings.owner_database_url:
        settings = attach(settings)
    if not settings.owner_database_url:
        raise refusal("no_owner_url")
    migrations.upgrade(settings.owner_database_url)
    click.echo("数据库结构已是最新 / the database schema is current")


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


def _with_port(settings: Settings) -> Settings:
    """Choose a free port for 0, and refuse one that is taken before anything is started."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise refusal(
                "port_taken", host=settings.host, port=settings.port, reason=error.strerror
            ) from error
        return replace(settings, port=probe.getsockname()[1])


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
        connection = http.client.HTTPConnection(_reachable_host(settings), settings.port, timeout=2)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status < 400
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return answers


def _reachable_host(settings: Settings) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 compared only


def _announce(settings: Settings) -> None:
    # The shell stands above this package, so it is looked up by name and only here.
    lines: list[str] = importlib.import_module("pingyi.cli").announce(settings)
    host = _reachable_host(settings)
    shown = f"[{host}]" if ":" in host else host
    click.echo("\n".join([*lines, f"Pingyi: http://{shown}:{settings.port}/"]), color=False)
