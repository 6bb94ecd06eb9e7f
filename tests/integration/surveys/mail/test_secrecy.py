"""Letters with cards cross no network in the clear, to no server that cannot prove who it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.surveys.mail.conftest import Configure
from tests.mail_sink import Sink

from pingyi.domain.errors import Problem
from pingyi.settings import load_settings
from pingyi_surveys.mail.connection import Stage
from pingyi_surveys.mail.letters import Letter, Posted, send_letters
from pingyi_surveys.mail.server import MailServer
from pingyi_surveys.settings import SurveySettings

LETTERS = [Letter(n, f"who{n}@people.example", "评议", f"第 {n} 封\n") for n in range(3)]
EVERY_HOST = "0.0.0.0"  # it leads here, but is no loopback address


def sent(server: MailServer) -> Posted:
    posted = Posted()
    send_letters(server, LETTERS, posted)
    return posted


def stopped(server: MailServer, stage: Stage, sink: Sink) -> Posted:
    """Nothing is handed over, for a reason of this stage."""
    posted = sent(server)
    assert (posted.unsent, posted.out, sink.kept) == ([0, 1, 2], 0, [])
    assert posted.stopped is not None
    assert posted.stopped.stage == stage
    return posted


def test_starttls_comes_before_login_and_letters(
    sink: Sink, configure: Configure, certificate: Path, tmp_path: Path
) -> None:
    sink.secrecy, sink.login = "starttls", ("office", "open sesame")
    secret = tmp_path / "password"
    secret.write_text("open sesame\n")
    server = configure(
        smtp_tls="starttls", smtp_ca=str(certificate), smtp_user="office", smtp_password_file=str(secret)
    )
    assert sent(server).sent == [0, 1, 2]
    assert [verb for verb, secret in sink.commands if not secret] == ["EHLO", "STARTTLS"]
    assert ("AUTH", True) in sink.commands
    assert len(sink.kept) == 3


def test_implicit_tls_is_spoken_from_the_start(sink: Sink, configure: Configure, certificate: Path) -> None:
    sink.secrecy, sink.login = "implicit", ("office", "open sesame")
    server = configure(
        smtp_tls="implicit", smtp_ca=str(certificate), smtp_user="office", smtp_password="open sesame"
    )
    assert sent(server).sent == [0, 1, 2]
    assert all(secret for _, secret in sink.commands)


@pytest.mark.parametrize(
    ("smtp", "chosen", "secrecy"),
    [
        ("mail.example:25", "", "starttls"),
        ("mail.example:465", "", "implicit"),
        ("mail.example:587", "implicit", "implicit"),
        ("10.0.0.1:25", "", "starttls"),
        ("127.0.0.1:25", "", "none"),
        ("[::1]:25", "", "none"),
        ("localhost:25", "", "none"),
        ("127.0.0.1:25", "starttls", "starttls"),
    ],
)
def test_only_this_host_is_spoken_to_in_the_clear(
    configure: Configure, smtp: str, chosen: str, secrecy: str
) -> None:
    assert configure(smtp=smtp, smtp_tls=chosen).secrecy == secrecy


def test_a_server_without_starttls_gets_nothing(sink: Sink, configure: Configure) -> None:
    server = configure(smtp=f"{EVERY_HOST}:{sink.port}", smtp_user="office", smtp_password="open sesame")
    posted = stopped(server, "secrecy", sink)
    assert posted.next_at is None, "it will not have it later either"
    assert {verb for verb, _ in sink.commands} <= {"EHLO", "QUIT"}


def test_a_self_made_certificate_nobody_named_gets_nothing(
    sink: Sink, configure: Configure, certificate: Path
) -> None:
    sink.secrecy = "starttls"
    posted = stopped(configure(smtp_tls="starttls"), "secrecy", sink)
    assert posted.stopped is not None
    assert "self-signed certificate" in str(posted.stopped.answer)
    sink.secrecy = "implicit"
    stopped(configure(smtp_tls="implicit"), "secrecy", sink)


def test_a_certificate_of_another_host_gets_nothing(
    sink: Sink, configure: Configure, certificate: Path
) -> None:
    sink.secrecy = "starttls"
    server = configure(smtp=f"{EVERY_HOST}:{sink.port}", smtp_tls="starttls", smtp_ca=str(certificate))
    stopped(server, "secrecy", sink)


def test_a_server_that_speaks_in_the_clear_gets_no_implicit_tls(
    sink: Sink, configure: Configure, certificate: Path
) -> None:
    stopped(configure(smtp_tls="implicit", smtp_ca=str(certificate)), "secrecy", sink)


def test_a_wrong_password_is_told_without_the_login(
    sink: Sink, configure: Configure, certificate: Path
) -> None:
    sink.secrecy, sink.login = "starttls", ("office@pingyi.example", "open sesame")
    server = configure(
        smtp_tls="starttls",
        smtp_ca=str(certificate),
        smtp_user="office@pingyi.example",
        smtp_password="wrong word",
    )
    posted = stopped(server, "login", sink)
    assert posted.stopped is not None
    assert str(posted.stopped.answer) == "535 5.7.8 no such login …"
    assert "wrong word" not in repr(server)


def test_a_server_that_wants_a_login_stops_the_run_at_the_first_letter(
    sink: Sink, configure: Configure
) -> None:
    sink.login = ("office", "open sesame")
    posted = stopped(configure(), "login", sink)
    assert posted.stopped is not None
    assert str(posted.stopped.answer) == "530 5.7.0 Authentication required"
    assert [verb for verb, _ in sink.commands].count("MAIL") == 1


def test_a_login_at_a_server_without_one_gets_nothing(sink: Sink, configure: Configure) -> None:
    stopped(configure(smtp_user="office", smtp_password="open sesame"), "login", sink)


def test_no_password_shows_in_printed_settings(configure: Configure, tmp_path: Path) -> None:
    told = {"PINGYI_STATE": str(tmp_path), "PINGYI_SMTP_PASSWORD": "open sesame"}
    assert "sesame" not in repr(load_settings(told).read(SurveySettings))
    assert "sesame" not in repr(configure(smtp_user="office", smtp_password="open sesame"))


@pytest.mark.parametrize(
    "told",
    [
        {"smtp_user": "office"},
        {"smtp_password": "open sesame"},
        {"smtp_user": "office", "smtp_password": "密码"},
        {"smtp_user": "office", "smtp_password_file": "/nowhere/password"},
    ],
)
def test_half_a_login_is_refused(configure: Configure, told: dict[str, str]) -> None:
    with pytest.raises(Problem, match="mail_not_configured"):
        configure(**told)


def test_a_file_without_certificates_is_refused(sink: Sink, configure: Configure, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.pem"
    nothing.write_text("no certificate")
    with pytest.raises(Problem, match="mail_not_configured"):
        sent(configure(smtp_tls="starttls", smtp_ca=str(nothing)))
    assert sink.kept == []
