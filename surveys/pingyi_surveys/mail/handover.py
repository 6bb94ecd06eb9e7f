"""How one letter is handed over, and what becomes of it by the server's answers."""

from __future__ import annotations

import re
import smtplib
import time
from collections import deque
from dataclasses import dataclass
from enum import Enum
from typing import Final

from pingyi_surveys.mail.answers import CLOSING, FULL, Answer, answer_of
from pingyi_surveys.mail.connection import StoppedError, close_politely, open_connection
from pingyi_surveys.mail.server import MailServer

PAUSES_SECONDS: Final = (0.0, 1.0, 3.0)
_GO_ON: Final = 354
_BAD_SEQUENCE: Final = 503


class Outcome(Enum):
    """What became of a letter: taken, refused for good, not taken yet, or nobody knows."""

    SENT = "sent"
    REFUSED = "refused"
    DEFERRED = "deferred"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Handed:
    """What became of a letter, with the server's answer where it was not taken."""

    outcome: Outcome
    answer: Answer | None = None


class _AnewError(Exception):
    """The server takes nothing more on this connection; the letter was not accepted."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(str(answer))
        self.answer = answer


class Handover:
    """A connection to the mail server, opened when it is needed and again when it ended."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._smtp: smtplib.SMTP | None = None
        self._offered = 0

    def offer(self, to: str, content: bytes) -> Handed:
        """Hand a letter over; StoppedError where the server takes none."""
        pauses = deque(PAUSES_SECONDS)
        stopped: StoppedError | None = None
        while pauses:
            time.sleep(pauses.popleft())
            try:
                return self._offer(to, content)
            except _AnewError as error:
                stopped = StoppedError("connect", error.answer, later=True)
            except StoppedError as error:
                if not error.later:
                    raise
                stopped = error
            except OSError as error:  # smtplib's own are among them: nothing of the letter was accepted
                reason = answer_of(0, error.strerror or str(error))
                stopped = StoppedError("connect", reason, later=True)
            if self._offered > 1:  # it was good for other letters: a new one may be so at once
                pauses.appendleft(0.0)
            self._drop()
        assert stopped is not None
        raise stopped

    def _offer(self, to: str, content: bytes) -> Handed:
        smtp = self._opened()
        self._offered += 1
        code, said = smtp.mail(self._server.sender.addr_spec)
        if not 200 <= code < 300:
            return self._not_taken(smtp, answer_of(code, said, to), of_sender=True)
        code, said = smtp.rcpt(to)
        if not 200 <= code < 300:
            return self._not_taken(smtp, answer_of(code, said, to))
        code, said = smtp.docmd("DATA")
        if code != _GO_ON:
            return self._not_taken(smtp, answer_of(code, said, to))
        smtp.send(re.sub(rb"(?m)^\.", b"..", content) + b".\r\n")
        return self._answered(smtp, to)

    def _answered(self, smtp: smtplib.SMTP, to: str) -> Handed:
        """What the server says of a letter that it has whole."""
        try:
            code, said = smtp.getreply()
        except OSError:
            self._drop()
            return Handed(Outcome.UNCLEAR)
        if 200 <= code < 300:
            return Handed(Outcome.SENT)
        return self._not_taken(smtp, answer_of(code, said, to))

    def _not_taken(self, smtp: smtplib.SMTP, answer: Answer, *, of_sender: bool = False) -> Handed:
        """4xx may go later, 5xx never; what is about us and not about the letter stops the run."""
        if answer.code == CLOSING:
            raise _AnewError(answer)
        if answer.code == FULL and self._offered > 1:  # it may be what one connection may carry
            close_politely(smtp)
            raise _AnewError(answer)
        if answer.wants_login or answer.code == _BAD_SEQUENCE or (of_sender and not answer.later):
            raise StoppedError("login" if answer.wants_login else "sender", answer, later=False)
        try:
            smtp.rset()
        except OSError:
            self._drop()
        return Handed(Outcome.DEFERRED if answer.later else Outcome.REFUSED, answer)

    def _opened(self) -> smtplib.SMTP:
        if self._smtp is None:
            self._smtp = open_connection(self._server)
        return self._smtp

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp, self._offered = None, 0

    def close(self) -> None:
        """Say goodbye, where there is still somebody to say it to."""
        if self._smtp is not None:
            close_politely(self._smtp)
        self._smtp = None
