"""The shell: every command of `pingyi`, each loading what it needs only when it runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pingyi import shell
from pingyi.channels import Text
from pingyi.shell import Commands, complain, say

if TYPE_CHECKING:
    from flask import Flask

    from pingyi.settings import Settings

FIRST_SIGN_IN = "/first-sign-in"
_ONE_HOLDER = Text(
    zh="请指定渠道单位（可加 --channel），或用 --role 指定评议办角色，二者选一。",
    en="Name either an operator (and, if you like, --channel) or roles of the office with --role.",
)
_FOLDER = click.Path(path_type=Path)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--lang", type=click.Choice(["zh", "en"]), help="语言 / language (LC_ALL, LANG)")
@click.version_option(package_name="pingyi")
@click.pass_context
def main(context: click.Context, lang: str | None) -> None:  # noqa: ARG001 - `resolve_command` reads it
    """评议：公开监督的多渠道评价 / Pingyi: public supervision, added up."""
    context.meta[shell.APPLICATION] = _application
    context.meta[shell.UNATTACHED] = _unattached
    context.meta[shell.ANNOUNCE] = announce


@main.command()
def web() -> None:
    """网站 / Serve the pages and the API."""
    from pingyi.running import serve

    serve(_attached())


@main.command()
@click.argument("queues", nargs=-1)
def worker(queues: tuple[str, ...]) -> None:
    """后台作业 / Work on the queues named, or on all; every slow one in a process of its own."""
    from pingyi.extensions import load_extensions
    from pingyi_workers.commands import run_workers

    topics = load_extensions().topics
    for queue in queues:
        if queue not in topics:
            raise click.BadParameter(", ".join(topics), param_hint=queue)
    with _application() as (app, settings):
        run_workers(app, settings, [topics[queue] for queue in dict.fromkeys(queues or topics)])


@main.command()
def background() -> None:
    """全部后台进程 / The relay, the scheduler and all workers but the sealer's, forked from one process."""
    from pingyi_workers.commands import run_background

    with _application() as (app, settings):
        run_background(app, settings)


@main.command()
def relay() -> None:
    """转送作业 / Carry requests from the outbox to the queues."""
    from pingyi_workers.commands import run_relay

    with _application() as (app, settings):
        run_relay(app, settings)


@main.command()
def scheduler() -> None:
    """定时作业 / Keep periodic work going."""
    from pingyi_workers.commands import run_scheduler

    run_scheduler(_attached())


@main.command("import")
@click.argument("bundle", type=_FOLDER)
@click.option("--entries", is_flag=True, help="开放周期并报送 / open the period and post its entries")
def import_(bundle: Path, *, entries: bool) -> None:
    """导入数据包 / Make a draft period of a bundle."""
    from pingyi.services.bundles.bundles import import_bundle
    from pingyi.services.core.callers import SHELL

    with _application() as (app, _), app.app_context():
        key = import_bundle(SHELL, bundle, entries=entries)
    say(Text(zh=f"已导入周期“{key}”。", en=f"Imported period {key}."))


@main.command()
@click.argument("bundle", type=_FOLDER)
@click.option("--out", type=_FOLDER, required=True, help="结果文件夹 / folder of the results")
@click.option("--lang", type=click.Choice(["zh", "en"]), help="语言 / language")
@click.pass_context
def replay(context: click.Context, bundle: Path, out: Path, lang: str | None) -> None:
    """重演数据包 / Run a bundle through the real pipeline and write its results."""
    from pingyi.replay import replay_bundle

    context.find_root().obj = lang or context.find_root().obj
    with shell.progress_line() as progress:
        replayed = replay_bundle(bundle, out, progress)
    say(replayed.summary())


@main.command()
@click.option("--public", "period", required=True, metavar="PERIOD", help="已公布的周期 / published period")
@click.option("--out", type=_FOLDER, required=True, help="数据包文件夹 / folder of the bundle")
def export(period: str, out: Path) -> None:
    """导出公开数据包 / Write the public bundle of a published result, with its verifier."""
    from pingyi.services.bundles.offer import export_sealed

    with _application() as (app, _), app.app_context():
        done = export_sealed(period, out)
    text = Text(
        zh="周期“{period}”第 {revision} 版已导出；核对：python3 -I {out}/verify.py {out}",
        en="Period {period}, revision {revision}, exported; check it: python3 -I {out}/verify.py {out}",
    )
    say(text.format(period=period, revision=done.revision, out=out))


@main.group()
def keys() -> None:
    """密钥 / Keys by which programs act."""


@keys.command("new")
@click.argument("operator", required=False)
@click.option("--role", "roles", multiple=True, help="评议办角色 / an office role, e.g. administrator")
@click.option("--channel", "channels", multiple=True, help="只限此渠道 / only for this channel")
@click.option("--label", default="", help="备注 / what it is for")
@click.option("--days", type=click.IntRange(1), help="有效天数 / days that it is valid for")
def keys_new(
    operator: str | None, roles: tuple[str, ...], channels: tuple[str, ...], label: str, days: int | None
) -> None:
    """新密钥 / A key for OPERATOR, or with --role for the office; it is shown once."""
    from pingyi.db import transaction
    from pingyi.services.core.callers import SHELL
    from pingyi.services.people import api_keys as service
    from pingyi.services.people.account_roles import checked_roles

    if bool(operator) == bool(roles) or (roles and channels):
        raise click.UsageError(shell.words(_ONE_HOLDER))
    until = service.days_from_now(days) if days else None
    with _application() as (app, _), app.app_context(), transaction() as connection:
        if operator:
            holder = service.find_operator(connection, operator)
            made = service.new_operator_key(
                connection, SHELL, holder, label=label, channels=channels, expires_at=until
            )
        else:
            held = sorted(checked_roles(roles))
            made = service.new_office_key(connection, SHELL, held, label=label, expires_at=until)
    complain(Text(zh="密钥只显示这一次：", en="The key, shown only this once:"))
    click.echo(made.token)


@main.group()
def ledger() -> None:
    """记录 / The sealed record."""


@ledger.command("check")
def ledger_check() -> None:
    """核对记录 / Derive every root and head anew from the stored bytes; exit status 1 on a finding."""
    from pingyi.db import db
    from pingyi.ledger.fsck import check_record

    with _application() as (app, settings), app.app_context(), db.engine.connect() as connection:
        report = check_record(connection, settings.heads_folder)
    for finding in report.findings:
        say(finding)
    say(report.summary())
    raise SystemExit(1 if report.findings else 0)


@main.command()
@click.option("--name", required=True, help="见证方名称 / what the witness calls itself")
@click.option("--log", "logs", multiple=True, required=True, help="记录的验证密钥 / vkey of a log to watch")
@click.option("--folder", type=_FOLDER, required=True, help="文件夹 / folder of its key and heads")
@click.option("--host", default="127.0.0.1", help="监听地址 / address to listen on")
@click.option("--port", default=8090, help="端口 / port")
def witness(name: str, logs: tuple[str, ...], folder: Path, host: str, port: int) -> None:
    """见证 / Cosign the heads of others' records, each only if it goes on from the one before."""
    from pingyi.ledger.witness import open_witness, serve

    try:
        found = open_witness(folder, name, logs)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--log") from error
    click.echo(found.verifier)
    serve(found, host, port)


@main.group()
def plugin() -> None:
    """插件 / A channel of your own."""


@plugin.command("new")
@click.argument("key")
@click.option("--folder", type=_FOLDER, default=Path(), help="放在哪里 / where its folder is made")
def plugin_new(key: str, folder: Path) -> None:
    """新插件 / Write a working package for the channel KEY, with a test."""
    from pingyi.scaffold import write_package

    made = write_package(key, folder)
    done = Text(
        zh="已写入 {made}。下一步：pip install -e {made}，再运行 python -m pytest {made}",
        en="Wrote {made}. Next: pip install -e {made}, then python -m pytest {made}",
    )
    say(done.format(made=made))


def announce(settings: Settings) -> list[str]:
    """What `pingyi up` says once the web answers: the first sign-in, what extensions have to say."""
    from pingyi.db import transaction
    from pingyi.embedded.ports import address_of
    from pingyi.extensions import installed_extensions
    from pingyi.registry import Broken
    from pingyi.services.people.accounts import needs_first_account, new_first_code

    lines: list[str] = []
    with _application(settings) as (app, _), app.app_context():
        with transaction() as connection:
            if needs_first_account(connection):
                code = new_first_code(connection)
                lines.append(f"首次登录 / first sign-in: {address_of(settings)}{FIRST_SIGN_IN}")
                lines.append(f"一次性代码 / one-time code: {code}")
        extensions = installed_extensions()
        broken = list(extensions.broken)
        for one in extensions.working:
            try:
                with transaction() as connection:
                    lines += one.extension.announced(connection, settings)
            except Exception as error:  # noqa: BLE001 - a package may raise anything; everything runs by now
                reason = f"{type(error).__name__}: {error}"
                broken.append(Broken(one.extension.key, one.distribution, one.version, reason))
        for failed in broken:
            complain(shell.broken_extension(failed))
    return lines


def _attached() -> Settings:
    from pingyi.embedded.engines import attach
    from pingyi.settings import load_settings

    return attach(load_settings(os.environ))


def _unattached() -> Flask:
    """An application that is only looked at: nothing of it connects."""
    from pingyi.app import create_app
    from pingyi.settings import load_settings

    return create_app(replace(load_settings(os.environ), database_url="postgresql://", redis_url=""))


@contextmanager
def _application(settings: Settings | None = None) -> Iterator[tuple[Flask, Settings]]:
    """An application on the running engines, and its settings; its connections are closed afterwards."""
    from pingyi.app import create_app
    from pingyi.db import db

    found = settings or _attached()
    app = create_app(found)
    try:
        yield app, found
    finally:
        with app.app_context():
            db.engine.dispose()
