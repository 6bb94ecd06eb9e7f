"""Invitations and reminders really sent: once each, to whom they belong, and kept by nobody."""

from __future__ import annotations

import os
import re
import signal
import stat
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from types import FrameType

import pytest
import xlsxwriter
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import text
from tests.ballot_period import OPEN, ROSTER, ballot_period
from tests.mail_sink import Sink, running_sink
from tests.waiting import MOST_SECONDS

from pingyi import cli
from pingyi.db import transaction
from pingyi.domain.draw import Member, Rule
from pingyi.domain.errors import Problem
from pingyi.services.core.callers import SHELL
from pingyi.services.draws.draws import (
    DrawDraft,
    commit_draw,
    enter_value,
    load_draw,
    local_today,
    substitute,
)
from pingyi.settings import Settings
from pingyi_surveys.ballot.card_codes import write_card
from pingyi_surveys.mail import letters as letters_of_mail
from pingyi_surveys.mail.addresses import is_address
from pingyi_surveys.mail.letters import Letter, Posted, send_letters
from pingyi_surveys.mail.server import MailServer, mail_server
from pingyi_surveys.settings import SurveySettings

pytestmark = pytest.mark.long

FROM = "评议办 <office@pingyi.example>"


@pytest.fixture
def sink() -> Iterator[Sink]:
    with running_sink() as found:
        yield found


@pytest.fixture
def server(sink: Sink, settings: Settings) -> MailServer:
    return mail_server(replace(settings.read(SurveySettings), smtp=f"127.0.0.1:{sink.port}", mail_from=FROM))


@pytest.fixture
def shell(settings: Settings, sink: Sink) -> dict[str, str]:
    """The environment of a shell that can send mail."""
    return {
        "PINGYI_STATE": str(settings.state),
        "DATABASE_URL": settings.database_url,
        "OWNER_DATABASE_URL": settings.owner_database_url,
        "REDIS_URL": settings.redis_url,
        "SEALER_DATABASE_URL": settings.sealer_database_url,
        "PINGYI_SECRET_KEY": settings.secret_key,
        "PINGYI_SMTP": f"127.0.0.1:{sink.port}",
        "PINGYI_MAIL_FROM": FROM,
    }


def run(shell: dict[str, str], *given: str | Path) -> Result:
    return CliRunner().invoke(cli.main, ["--lang", "zh", "cards", *map(str, given)], env=shell)


def link_file(path: Path, cards: Sequence[bytes], site: str = "https://ballots.example") -> Path:
    path.write_text("".join(f"{site}/c/{write_card(card)}\n" for card in cards))
    return path


def address_file(path: Path, count: int) -> Path:
    path.write_text("".join(f"who{n}@people.example\n" for n in range(count)))
    return path


def letters(count: int) -> list[Letter]:
    return [Letter(n, f"who{n}@people.example", "评议 / rating", f"第 {n} 封\n") for n in range(count)]


def bodies(sink: Sink) -> dict[str, str]:
    return {to: message.get_content() for to, message in sink.kept}


def recorded(kind: str) -> list[str]:
    with transaction() as connection:
        rows = connection.execute(
            text("SELECT convert_from(body, 'UTF8') FROM leaf WHERE kind = :kind ORDER BY id"), {"kind": kind}
        )
        return list(rows.scalars())


def test_letters_arrive_one_each_with_chinese_subject_and_body(sink: Sink, server: MailServer) -> None:
    posted = Posted()
    send_letters(server, [Letter(7, "a@people.example", "“行风评议”邀请", "您好！\n.点\n")], posted)
    ((to, message),) = sink.kept
    assert (posted.sent, posted.unsent, to) == ([7], [], "a@people.example")
    assert message["Subject"] == "“行风评议”邀请"
    assert message["To"] == "a@people.example"
    assert parseaddr(message["From"]) == ("评议办", "office@pingyi.example")
    assert message.get_content().replace("\r\n", "\n") == "您好！\n.点\n"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@pingyi.example>")


def test_a_connection_that_breaks_before_a_letter_is_taken_sends_it_again_once(
    sink: Sink, server: MailServer
) -> None:
    sink.before = lambda number: number == 3
    posted = Posted()
    send_letters(server, letters(6), posted)
    assert [to for to, _ in sink.kept] == [f"who{n}@people.example" for n in range(6)]
    assert posted.sent == [0, 1, 2, 3, 4, 5]
    assert sink.connections == 2


def test_a_letter_without_an_answer_is_never_sent_twice(sink: Sink, server: MailServer) -> None:
    sink.after = lambda number: number == 2
    posted = Posted()
    send_letters(server, letters(5), posted)
    assert [to for to, _ in sink.kept] == [f"who{n}@people.example" for n in range(5)]
    assert (posted.sent, posted.unclear, posted.out) == ([0, 1, 3, 4], [2], 5)


def test_a_refused_address_is_told_by_its_line_and_the_others_are_sent(
    sink: Sink, server: MailServer
) -> None:
    sink.refuse = frozenset({"who1@people.example"})
    seen: list[tuple[int, int]] = []
    posted = Posted()
    send_letters(server, letters(3), posted, lambda done, of: seen.append((done, of)))
    assert (posted.sent, posted.refused) == ([0, 2], [1])
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_a_server_that_is_away_leaves_everything_unsent(settings: Settings) -> None:
    with running_sink() as gone:
        port = gone.port
    posted = Posted()
    away = mail_server(replace(settings.read(SurveySettings), smtp=f"127.0.0.1:{port}", mail_from=FROM))
    send_letters(away, letters(2), posted)
    assert (posted.unsent, posted.out) == ([0, 1], 0)


def test_a_letter_under_way_when_it_is_interrupted_counts_as_gone(sink: Sink, server: MailServer) -> None:
    interrupted = threading.Event()

    def interrupt(number: int) -> bool:
        if number == 1:
            os.kill(os.getpid(), signal.SIGINT)
            assert interrupted.wait(MOST_SECONDS)
        return number == 1

    def told(signal_number: int, frame: FrameType | None) -> None:
        interrupted.set()
        signal.default_int_handler(signal_number, frame)

    sink.after = interrupt
    posted = Posted()
    before = signal.signal(signal.SIGINT, told)
    try:
        with pytest.raises(KeyboardInterrupt):
            send_letters(server, letters(4), posted)
    finally:
        signal.signal(signal.SIGINT, before)
    assert (posted.sent, posted.unclear, posted.unsent) == ([0], [1], [2, 3])


@pytest.mark.parametrize(
    ("smtp", "sender"),
    [("", FROM), ("mail", FROM), ("mail:x", FROM), ("mail:25", ""), ("mail:25", "nobody")],
)
def test_mail_that_is_not_set_up_is_refused(settings: Settings, smtp: str, sender: str) -> None:
    with pytest.raises(Problem, match="mail_not_configured"):
        mail_server(replace(settings.read(SurveySettings), smtp=smtp, mail_from=sender))


@pytest.mark.parametrize(
    "given",
    [
        "a@b.example\r\nBcc: c@d.example",
        "a@b.example\n",
        "a@b.example,c@d.example",
        "<a@b.example>",
        "a b@c.example",
        "a@b@c.example",
        ".a@b.example",
        "a@-b.example",
        "人@b.example",
        "a@",
        "",
    ],
)
def test_an_address_that_could_be_more_than_one_is_none(given: str) -> None:
    assert not is_address(given)


def test_a_header_is_never_split(sink: Sink, server: MailServer) -> None:
    with pytest.raises(ValueError, match=r"linefeed|newline|carriage"):
        send_letters(server, [Letter(1, "a@b.example", "x\r\nBcc: c@d.example", "x")], Posted())
    assert sink.kept == []


def test_invitations_deal_registered_cards_at_random_and_keep_no_list(
    app: Flask, sink: Sink, shell: dict[str, str], tmp_path: Path
) -> None:
    made = ballot_period(opened=False)
    links = link_file(tmp_path / "links.csv", made.cards)
    done = run(
        shell, "invite", "p", ROSTER, "--addresses", address_file(tmp_path / "a.csv", 18), "--cards", links
    )
    assert done.exit_code == 0, done.output
    assert "邮件服务器都看得到" in done.output
    assert "已发出 18/18 封。" in done.output
    sent = bodies(sink)
    assert set(sent) == {f"who{n}@people.example" for n in range(18)}
    dealt = [re.findall(r"https://\S+", body) for body in sent.values()]
    assert all(len(set(found)) == 1 and len(found) == 2 for found in dealt), "in both languages, one card"
    in_file = links.read_text().splitlines()
    given = [found[0] for found in dealt]
    assert len(set(given)) == 18 and set(given) < set(in_file)
    assert given != in_file[:18]
    left = tmp_path / "links-left.csv"
    assert set(left.read_text().split()) == set(in_file) - set(given)
    assert stat.S_IMODE(left.stat().st_mode) == 0o600
    assert (tmp_path / "a-left.csv").read_text() == ""
    assert "小方案" in sink.kept[0][1]["Subject"]
    (leaf,) = recorded("mail.sent")
    assert '"count":18' in leaf and '"purpose":"invitation"' in leaf
    assert "people.example" not in leaf + done.output


def test_invitations_that_stop_halfway_go_on_with_what_is_left(
    app: Flask, sink: Sink, shell: dict[str, str], tmp_path: Path
) -> None:
    made = ballot_period(opened=False)
    links = link_file(tmp_path / "links.csv", made.cards)
    sink.refuse = frozenset({"who4@people.example", "who9@people.example"})
    given = ["invite", "p", ROSTER, "--addresses", address_file(tmp_path / "a.csv", 12), "--cards"]
    first = run(shell, *given, links)
    assert first.exit_code == 1
    assert first.output.count("550") == 1, "once, however many letters it is about"
    assert "邮件服务器拒收，不会再发：550 no such person。共 2 封：第 5、10 行。" in first.output
    assert "who4" not in first.output
    refused = tmp_path / "a-refused.csv"
    assert refused.read_text().splitlines() == [
        "邮箱,邮件服务器的答复",
        "who4@people.example,550 no such person",
        "who9@people.example,550 no such person",
    ]
    assert stat.S_IMODE(refused.stat().st_mode) == 0o600
    assert (tmp_path / "a-left.csv").read_text() == "", "what is refused for good is not offered again"
    sink.refuse = frozenset()
    given[4] = refused
    again = run(shell, *given, links)
    assert again.exit_code == 1 and "links-left.csv" in again.output, "cards are not dealt twice"
    assert run(shell, *given, tmp_path / "links-left.csv").exit_code == 0
    sent = bodies(sink)
    assert len(sink.kept) == len(sent) == 12
    assert len({link for body in sent.values() for link in re.findall(r"https://\S+", body)}) == 12
    assert re.findall(r'"count":(\d+)', "".join(recorded("mail.sent"))) == ["10", "2"]


def test_what_is_not_taken_yet_goes_later_with_cards_of_its_own(
    app: Flask, sink: Sink, shell: dict[str, str], tmp_path: Path
) -> None:
    made = ballot_period(opened=False)
    links = link_file(tmp_path / "links.csv", made.cards)
    (tmp_path / "a.csv").write_text(
        "姓名,电子邮件\n" + "".join(f"代表{n},who{n}@people.example\n" for n in range(8))
    )
    grey = {"who2@people.example", "who5@people.example", "who6@people.example"}
    sink.say = lambda verb, to, _place: "450 4.7.1 greylisted" if verb == "RCPT" and to in grey else ""
    first = run(shell, "invite", "p", ROSTER, "--addresses", tmp_path / "a.csv", "--cards", links)
    assert first.exit_code == 1
    assert "暂时不收，还没有发出：450 4.7.1 greylisted。共 3 封：第 4、7、8 行。" in first.output
    assert re.search(r"其中 3 封请在 \d\d:\d\d 以后再发。", first.output)
    left = tmp_path / "a-left.csv"
    assert left.read_text().splitlines() == [
        "姓名,电子邮件",
        *(f"代表{n},who{n}@people.example" for n in (2, 5, 6)),
    ]
    assert not (tmp_path / "a-refused.csv").exists()
    sink.say = lambda _verb, _argument, _place: ""
    cards = tmp_path / "links-left.csv"
    assert run(shell, "invite", "p", ROSTER, "--addresses", left, "--cards", cards).exit_code == 0
    sent = bodies(sink)
    assert len(sink.kept) == len(sent) == 8
    assert len({link for body in sent.values() for link in re.findall(r"https://\S+", body)}) == 8
    assert parseaddr(str(sink.kept[0][1]["To"])) == ("代表0", "who0@people.example")


def test_letters_that_wait_are_offered_again_while_the_command_may_wait(
    app: Flask, sink: Sink, shell: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letters_of_mail, "LATER", timedelta(milliseconds=10))
    ballot_period()
    asked: list[str] = []

    def grey(verb: str, to: str, _place: int) -> str:
        asked.extend([to] if verb == "RCPT" else [])
        return "450 4.7.1 greylisted" if verb == "RCPT" and asked.count(to) < 3 else ""

    sink.say = grey
    addresses = address_file(tmp_path / "a.csv", 3)
    waiting = run(shell, "remind", "p", ROSTER, "--addresses", addresses, "--wait", "1")
    assert waiting.exit_code == 0, waiting.output
    assert len(bodies(sink)) == len(sink.kept) == 3
    assert re.findall(r'"count":(\d+)', "".join(recorded("mail.sent"))) == ["3"]
    asked.clear()
    assert run(shell, "remind", "p", ROSTER, "--addresses", addresses).exit_code == 1
    assert (tmp_path / "a-unreminded.csv").read_text() == addresses.read_text()


def test_an_unencrypted_server_elsewhere_gets_no_card_and_they_are_all_left(
    app: Flask, sink: Sink, shell: dict[str, str], tmp_path: Path
) -> None:
    made = ballot_period(opened=False)
    links = link_file(tmp_path / "links.csv", made.cards)
    addresses = address_file(tmp_path / "a.csv", 3)
    away = {**shell, "PINGYI_SMTP": f"0.0.0.0:{sink.port}"}
    refused = run(away, "invite", "p", ROSTER, "--addresses", addresses, "--cards", links)
    assert refused.exit_code == 1
    assert "连接无法加密" in refused.output and "PINGYI_SMTP_TLS" in refused.output
    assert "共 3 封：第 1、2、3 行" in refused.output
    assert sink.kept == [] and recorded("mail.sent") == []
    assert set((tmp_path / "links-left.csv").read_text().split()) == set(links.read_text().split())
    assert (tmp_path / "a-left.csv").read_text() == addresses.read_text()


def test_a_list_in_a_workbook_is_read_from_the_sheet_with_the_addresses(
    app: Flask, sink: Sink, shell: dict[str, str], tmp_path: Path
) -> None:
    ballot_period()
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    notes, people = book.add_worksheet("说明"), book.add_worksheet("名单")
    notes.write_row(0, 0, ["本表由办公室填写", "2026", "一", "二"])
    people.write_row(0, 0, ["序号", "姓名", "单位", "邮箱"])
    people.write_row(1, 0, [1, "张三", "市教育局", "zhang@people.example"])
    book.close()
    done = run(shell, "remind", "p", ROSTER, "--addresses", tmp_path / "a.xlsx")
    assert done.exit_code == 0, done.output
    assert [to for to, _ in sink.kept] == ["zhang@people.example"]


def test_a_test_letter_goes_to_one_address_and_says_what_is_wrong(sink: Sink, shell: dict[str, str]) -> None:
    done = run(shell, "testletter", "me@people.example")
    assert (done.exit_code, done.output) == (0, "邮件服务器已收下。请到该邮箱查看，也看看垃圾邮件。\n")
    ((to, message),) = sink.kept
    assert to == "me@people.example" and "试发" in message["Subject"]
    assert "http" not in message.get_content(), "no card, no link"
    sink.login = ("office", "open sesame")
    refused = run(shell, "testletter", "me@people.example")
    assert refused.exit_code == 1
    assert "530 5.7.0 Authentication required" in refused.output and "PINGYI_SMTP_USER" in refused.output
    assert "me@" not in refused.output
    assert run(shell, "testletter", "me").exit_code == 2


@pytest.mark.parametrize(
    ("addresses", "code"),
    [
        ("a@b.example\nnobody\n", "2: "),
        ("a@b.example\nA@B.example\n", "2: "),
        ('"a@b.example\nBcc: x@y.example"\n', "1: "),
        ("".join(f"who{n}@b.example\n" for n in range(21)), "票卡不够，还差 1 张"),
    ],
)
def test_invitations_that_do_not_fit_send_nothing(
    app: Flask, sink: Sink, shell: dict[str, str], tmp_path: Path, addresses: str, code: str
) -> None:
    made = ballot_period(opened=False)
    (tmp_path / "a.csv").write_text(addresses)
    links = link_file(tmp_path / "links.csv", made.cards)
    done = run(shell, "invite", "p", ROSTER, "--addresses", tmp_path / "a.csv", "--cards", links)
    assert done.exit_code == 1
    assert code in done.output
    assert "example" not in done.output
    assert (sink.kept, recorded("mail.sent")) == ([], [])


def test_cards_of_nobody_are_not_sent(app: Flask, sink: Sink, shell: dict[str, str], tmp_path: Path) -> None:
    ballot_period(opened=False)
    links = link_file(tmp_path / "links.csv", [bytes([n] * 16) for n in range(12)])
    addresses = address_file(tmp_path / "a.csv", 3)
    assert run(shell, "invite", "p", ROSTER, "--addresses", addresses, "--cards", links).exit_code == 1
    assert run(shell, "invite", "p", OPEN, "--addresses", addresses, "--cards", links).exit_code == 1
    assert run(shell, "invite", "p", ROSTER, "--cards", links).exit_code == 2
    assert sink.kept == []


def test_links_that_only_we_reach_are_not_sent_unless_that_is_said(
    app: Flask, sink: Sink, shell: dict[str, str], tmp_path: Path
) -> None:
    made = ballot_period(opened=False)
    links = link_file(tmp_path / "links.csv", made.cards, "http://127.0.0.1:8000")
    given = ("invite", "p", ROSTER, "--addresses", address_file(tmp_path / "a.csv", 2), "--cards", links)
    refused = run(shell, *given)
    assert (refused.exit_code, sink.kept) == (1, [])
    assert "指向 127.0.0.1:8000" in refused.output and "--private-address" in refused.output
    assert run(shell, *given, "--private-address").exit_code == 0
    assert len(sink.kept) == 2
    left = (*given[:-1], tmp_path / "links-left.csv")
    assert run({**shell, "PINGYI_PRIVATE_ADDRESSES": "allowed"}, *left).exit_code == 0
    assert len(sink.kept) == 4


def test_reminders_go_to_everybody_and_the_look_at_turnout_is_recorded(
    app: Flask, sink: Sink, shell: dict[str, str], tmp_path: Path
) -> None:
    ballot_period()
    done = run(shell, "remind", "p", ROSTER, "--addresses", address_file(tmp_path / "a.csv", 5))
    assert done.exit_code == 0, done.output
    assert len(sink.kept) == 5
    body = sink.kept[0][1].get_content()
    assert "目前已收回 0 % 的票" in body and "0 % of the ballots" in body
    last_day = (local_today() + timedelta(days=30)).isoformat()
    assert last_day[:8] in sink.kept[0][1]["Subject"]
    assert '"purpose":"reminder"' in recorded("mail.sent")[0]
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"], "nothing is left over"
    assert len(recorded("turnout.viewed")) == 1


def test_reminders_wait_until_the_period_is_open(
    app: Flask, sink: Sink, shell: dict[str, str], tmp_path: Path
) -> None:
    ballot_period(opened=False)
    done = run(shell, "remind", "p", ROSTER, "--addresses", address_file(tmp_path / "a.csv", 5))
    assert (done.exit_code, sink.kept) == (1, [])


def drawn_pool(members: int, size: int) -> None:
    """A draw `lot` whose value is known."""
    tomorrow = local_today() + timedelta(days=1)
    pool = [Member(f"R{n:04d}", ("企业", "村居")[n % 2]) for n in range(members)]
    rule = Rule(size=size, alternates=4, source="双色球")
    with transaction() as connection:
        draft = DrawDraft(key="lot", title="代表", rule=rule, pool=pool, due_on=tomorrow)
        commit_draw(connection, SHELL, draft, local_today())
    with transaction() as connection:
        enter_value(connection, SHELL, "lot", "03 08 12", tomorrow)


def test_only_members_that_serve_are_invited(
    app: Flask, sink: Sink, shell: dict[str, str], tmp_path: Path
) -> None:
    made = ballot_period(opened=False)
    drawn_pool(60, 10)
    with transaction() as connection:
        found = load_draw(connection, "lot")
        replaced = next(one.member.id for one in found.places if one.lot.value == "drawn")
        stands_in = substitute(connection, SHELL, "lot", replaced, "已调离")
    expected = {one.member.id for one in found.places if one.lot.value == "drawn"} - {replaced} | {stands_in}
    contacts = tmp_path / "contacts.csv"
    contacts.write_text("编号,邮箱\n" + "".join(f"R{n:04d},r{n:04d}@people.example\n" for n in range(60)))
    links = link_file(tmp_path / "links.csv", made.cards)
    given = ("invite", "p", ROSTER, "--draw", "lot", "--contacts", contacts, "--cards", links)
    one = run(shell, *given, "--only", stands_in)
    assert one.exit_code == 0, one.output
    assert [to for to, _ in sink.kept] == [f"{stands_in.lower()}@people.example"]
    sink.kept.clear()
    given = (*given[:-1], tmp_path / "links-left.csv")
    assert run(shell, *given).exit_code == 0
    assert {to.partition("@")[0].upper() for to, _ in sink.kept} == expected
    assert run(shell, *given, "--only", replaced).exit_code == 1
    contacts.write_text("R0001,r0001@people.example\n")
    missing = run(shell, *given)
    assert missing.exit_code == 1
    assert "没有联系方式" in missing.output
