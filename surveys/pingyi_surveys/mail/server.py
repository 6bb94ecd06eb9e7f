"""The mail server that the settings name: its address, how the connection is kept secret, the login."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.utils import parseaddr
from pathlib import Path
from typing import Final, Literal

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi_surveys.mail.addresses import is_address
from pingyi_surveys.settings import SurveySettings

Secrecy = Literal["none", "starttls", "implicit"]
IMPLICIT_PORT: Final = 465


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where letters are handed over, and who sends them; without `user` there is no login.

    `secrecy` is "none" on this host alone. `authorities`: a file with certificates that are trusted beside
    the system's, or "".
    """

    host: str
    port: int
    sender: Address
    secrecy: Secrecy = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    authorities: str = ""

    def context(self) -> ssl.SSLContext:
        """How the server proves who it is; Problem mail_not_configured where the file cannot be used."""
        context = ssl.create_default_context()
        if self.authorities:
            try:
                context.load_verify_locations(self.authorities)
            except (OSError, ssl.SSLError):
                raise _misconfigured(_NO_AUTHORITIES) from None
        return context


def mail_server(settings: SurveySettings) -> MailServer:
    """The server, sender and login that the settings name; Problem mail_not_configured."""
    host, _, port = settings.smtp.strip().rpartition(":")
    name, sender = parseaddr(settings.mail_from)
    if not host or not (port.isascii() and port.isdigit()) or not is_address(sender):
        raise _misconfigured(_NOT_CONFIGURED)
    host = host.strip("[]")
    return MailServer(
        host=host,
        port=int(port),
        sender=Address(display_name=name, addr_spec=sender),
        secrecy=_secrecy(settings.smtp_tls, host, int(port)),
        user=settings.smtp_user,
        password=_password(settings),
        authorities=settings.smtp_ca,
    )


def _secrecy(chosen: str, host: str, port: int) -> Secrecy:
    """Letters with cards never cross a network in the clear; on this host nobody listens."""
    if chosen == "implicit" or (not chosen and port == IMPLICIT_PORT):
        return "implicit"
    return "none" if not chosen and _is_here(host) else "starttls"


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _password(settings: SurveySettings) -> str:
    """The password of the login, from its file where one is named."""
    password = settings.smtp_password
    if settings.smtp_password_file:
        try:
            password = Path(settings.smtp_password_file).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, ValueError):
            raise _misconfigured(_NO_PASSWORD_FILE) from None
    if bool(password) != bool(settings.smtp_user):
        raise _misconfigured(_HALF_A_LOGIN)
    if not (password.isascii() and settings.smtp_user.isascii()):
        raise _misconfigured(_NOT_ASCII)
    return password


def _misconfigured(message: Text) -> Problem:
    return Problem("mail_not_configured", 503, message)


_NOT_CONFIGURED = Text(
    zh="还不能发邮件：请设置 PINGYI_SMTP（主机:端口）和 PINGYI_MAIL_FROM（发件人地址）。",
    en="Mail is not set up: set PINGYI_SMTP (host:port) and PINGYI_MAIL_FROM (the sender's address).",
)
_NO_PASSWORD_FILE = Text(
    zh="还不能发邮件：PINGYI_SMTP_PASSWORD_FILE 指定的文件读不出来。",
    en="Mail is not set up: the file that PINGYI_SMTP_PASSWORD_FILE names cannot be read.",
)
_HALF_A_LOGIN = Text(
    zh="还不能发邮件：登录名（PINGYI_SMTP_USER）和密码（PINGYI_SMTP_PASSWORD 或 PINGYI_SMTP_PASSWORD_FILE）"
    "须同时设置。",
    en="Mail is not set up: a login needs both PINGYI_SMTP_USER and PINGYI_SMTP_PASSWORD (or "
    "PINGYI_SMTP_PASSWORD_FILE).",
)
_NOT_ASCII = Text(
    zh="还不能发邮件：邮件服务器的登录名和密码只能用英文字母、数字和英文符号。",
    en="Mail is not set up: the login of the mail server is in ASCII.",
)
_NO_AUTHORITIES = Text(
    zh="还不能发邮件：PINGYI_SMTP_CA 指定的文件不是可用的证书。",
    en="Mail is not set up: the file that PINGYI_SMTP_CA names holds no certificates.",
)
