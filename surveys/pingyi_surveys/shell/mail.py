"""Shell commands that write to voters: invitations with a card each, and reminders to everybody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pingyi.channels import Text
from pingyi.domain.errors import FieldError, Problem
from pingyi.shell import complain, progress_line, running_application, say

if TYPE_CHECKING:
    from flask import Flask

    from pingyi_surveys.setup.invitations import Mailing
    from pingyi_surveys.setup.mail import MailServer

LEFT = "-left"
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command()
@click.argument("period")
@click.argument("channel")
@click.option("--addresses", type=_FILE, help="地址清单，每行一个 / addresses, one a line")
@click.option(
    "--cards", "links", type=_FILE, multiple=True, required=True, help="票卡链接 / links.csv of the cards"
)
@click.option("--draw", "draw", default="", help="只邀请这次抽签抽定的人 / only members of this draw")
@click.option("--contacts", type=_FILE, help="编号,地址 / member id and address, for --draw")
@click.option(
    "--only", multiple=True, help="只邀请这些编号，如替补 / only these members, such as substitutes"
)
@click.option("--private-address", "private", is_flag=True, help="链接可以是内网的 / links may be private")
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
) -> None:
    """发邀请 / Send one card, picked at random, to each address; nobody keeps who got which."""
    from pingyi.db import transaction
    from pingyi.services.draws.draws import load_draw
    from pingyi.services.spreadsheets.reading import read_words
    from pingyi_surveys.setup.invitations import plan_invitations

    source = contacts if draw else addresses
    if source is None or bool(draw) != bool(contacts) or (draw and addresses) or (only and not draw):
        raise click.UsageError("--addresses FILE, or --draw KEY --contacts FILE [--only ID]")
    _refuse_dealt(links)
    complain(_SEEN)
    with running_application() as app:
        server = _server(app)
        rows = read_words(source.read_bytes())
        cards = [line for path in links for line in _lines_of(path)]
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
        _post(server, mailing, lambda: _keep_left(links, source, mailing))


@click.command()
@click.argument("period")
@click.argument("channel")
@click.option("--addresses", type=_FILE, required=True, help="地址清单，每行一个 / addresses, one a line")
def remind(period: str, channel: str, addresses: Path) -> None:
    """发提醒 / Remind every address of the last day: nobody knows who has voted."""
    from pingyi.db import transaction
    from pingyi.services.core.callers import SHELL
    from pingyi.services.spreadsheets.reading import read_words
    from pingyi_surveys.setup.invitations import plan_reminders

    with running_application() as app:
        server = _server(app)
        rows = read_words(addresses.read_bytes())
        with transaction() as connection:
            mailing = plan_reminders(connection, SHELL, period, channel, recipients=rows)
        _post(server, mailing, lambda: None)


_SEEN = Text(
    zh="注意：票卡链接写在邮件里，发信、中转和收信的邮件服务器都看得到；不放心的请改发纸质票卡。",
    en="Note: the links of cards stand in the messages, and every mail server on the way sees them; where "
    "that will not do, hand out slips on paper.",
)


def _server(app: Flask) -> MailServer:
    from pingyi_surveys.settings import SurveySettings
    from pingyi_surveys.setup.mail import mail_server

    return mail_server(app.extensions["pingyi.configuration"].read(SurveySettings))


def _post(server: MailServer, mailing: Mailing, keep: Callable[[], None]) -> None:
    """Send, and in any case put the number on the record and keep what is left."""
    from pingyi.db import transaction
    from pingyi.services.core.callers import SHELL
    from pingyi_surveys.setup.invitations import post, record_mailing

    try:
        with progress_line() as show:
            post(server, mailing, lambda done, of: show(_PROGRESS.format(done=done, of=of)))
    finally:
        keep()
        if mailing.posted.out:
            with transaction() as connection:
                record_mailing(connection, SHELL, mailing)
    posted = mailing.posted
    say(_SENT.format(sent=len(posted.sent), of=len(mailing.letters)))
    if len(posted.sent) < len(mailing.letters):
        raise Problem("mail_incomplete", 503, _INCOMPLETE, _lines(mailing))


_PROGRESS = Text(zh="正在发信 {done}/{of}", en="Sending {done}/{of}")
_SENT = Text(zh="已发出 {sent}/{of} 封。", en="Sent {sent} of {of}.")
_INCOMPLETE = Text(
    zh="有邮件没有发出。发邀请的，没用的票卡和未送达的地址写在两个文件旁、名称以 -left 结尾的文件里；"
    "再发时请用它们。",
    en="Some messages were not sent. After invitations, cards not used and addresses not reached stand "
    "beside the two files, in files whose names end in -left: use these for the next run.",
)
_REFUSED = Text(zh="邮件服务器拒收。", en="The mail server refused it.")
_UNSENT = Text(zh="连不上邮件服务器，没有发出。", en="The mail server was out of reach; not sent.")
_UNCLEAR = Text(
    zh="连接中断，不知是否送达；不会再发。",
    en="The connection broke; it may have arrived, and is not sent again.",
)


def _lines(mailing: Mailing) -> list[FieldError]:
    posted = mailing.posted
    told = [(line, _REFUSED) for line in posted.refused] + [(line, _UNSENT) for line in posted.unsent]
    told += [(line, _UNCLEAR) for line in posted.unclear]
    return [
        FieldError(code="not_sent", message=words, row=line)
        for line, words in sorted(told, key=lambda one: one[0])
    ]


def _left(path: Path) -> Path:
    """Where that is kept which a mailing leaves of a file: links-left.csv of links.csv, and of itself."""
    return path.with_stem(path.stem.removesuffix(LEFT) + LEFT)


def _refuse_dealt(links: Sequence[Path]) -> None:
    """Cards that went out once are not dealt again."""
    for path in links:
        if _left(path) != path and _left(path).exists():
            raise Problem("cards_dealt", 409, _DEALT.format(file=path.name, left=_left(path).name))


_DEALT = Text(
    zh="{file} 中的票卡已经发过邀请，没有用的在 {left}：请用后者，免得一张票卡发给两个人。",
    en="Cards of {file} were dealt before, and what is left of them is in {left}: take that one, or two "
    "people might get the same card.",
)


def _keep_left(links: Sequence[Path], source: Path, mailing: Mailing) -> None:
    """Cards that nobody got and addresses that got none, for the next run; never who got which."""
    from pingyi_surveys.setup.key_files import write_private

    people = mailing.left_recipients()
    rows = [f"{one.member},{one.address}" if one.member else one.address for one in people]
    unused = set(mailing.left_cards())
    for path in links:
        mine = [line for line in _lines_of(path) if line in unused]
        write_private(_left(path), "".join(f"{line}\n" for line in mine).encode())
    write_private(_left(source), "".join(f"{row}\n" for row in rows).encode())


def _lines_of(path: Path) -> list[str]:
    return [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
