"""What a mail server says, as it may be shown: without addresses, links or codes of cards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MOST_LETTERS: Final = 200
CLOSING: Final = 421
FULL: Final = 452
_HIDDEN: Final = re.compile(r"\S+@\S+|\bhttps?://\S+|[0-9A-Za-z_-]{20,}")
_STATUS: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")
_WANTS_LOGIN: Final = frozenset({530, 534, 535, 538})


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply: its three digits (0 where the server said nothing) and its words in one line."""

    code: int
    words: str

    def __str__(self) -> str:
        return f"{self.code} {self.words}".strip() if self.code else self.words

    @property
    def kind(self) -> tuple[int, str]:
        """What answers of one kind share: the code with its status (RFC 3463), else with the words."""
        status = _STATUS.search(self.words)
        return self.code, status.group() if status else re.sub(r"\d+", "0", self.words)

    @property
    def later(self) -> bool:
        """Whether the same may go well later (4xx, and where nothing was said)."""
        return self.code < 500

    @property
    def wants_login(self) -> bool:
        """Whether it is about our login and not about a letter."""
        return self.code in _WANTS_LOGIN


def answer_of(code: int, said: bytes | str, to: str = "") -> Answer:
    """The reply without what must not be shown: any address, link or long code, and the parts of `to`."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    line = "".join(letter if letter.isprintable() else " " for letter in text)
    for part in _parts(to):
        line = re.sub(rf"(?<![\w.]){re.escape(part)}(?!\w)", "…", line, flags=re.IGNORECASE)
    line = " ".join(_HIDDEN.sub("…", line).split())
    status = _STATUS.match(line)
    if status:  # each line of a reply repeats it
        line = " ".join([status.group(), *line.replace(status.group(), " ").split()])
    return Answer(code, line[:MOST_LETTERS])


def _parts(to: str) -> Iterator[str]:
    local, _, domain = to.rpartition("@")
    yield from (part for part in (to, local, domain) if part)
