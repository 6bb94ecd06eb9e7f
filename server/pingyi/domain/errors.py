"""The one shape of everything that can go wrong for a user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pingyi.channels.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """One thing wrong in the input: a JSON pointer, and file, row and column where the input was a file."""

    code: str
    message: Text
    pointer: str = ""
    file: str = ""
    row: int | None = None
    column: str = ""


@dataclass
class Problem(Exception):  # noqa: N818 - RFC 9457's word for it
    """A refusal with a stable code, an HTTP status, a sentence that says what to do, and the wrong fields.

    `retry_after_seconds` is set where trying again later helps.
    """

    code: str
    status: int
    message: Text
    errors: Sequence[FieldError] = field(default_factory=tuple)
    retry_after_seconds: int | None = None

    def __str__(self) -> str:
        return f"{self.code}: {self.message.en}"
