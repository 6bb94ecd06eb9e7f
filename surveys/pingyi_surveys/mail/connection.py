"""A connection to a mail server, secret and signed in before a word of a letter is said."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final, Literal

from pingyi_surveys.mail.answers import Answer, answer_of
from pingyi_surveys.mail.server import MailServer

TIMEOUT_SECONDS: Final = 30
Stage = Literal["connect", "secrecy", "login", "sender"]
STAGES: Final[tuple[Stage, ...]] = ("connect", "secrecy", "login", "sender")


class StoppedError(Exception):
    """Nothing can be handed over here: the stage that failed, what was said, and if it may go well later."""

    def __init__(self, stage: Stage, answer: Answer, *, later: bool) -> None:
        super().__init__(f"{stage}: {answer}")
        self.stage: Stage = stage
        self.answer = answer
        self.later = later


def open_connection(server: MailServer, timeout: float = TIMEOUT_SECONDS) -> smtplib.SMTP:
    """A connection on which letters can be sent; StoppedError names the stage that failed.

    Raises Problem mail_not_configured where the certificates of the settings cannot be used.
    """
    context = server.context() if server.secrecy != "none" else None
    with _at("secrecy" if server.secrecy == "implicit" else "connect"):
        smtp = _connected(server, context, timeout)
    try:
        with _at("connect"):
            smtp.ehlo_or_helo_if_needed()
        if server.secrecy == "starttls":
            with _at("secrecy"):
                _start_tls(smtp, context)
        if server.user:
            with _at("login"):
                smtp.login(server.user, server.password)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _connected(server: MailServer, context: ssl.SSLContext | None, timeout: float) -> smtplib.SMTP:
    name = server.sender.domain
    if server.secrecy == "implicit":
        return smtplib.SMTP_SSL(server.host, server.port, name, timeout=timeout, context=context)
    return smtplib.SMTP(server.host, server.port, name, timeout=timeout)


def _start_tls(smtp: smtplib.SMTP, context: ssl.SSLContext | None) -> None:
    code, said = smtp.starttls(context=context)
    if code != 220:
        raise smtplib.SMTPResponseException(code, said)
    smtp.ehlo()


def close_politely(smtp: smtplib.SMTP) -> None:
    """Say goodbye, where there is still somebody to say it to."""
    with suppress(OSError):
        smtp.quit()
    smtp.close()


@contextmanager
def _at(stage: Stage) -> Iterator[None]:
    """What goes wrong meanwhile, as a StoppedError of this stage."""
    try:
        yield
    except smtplib.SMTPResponseException as error:
        answer = answer_of(error.smtp_code, error.smtp_error)
        raise StoppedError(stage, answer, later=answer.later) from None
    except smtplib.SMTPNotSupportedError as error:
        raise StoppedError(stage, answer_of(0, str(error)), later=False) from None
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", "") or (error.reason or "TLS").replace("_", " ").lower()
        raise StoppedError("secrecy", Answer(0, reason), later=False) from None
    except OSError as error:
        raise StoppedError(stage, answer_of(0, error.strerror or str(error)), later=True) from None
