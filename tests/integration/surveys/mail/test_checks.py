"""The doctor says whether letters could leave, as far as a server tells without getting one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.mail_sink import Sink, running_sink

from pingyi import cli
from pingyi.embedded.doctor import package_findings
from pingyi.findings import Finding
from pingyi.settings import Settings, load_settings
from pingyi_surveys.checks import checks

Check = Callable[..., list[Finding]]
LOGIN = {"PINGYI_SMTP_USER": "office", "PINGYI_SMTP_PASSWORD": "open sesame"}


@pytest.fixture
def check(sink: Sink, tmp_path: Path) -> Check:
    """The findings with these variables beside the usual."""

    def checked(**told: str) -> list[Finding]:
        usual = {
            "PINGYI_STATE": str(tmp_path),
            "PINGYI_SMTP": f"127.0.0.1:{sink.port}",
            "PINGYI_MAIL_FROM": "office@pingyi.example",
        }
        return list(checks(load_settings(usual | told)))

    return checked


def codes(findings: list[Finding]) -> dict[str, bool]:
    return {one.code: one.ok for one in findings}


def test_connection_tls_login_and_sender_are_checked_and_nothing_is_sent(
    sink: Sink, check: Check, certificate: Path
) -> None:
    sink.secrecy, sink.login = "starttls", ("office", "open sesame")
    good = check(PINGYI_SMTP_TLS="starttls", PINGYI_SMTP_CA=str(certificate), **LOGIN)
    assert codes(good) == dict.fromkeys(("mail_connect", "mail_secrecy", "mail_login", "mail_sender"), True)
    assert "STARTTLS" in good[1].message.zh and "登录成功" in good[2].message.zh
    assert sink.kept == []
    assert not {"RCPT", "DATA"} & {verb for verb, _ in sink.commands}


def test_the_stage_that_fails_is_named_with_what_to_do(sink: Sink, check: Check, certificate: Path) -> None:
    sink.login = ("office", "open sesame")
    assert codes(check(PINGYI_SMTP_TLS="starttls")) == {"mail_connect": True, "mail_secrecy": False}
    *_, wants = check()
    assert (wants.code, wants.ok) == ("mail_login", False)
    assert "530 5.7.0" in wants.message.zh and "PINGYI_SMTP_USER" in wants.message.zh
    *_, wrong = check(**{**LOGIN, "PINGYI_SMTP_PASSWORD": "open says me"})
    assert (wrong.code, wrong.ok) == ("mail_login", False)
    assert "535 5.7.8" in wrong.message.en
    sink.login, sink.say = None, lambda verb, _a, _p: "553 not yours" if verb == "MAIL" else ""
    *_, sender = check()
    assert (sender.code, sender.ok) == ("mail_sender", False)
    assert "PINGYI_MAIL_FROM" in sender.message.zh
    assert sink.kept == []


def test_a_server_that_is_away_is_told(check: Check) -> None:
    with running_sink() as gone:
        port = gone.port
    (away,) = check(PINGYI_SMTP=f"127.0.0.1:{port}")
    assert (away.code, away.ok) == ("mail_connect", False)
    assert "Connection refused" in away.message.en


def test_half_of_the_settings_is_told(check: Check) -> None:
    assert codes(check(PINGYI_SMTP="")) == {"mail_settings": False}
    assert codes(check(PINGYI_SMTP="", PINGYI_MAIL_FROM="")) == {}


def test_a_password_file_that_everybody_reads_is_told(sink: Sink, check: Check, tmp_path: Path) -> None:
    sink.login = ("office", "open sesame")
    secret = tmp_path / "password"
    secret.write_text("open sesame")
    login = {"PINGYI_SMTP_USER": "office", "PINGYI_SMTP_PASSWORD_FILE": str(secret)}
    secret.chmod(0o604)
    assert codes(check(**login)) == {"mail_password_file": False, **_ALL}
    secret.chmod(0o640)
    assert codes(check(**login)) == {"mail_password_file": True, **_ALL}


_ALL = dict.fromkeys(("mail_connect", "mail_secrecy", "mail_login", "mail_sender"), True)


@pytest.mark.parametrize(
    ("told", "ok"),
    [
        ({"PINGYI_PUBLIC_ADDRESS": "https://pingyi.example"}, True),
        ({"PINGYI_PUBLIC_ADDRESS": "http://10.0.0.1"}, False),
        ({"PINGYI_PUBLIC_ADDRESS": "http://10.0.0.1", "PINGYI_PRIVATE_ADDRESSES": "allowed"}, True),
    ],
)
def test_a_public_address_that_leads_nowhere_is_told(check: Check, told: dict[str, str], ok: bool) -> None:
    assert codes(check(PINGYI_SMTP="", PINGYI_MAIL_FROM="", **told)) == {"public_address": ok}


def test_pingyi_doctor_asks_the_mail_server(sink: Sink, settings: Settings) -> None:
    sink.login = ("office", "open sesame")
    told = {"PINGYI_SMTP": f"127.0.0.1:{sink.port}", "PINGYI_MAIL_FROM": "office@pingyi.example"}
    findings = {one.code: one.ok for one in package_findings(replace(settings, environ=told))}
    assert (findings["mail_connect"], findings["mail_login"]) == (True, False)


def test_no_secret_or_address_is_logged(
    sink: Sink, check: Check, certificate: Path, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    sink.secrecy, sink.login = "starttls", ("office@pingyi.example", "open sesame")
    login = {"PINGYI_SMTP_USER": "office@pingyi.example", "PINGYI_SMTP_PASSWORD": "open says me"}
    caplog.set_level(logging.DEBUG)
    told = {"PINGYI_SMTP_TLS": "starttls", "PINGYI_SMTP_CA": str(certificate), **login}
    findings = check(**told)
    shell = {
        "PINGYI_STATE": str(tmp_path),
        "PINGYI_SMTP": f"127.0.0.1:{sink.port}",
        "PINGYI_MAIL_FROM": "office@pingyi.example",
        **told,
    }
    printed = CliRunner().invoke(cli.main, ["cards", "testletter", "who@people.example"], env=shell)
    assert printed.exit_code == 1
    shown = caplog.text + printed.output + "".join(one.message.zh + one.message.en for one in findings)
    assert "535 5.7.8" in shown
    for secret in ("says me", "sesame", "@pingyi.example", "people.example"):
        assert secret not in shown
