"""Letters: one message per address, none sent twice in a run, addresses named by their line only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import localtime, make_msgid
from typing import Final

from pingyi_surveys.mail.answers import Answer
from pingyi_surveys.mail.connection import StoppedError
from pingyi_surveys.mail.handover import Handed, Handover, Outcome
from pingyi_surveys.mail.server import MailServer

LATER: Final = timedelta(minutes=10)
"""After how long what a server did not take yet is offered again."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one address, known by its line in the office's file; `name`: whose address it is."""

    line: int
    to: str
    subject: str
    body: str
    name: str = ""


@dataclass
class Met:
    """Answers of one kind: the first of them, what became of the letters, and their lines."""

    answer: Answer
    outcome: Outcome
    lines: list[int] = field(default_factory=list)


@dataclass
class Posted:
    """What became of the letters so far, by their lines.

    `refused` for good (5xx); `deferred`: not taken yet (4xx), to be offered again from `next_at` on.
    `unclear`: handed over whole, and the connection broke before the server said a word; never sent again.
    `unsent`: not offered, where the run was `stopped`.
    """

    sent: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    deferred: list[int] = field(default_factory=list)
    unclear: list[int] = field(default_factory=list)
    unsent: list[int] = field(default_factory=list)
    met: dict[tuple[Outcome, int, str], Met] = field(default_factory=dict)
    stopped: StoppedError | None = None
    next_at: datetime | None = None

    @property
    def out(self) -> int:
        """How many left the house, as far as we know."""
        return len(self.sent) + len(self.unclear)

    @property
    def waiting(self) -> list[int]:
        """The lines that may go later, in their order."""
        return sorted((*self.deferred, *self.unsent))

    def said_of(self, line: int) -> str:
        """What the server said of the letter of a line, or ""."""
        return next((str(met.answer) for met in self.met.values() if line in met.lines), "")

    def note(self, line: int, handed: Handed) -> None:
        """Put down what became of a letter."""
        lines = {
            Outcome.SENT: self.sent,
            Outcome.REFUSED: self.refused,
            Outcome.DEFERRED: self.deferred,
            Outcome.UNCLEAR: self.unclear,
        }[handed.outcome]
        lines.append(line)
        if handed.answer is not None:
            key = (handed.outcome, *handed.answer.kind)
            self.met.setdefault(key, Met(handed.answer, handed.outcome)).lines.append(line)
        if handed.outcome is Outcome.DEFERRED:
            self.next_at = _later()

    def stop(self, reason: StoppedError) -> None:
        """Put down why the rest was not offered."""
        self.stopped = reason
        if reason.later:
            self.next_at = _later()

    def begin(self, lines: Sequence[int]) -> None:
        """Forget what was said of letters that are offered (again)."""
        self.unsent, self.deferred, self.stopped, self.next_at = list(lines), [], None, None
        self.met = {key: met for key, met in self.met.items() if met.outcome is not Outcome.DEFERRED}


def _later() -> datetime:
    return datetime.now().astimezone() + LATER


def send_letters(
    server: MailServer,
    letters: Sequence[Letter],
    posted: Posted,
    progress: Progress = lambda _done, _of: None,
) -> None:
    """Send each letter at most once, over a new connection where the old one ends; `posted` is filled in.

    Where the server takes nothing any more the remaining letters stay `unsent`. Letters that `posted` says
    are sent, refused or unclear are left alone: the same call again offers what waits.
    """
    settled = {*posted.sent, *posted.refused, *posted.unclear}
    offered = [letter for letter in letters if letter.line not in settled]
    posted.begin([letter.line for letter in offered])
    handover = Handover(server)
    try:
        for letter in offered:
            try:
                _post(handover, letter, message_of(server, letter), posted)
            except StoppedError as reason:
                posted.stop(reason)
                return
            progress(len(letters) - len(posted.unsent), len(letters))
    finally:
        handover.close()


def _post(handover: Handover, letter: Letter, content: bytes, posted: Posted) -> None:
    """Send the letter that is first among the unsent; one that is interrupted may have arrived."""
    handed: Handed | None = Handed(Outcome.UNCLEAR)
    try:
        handed = handover.offer(letter.to, content)
    except StoppedError:
        handed = None
        raise
    finally:
        if handed is not None:
            posted.unsent.pop(0)
            posted.note(letter.line, handed)


def message_of(server: MailServer, letter: Letter) -> bytes:
    """The letter as bytes; ValueError where a header would hold a line break."""
    message = EmailMessage(policy=SMTP)
    message["From"] = server.sender
    message["To"] = Address(display_name=letter.name, addr_spec=letter.to)
    message["Subject"] = letter.subject
    message["Date"] = localtime()
    message["Message-ID"] = make_msgid(domain=server.sender.domain)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.body, charset="utf-8", cte="base64")
    return message.as_bytes()
