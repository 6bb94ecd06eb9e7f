"""Shell commands of the card issuer: cards are made away from the server, and registered by their hashes."""

from __future__ import annotations

import os
from pathlib import Path

import click

from pingyi.channels import Text
from pingyi.shell import say
from pingyi_surveys.shell.mail import invite, remind, testletter

_OUT = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_ONE_UNIT = Text(
    zh="办件码要用 --unit 指明单位，票卡则不能指定单位。",
    en="Visit codes need --unit; cards of a roster have none.",
)


@click.group()
def cards() -> None:
    """票卡 / Cards of rosters, and visit codes."""


cards.add_command(invite)
cards.add_command(remind)
cards.add_command(testletter)


@cards.command()
@click.option("--count", type=int, required=True, help="张数 / how many")
@click.option(
    "--address", default="", help="服务器的对外网址 / the server's public address, as in https://host"
)
@click.option("--private-address", "private", is_flag=True, help="网址可以是内网的 / it may be a private one")
@click.option("--out", type=_OUT, required=True, help="新的文件夹 / a new folder")
@click.option("--stratum", default="", help="人群 / stratum, printed on the slips")
@click.option("--visit", is_flag=True, help="办件码 / visit codes instead of cards")
@click.option("--unit", default="", help="办件码的单位 / the unit of visit codes")
def issue(
    count: int, address: str, out: Path, stratum: str, *, private: bool, visit: bool, unit: str
) -> None:
    """制卡 / Make cards, offline: links, slips to print, and the hashes to hand over."""
    from pingyi.settings import load_settings
    from pingyi_surveys.setup.issue_cards import HASHES, LINKS, SLIPS, issue_cards

    _check_unit(unit, visit=visit)
    settings = load_settings(os.environ)
    issue_cards(
        out,
        count,
        address or settings.public_address,
        stratum=unit if visit else stratum,
        visit=visit,
        private=private or bool(settings.private_addresses),
    )
    say(
        Text(
            zh="已制 {count} 张：{links}（链接，自己保管）、{slips}（打印裁切）、{hashes}（交服务器登记）。",
            en="Made {count}: {links} (keep it to yourself), {slips} (print and cut), {hashes} (to be handed "
            "to the server).",
        ).format(count=count, links=out / LINKS, slips=out / SLIPS, hashes=out / HASHES)
    )


@cards.command()
@click.argument("period")
@click.argument("channel")
@click.argument("hashes", type=_FILE)
@click.option("--stratum", default="", help="人群 / stratum of these cards")
@click.option("--visit", is_flag=True, help="办件码 / visit codes")
@click.option("--unit", default="", help="办件码的单位 / the unit of visit codes")
def register(period: str, channel: str, hashes: Path, stratum: str, *, visit: bool, unit: str) -> None:
    """登记票卡 / Put the list HASHES of a channel on the record, before the period opens."""
    from pingyi.db import transaction
    from pingyi.services.core.callers import SHELL
    from pingyi.shell import running_application
    from pingyi_surveys.setup.issue_cards import read_hashes
    from pingyi_surveys.setup.register_cards import register_cards

    _check_unit(unit, visit=visit)
    found = read_hashes(hashes.read_text(encoding="utf-8", errors="replace"))
    with running_application(), transaction() as connection:
        digest = register_cards(connection, SHELL, period, channel, found, stratum=stratum, unit=unit)
    done = Text(
        zh="已登记 {count} 张，清单摘要 {digest}。", en="Registered {count}; digest of the list: {digest}."
    )
    say(done.format(count=len(found), digest=digest))


def _check_unit(unit: str, *, visit: bool) -> None:
    from pingyi.shell import words

    if visit != bool(unit):
        raise click.UsageError(words(_ONE_UNIT))
