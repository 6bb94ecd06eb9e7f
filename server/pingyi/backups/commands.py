"""Shell commands: take a backup, restore it, try it."""

from __future__ import annotations

import os
from pathlib import Path

import click

from pingyi.backups.archive import reading
from pingyi.backups.backup import back_up
from pingyi.backups.drill import drill as try_out
from pingyi.backups.drill import put_on_record
from pingyi.backups.restore import restore as put_back
from pingyi.backups.target_database import beside, running, unused
from pingyi.channels import Text
from pingyi.settings import load_settings
from pingyi.shell import complain, progress_line, say

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("file", type=_FILE)
def backup(file: Path) -> None:
    """备份 / Write database and evidence, as of one moment, into the new FILE; work goes on meanwhile."""
    with running(load_settings(os.environ)) as settings:
        taken = back_up(settings, file)
    for sentence in taken.sentences():
        say(sentence)


@click.command()
@click.argument("file", type=_FILE)
@click.option(
    "--replace", is_flag=True, help="替换已有的记录 / put it in the place of a record that is there"
)
@click.option("--known", "known", multiple=True, type=_FILE, help="外部保存的树头 / a head kept elsewhere")
def restore(file: Path, *, replace: bool, known: tuple[Path, ...]) -> None:
    """恢复 / Restore FILE into a database that nobody uses, and name what was lost."""
    wanted = load_settings(os.environ)
    with reading(file) as found, unused(wanted) as settings:
        restored = put_back(found, settings, list(known), replace=replace)
    for sentence in restored.sentences():
        say(sentence)


@click.command()
@click.argument("file", type=_FILE)
def drill(file: Path) -> None:
    """演练 / Restore FILE into throwaway engines and check all of it; exit status 1 on a finding."""
    live = beside(load_settings(os.environ))
    with progress_line() as progress:
        drilled = try_out(file, live, progress)
    if live is not None and not put_on_record(drilled, live):
        complain(_NOT_ON_RECORD)
    for finding in drilled.findings:
        say(finding)
    for sentence in drilled.sentences:
        say(sentence)
    raise SystemExit(1 if drilled.findings else 0)


_NOT_ON_RECORD = Text(
    zh="正在使用的数据库无法连接，演练未记入记录。",
    en="The database in use cannot be reached, so the drill is not on its record.",
)
