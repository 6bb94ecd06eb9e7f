"""What the doctor asks us: whether codes lead to people, and letters could leave, without one that does."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.findings import Finding
from pingyi.settings import Settings
from pingyi_surveys.mail.connection import StoppedError
from pingyi_surveys.mail.reasons import why_stopped
from pingyi_surveys.mail.server import MailServer, mail_server
from pingyi_surveys.mail.trial import try_sender
from pingyi_surveys.settings import SurveySettings
from pingyi_surveys.setup.public_address import printed_address

_PASSED: Final = {
    "mail_connect": Text(zh="邮件服务器 {host}:{port} 可以连接", en="the mail server {host}:{port} answers"),
    "mail_secrecy": Text(
        zh="与邮件服务器的连接{secrecy_zh}", en="the connection to the mail server {secrecy_en}"
    ),
    "mail_login": Text(zh="邮件服务器：{login_zh}", en="at the mail server: {login_en}"),
    "mail_sender": Text(
        zh="邮件服务器接受发件人（没有发出邮件）", en="the mail server takes the sender (nothing was sent)"
    ),
}
_SECRECY: Final = {
    "none": Text(zh="不加密（服务器在本机）", en="is in the clear (it is on this host)"),
    "starttls": Text(zh="已加密（STARTTLS）", en="is encrypted (STARTTLS)"),
    "implicit": Text(zh="已加密（TLS）", en="is encrypted (TLS)"),
}


def checks(settings: Settings) -> Iterator[Finding]:
    """Of the public address and of mail, each only where it is set."""
    if settings.public_address:
        yield _address(settings)
    own = settings.read(SurveySettings)
    if own.smtp_password_file:
        yield from _password_file(Path(own.smtp_password_file))
    if own.smtp or own.mail_from:
        yield from _mail(own)


def _finding(code: str, message: Text, *, ok: bool) -> Finding:
    return Finding(code=code, ok=ok, message=message)


def _address(settings: Settings) -> Finding:
    try:
        address = printed_address(settings, "")
    except Problem as problem:
        return _finding("public_address", problem.message, ok=False)
    told = Text(zh="二维码和票卡指向 {address}", en="codes and cards lead to {address}")
    return _finding("public_address", told.format(address=address), ok=True)


def _password_file(path: Path) -> Iterator[Finding]:
    with suppress(OSError):
        private = not path.stat().st_mode & stat.S_IRWXO
        message = _PRIVATE if private else _OPEN
        yield _finding("mail_password_file", message, ok=private)


_PRIVATE: Final = Text(
    zh="邮件服务器的密码文件没有向所有账号开放",
    en="the file with the mail server's password is not open to all",
)
_OPEN: Final = Text(
    zh="邮件服务器的密码文件（PINGYI_SMTP_PASSWORD_FILE）可被本机其他账号读取；请收紧权限",
    en="every account here can read the file with the mail server's password (PINGYI_SMTP_PASSWORD_FILE); "
    "tighten it",
)


def _mail(settings: SurveySettings) -> Iterator[Finding]:
    try:
        server = mail_server(settings)
        for stage in try_sender(server):
            yield _finding(f"mail_{stage}", _told(f"mail_{stage}", server), ok=True)
    except Problem as problem:
        yield _finding("mail_settings", problem.message, ok=False)
    except StoppedError as reason:
        yield _finding(f"mail_{reason.stage}", why_stopped(reason), ok=False)


def _told(code: str, server: MailServer) -> Text:
    return _PASSED[code].format(
        host=server.host,
        port=server.port,
        secrecy_zh=_SECRECY[server.secrecy].zh,
        secrecy_en=_SECRECY[server.secrecy].en,
        login_zh="登录成功" if server.user else "没有设置登录",
        login_en="signed in" if server.user else "no login is set",
    )
