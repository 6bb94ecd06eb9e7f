"""Goes as far as the first letter would, and sends none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pingyi_surveys.mail.answers import answer_of
from pingyi_surveys.mail.connection import STAGES, Stage, StoppedError, close_politely, open_connection
from pingyi_surveys.mail.server import MailServer

TIMEOUT_SECONDS: Final = 10


def try_sender(server: MailServer) -> Iterator[Stage]:
    """Every stage that the server lets pass, up to taking the sender.

    Raises StoppedError at the one that it does not, and Problem mail_not_configured.
    """
    try:
        smtp = open_connection(server, TIMEOUT_SECONDS)
    except StoppedError as reason:
        yield from STAGES[: STAGES.index(reason.stage)]
        raise
    yield from STAGES[:-1]
    try:
        code, said = smtp.mail(server.sender.addr_spec)
        if not 200 <= code < 300:
            answer = answer_of(code, said)
            raise StoppedError("login" if answer.wants_login else "sender", answer, later=answer.later)
        smtp.rset()
    except OSError as error:
        raise StoppedError("sender", answer_of(0, str(error)), later=True) from None
    finally:
        close_politely(smtp)
    yield STAGES[-1]
