"""Letters by SMTP: one message per address, none sent twice in a run, addresses named by their line only."""

from __future__ import annotations

import ipaddress
import re
import smtplib
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import localtime, make_msgid, parseaddr
from enum import Enum
from typing import Final

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi_surveys.settings import SurveySettings

TIMEOUT_SECONDS: Final = 30
PAUSES_SECONDS: Final = (0.0, 1.0, 3.0)
_ACCEPTED, _GO_ON, _CLOSING = 250, 354, 421
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_LOCAL: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS: Final = re.compile(rf"{_LOCAL}(?:\.{_LOCAL})*@{_LABEL}(?:\.{_LABEL})*")


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one address, known by its line in the office's file."""

    line: int
    to: str
    subject: str
    body: str


@dataclass
class Posted:
    """What became of the letters so far, by their lines.

    `unclear`: handed over whole, and the connection broke before the server said a word; never sent again.
    """

    sent: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    unclear: list[int] = field(default_factory=list)
    unsent: list[int] = field(default_factory=list)

    @property
    def out(self) -> int:
        """How many left the house, as far as we know."""
        return len(self.sent) + len(self.unclear)


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where letters are handed over, and who sends them."""

    host: str
    port: int
    sender: Address

    @property
    def local(self) -> bool:
        """Whether the server is on this host."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


class _Outcome(Enum):
    SENT = 1
    REFUSED = 2
    UNCLEAR = 3


def mail_server(settings: SurveySettings) -> MailServer:
    """The server and the sender that the settings name; Problem mail_not_configured."""
    host, _, port = settings.smtp.strip().rpartition(":")
    name, sender = parseaddr(settings.mail_from)
    if not host or not (port.isascii() and port.isdigit()) or not is_address(sender):
        raise Problem("mail_not_configured", 503, _NOT_CONFIGURED)
    return MailServer(host.strip("[]"), int(port), Address(display_name=name, addr_spec=sender))


_NOT_CONFIGURED = Text(
    zh="还不能发邮件：请设置 PINGYI_SMTP（主机:端口）和 PINGYI_MAIL_FROM（发件人地址）。",
    en="Mail is not set up: set PINGYI_SMTP (host:port) and PINGYI_MAIL_FROM (the sender's address).",
)


def is_address(given: str) -> bool:
    """Whether this is one plain address, without anything that could become a header or a second address."""
    return _ADDRESS.fullmatch(given) is not None and len(given) <= 254


def send_letters(
    server: MailServer,
    letters: Sequence[Letter],
    posted: Posted,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> None:
    """Send each letter at most once, over a new connection where the old one breaks; `posted` is filled in.

    Where the server cannot be reached any more the remaining letters stay `unsent`.
    """
    link = _Link(server)
    posted.unsent = [letter.line for letter in letters]
    try:
        for letter in letters:
            if not _post(link, letter, posted):
                return
            progress(len(letters) - len(posted.unsent), len(letters))
    finally:
        link.close()


def _post(link: _Link, letter: Letter, posted: Posted) -> bool:
    """Send the letter that is first among the unsent; one that is interrupted may have arrived."""
    outcome: _Outcome | None = _Outcome.UNCLEAR
    try:
        outcome = link.send(letter)
    finally:
        if outcome is not None:
            posted.unsent.pop(0)
            _lines_of(posted, outcome).append(letter.line)
    return outcome is not None


def _lines_of(posted: Posted, outcome: _Outcome) -> list[int]:
    return {
        _Outcome.SENT: posted.sent,
        _Outcome.REFUSED: posted.refused,
        _Outcome.UNCLEAR: posted.unclear,
    }[outcome]


def message_of(server: MailServer, letter: Letter) -> bytes:
    """The letter as bytes; ValueError where a header would hold a line break."""
    message = EmailMessage(policy=SMTP)
    message["From"] = server.sender
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = letter.subject
    message["Date"] = localtime()
    message["Message-ID"] = make_msgid(domain=server.sender.domain)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.body, charset="utf-8", cte="base64")
    return message.as_bytes()


class _Link:
    """A connection to the mail server, opened when it is needed and again when it broke."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._smtp: smtplib.SMTP | None = None

    def send(self, letter: Letter) -> _Outcome | None:
        """Hand a letter over; None where the server cannot be reached."""
        content = message_of(self._server, letter)
        for pause in PAUSES_SECONDS:
            time.sleep(pause)
            try:
                return self._offer(letter.to, content)
            except OSError:  # smtplib's own are among them: nothing of the letter was accepted
                self._drop()
        return None

    def _offer(self, to: str, content: bytes) -> _Outcome:
        smtp = self._opened()
        for said in ((smtp.mail, self._server.sender.addr_spec), (smtp.rcpt, to)):
            code, _ = said[0](said[1])
            if code == _CLOSING:
                raise smtplib.SMTPServerDisconnected
            if not 200 <= code < 300:
                smtp.rset()
                return _Outcome.REFUSED
        code, _ = smtp.docmd("DATA")
        if code != _GO_ON:
            smtp.rset()
            return _Outcome.REFUSED
        smtp.send(re.sub(rb"(?m)^\.", b"..", content) + b".\r\n")
        return self._answer(smtp)

    def _answer(self, smtp: smtplib.SMTP) -> _Outcome:
        """What the server says of a letter that it has whole."""
        try:
            code, _ = smtp.getreply()
        except OSError:
            self._drop()
            return _Outcome.UNCLEAR
        return _Outcome.SENT if code == _ACCEPTED else _Outcome.REFUSED

    def _opened(self) -> smtplib.SMTP:
        if self._smtp is None:
            found = self._server
            self._smtp = smtplib.SMTP(
                found.host, found.port, local_hostname=found.sender.domain, timeout=TIMEOUT_SECONDS
            )
            self._smtp.ehlo_or_helo_if_needed()
            if not found.local and self._smtp.has_extn("starttls"):
                self._smtp.starttls(context=ssl.create_default_context())
                self._smtp.ehlo()
        return self._smtp

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None

    def close(self) -> None:
        """Say goodbye, where there is still somebody to say it to."""
        try:
            if self._smtp is not None:
                self._smtp.quit()
        except OSError:
            self._drop()
