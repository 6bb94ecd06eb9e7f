"""Shell commands that write to voters: invitations with a card each, and reminders to everybody."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pingyi.channels import Text
from pingyi.shell import complain, progress_line, running_application, say, words
from pingyi_surveys.shell.mail_leftovers import (
    LEFT,
    UNREMINDED,
    keep_addresses,
    keep_cards,
    lines_of,
    refuse_dealt,
)
from pingyi_surveys.shell.mail_report import clock, incomplete, not_accepted

if TYPE_CHECKING:
    from flask import Flask

    from pingyi_surveys.mail.server import MailServer
    from pingyi_surveys.setup.invitations import Mailing

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_WAIT = click.option(
    "--wait",
    "minutes",
    type=click.IntRange(0, 24 * 60),
    default=0,
    help="暂时不收的，在这些分钟内再发 / minutes in which to offer again what is not taken yet",
)


@click.command()
@click.argument("period")
@click.argument("channel")
@click.option("--addresses", type=_FILE, help="地址清单，按列标题读 / addresses, by the headings")
@click.option(
    "--cards", "links", type=_FILE, multiple=True, required=True, help="票卡链接 / links.csv of the cards"
)
@click.option("--draw", "draw", default="", help="只邀请这次抽签抽定的人 / only members of this draw")
@click.option("--contacts", type=_FILE, help="编号和邮箱 / member ids and addresses, for --draw")
@click.option(
    "--only", multiple=True, help="只邀请这些编号，如替补 / only these members, such as substitutes"
)
@click.option("--private-address", "private", is_flag=True, help="链接可以是内网的 / links may be private")
@_WAIT
def invite(
    period: str,
    channel: str,
    addresses: Path | None,
    links: tuple[Path, ...],
    draw: str,
    contacts: Path | None,
    only: tuple[str, ...],
    *,
    private: bool,
    minutes: int,
) -> None:
    """发邀请 / Send one card, picked at random, to each address; nobody keeps who got which."""
    from pingyi.db import transaction
    from pingyi.services.draws.draws import load_draw
    from pingyi_surveys.setup.address_lists import read_address_file
    from pingyi_surveys.setup.invitations import plan_invitations

    source = contacts if draw else addresses
    if source is None or bool(draw) != bool(contacts) or (draw and addresses) or (only and not draw):
        raise click.UsageError("--addresses FILE, or --draw KEY --contacts FILE [--only ID]")
    refuse_dealt(links)
    complain(_SEEN)
    with running_application() as app:
        server = _server(app)
        rows = read_address_file(source.read_bytes())
        cards = [line for path in links for line in lines_of(path)]
        with transaction() as connection:
            mailing = plan_invitations(
                connection,
                period,
                channel,
                recipients=rows,
                links=cards,
                draw=load_draw(connection, draw) if draw else None,
                only=only,
                private=private or bool(app.extensions["pingyi.configuration"].private_addresses),
            )
        _post(server, mailing, lambda: _keep_left(links, source, mailing), minutes)


def _keep_left(links: Sequence[Path], source: Path, mailing: Mailing) -> None:
    keep_cards(links, mailing)
    keep_addresses(source, LEFT, mailing)


@click.command()
@click.argument("period")
@click.argument("channel")
@click.option(
    "--addresses", type=_FILE, required=True, help="地址清单，按列标题读 / addresses, by the headings"
)
@_WAIT
def remind(period: str, channel: str, addresses: Path, minutes: int) -> None:
    """发提醒 / Remind every address of the last day: nobody knows who has voted."""
    from pingyi.db import transaction
    from pingyi.services.core.callers import SHELL
    from pingyi_surveys.setup.address_lists import read_address_file
    from pingyi_surveys.setup.invitations import plan_reminders

    with running_application() as app:
        server = _server(app)
        rows = read_address_file(addresses.read_bytes())
        with transaction() as connection:
            mailing = plan_reminders(connection, SHELL, period, channel, recipients=rows)
        _post(server, mailing, lambda: keep_addresses(addresses, UNREMINDED, mailing), minutes)


_SEEN = Text(
    zh="注意：票卡链接写在邮件里，发信、中转和收信的邮件服务器都看得到；不放心的请改发纸质票卡。",
    en="Note: the links of cards stand in the messages, and every mail server on the way sees them; where "
    "that will not do, hand out slips on paper.",
)


def _server(app: Flask) -> MailServer:
    from pingyi_surveys.mail.server import mail_server
    from pingyi_surveys.settings import SurveySettings

    return mail_server(app.extensions["pingyi.configuration"].read(SurveySettings))


def _post(server: MailServer, mailing: Mailing, keep: Callable[[], None], minutes: int) -> None:
    """Send, and in any case put the number on the record and keep what is left."""
    from pingyi.db import transaction
    from pingyi.services.core.callers import SHELL
    from pingyi_surveys.setup.invitations import record_mailing

    try:
        _offer(server, mailing, minutes)
    finally:
        keep()
        if mailing.posted.out:
            with transaction() as connection:
                record_mailing(connection, SHELL, mailing)
    posted = mailing.posted
    say(_SENT.format(sent=len(posted.sent), of=len(mailing.letters)))
    if len(posted.sent) < len(mailing.letters):
        raise incomplete(posted)


def _offer(server: MailServer, mailing: Mailing, minutes: int) -> None:
    """Offer the letters, and for so many minutes those again that the server does not take yet."""
    from pingyi_surveys.setup.invitations import post

    last = datetime.now().astimezone() + timedelta(minutes=minutes)
    with progress_line() as show:
        while True:
            post(server, mailing, lambda done, of: show(_PROGRESS.format(done=done, of=of)))
            again, waiting = mailing.posted.next_at, len(mailing.posted.waiting)
            if again is None or again > last or not waiting:
                return
            show(_WAITING.format(n=waiting, at=clock(again)))
            time.sleep(max(0.0, (again - datetime.now().astimezone()).total_seconds()))


_PROGRESS = Text(zh="正在发信 {done}/{of}", en="Sending {done}/{of}")
_WAITING = Text(
    zh="邮件服务器暂时不收 {n} 封，{at} 再发", en="{n} are not taken yet and offered again at {at}"
)
_SENT = Text(zh="已发出 {sent}/{of} 封。", en="Sent {sent} of {of}.")


@click.command()
@click.argument("address")
def testletter(address: str) -> None:
    """试发 / Send a test letter to ADDRESS; nothing of it is recorded."""
    from pingyi.settings import load_settings
    from pingyi_surveys.mail.addresses import is_address
    from pingyi_surveys.mail.letters import Letter, Posted, send_letters
    from pingyi_surveys.mail.server import mail_server
    from pingyi_surveys.settings import SurveySettings
    from pingyi_surveys.setup.letter_texts import TRIAL, write

    if not is_address(address):
        raise click.UsageError(words(_NO_ADDRESS))
    posted = Posted()
    server = mail_server(load_settings(os.environ).read(SurveySettings))
    send_letters(server, [Letter(1, address, *write(TRIAL, {}))], posted)
    if not posted.sent:
        raise not_accepted(posted)
    say(_TRIED)


_NO_ADDRESS = Text(zh="这不是一个邮件地址。", en="This is no e-mail address.")
_TRIED = Text(
    zh="邮件服务器已收下。请到该邮箱查看，也看看垃圾邮件。",
    en="The mail server took it. Look for it in the mailbox, among the unwanted mail too.",
)
