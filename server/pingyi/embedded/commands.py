"""Shell commands: bring everything up, check the settings, prepare an external database."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

import click
from sqlalchemy.engine import make_url

from pingyi.embedded import process_lines
from pingyi.embedded.database_roles import (
    APP,
    DATABASE,
    OWNER,
    SEALER,
    existing_roles,
    prepare_database,
    role_url,
)
from pingyi.embedded.engines import attach
from pingyi.embedded.messages import refusal
from pingyi.embedded.up import bring_up
from pingyi.extensions import load_extensions
from pingyi.ledger.keys import ensure_key
from pingyi.settings import Settings, load_settings
from pingyi.shell import ANNOUNCE, complain, unmigrated_extension


@click.command()
@click.option("--demo", is_flag=True, help="生成演示数据 / fill in the demonstration first")
def up(*, demo: bool) -> None:
    """启动全部服务 / Start the engines, the migrations and all processes, and keep them running."""
    announce: Callable[[Settings], list[str]] = click.get_current_context().meta[ANNOUNCE]
    bring_up(load_settings(os.environ), Path.cwd() / "Procfile", announce, demo=demo)


@click.command()
@click.option(
    "--apart", is_flag=True, help="每个进程一行，可分布于多台主机 / a line for every process, for many hosts"
)
def procfile(*, apart: bool) -> None:
    """进程清单 / Print the processes as a Procfile; `pingyi up` takes one from the working folder."""
    lines = process_lines.apart(load_extensions().topics.values()) if apart else process_lines.ON_ONE_HOST
    click.echo(process_lines.as_procfile(lines), nl=False)


@click.command()
def doctor() -> None:
    """检查设置 / Check the settings; one line per check, exit status 1 if any failed."""
    from pingyi.embedded import doctor as checks

    settings = attach(load_settings(os.environ))
    found = [*checks.findings(settings), *checks.package_findings(settings)]
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
    ensure_key(load_settings(os.environ).sealer_key_file)
    for variable, role in (
        ("DATABASE_URL", APP),
        ("OWNER_DATABASE_URL", OWNER),
        ("SEALER_DATABASE_URL", SEALER),
    ):
        click.echo(f"{variable}={role_url(server, role, passwords[role], name)}")


@database.command("migrate")
def database_migrate() -> None:
    """更新数据库结构 / Run outstanding migrations as OWNER_DATABASE_URL."""
    from pingyi import migrations

    settings = load_settings(os.environ)
    if not settings.owner_database_url:
        settings = attach(settings)
    if not settings.owner_database_url:
        raise refusal("no_owner_url")
    broken = migrations.upgrade(settings.owner_database_url)
    for one in broken:
        complain(unmigrated_extension(one))
    if broken:
        raise SystemExit(1)
    click.echo("数据库结构已是最新 / the database schema is current")
