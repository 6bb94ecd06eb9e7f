"""Passwords: argon2id, few at a time so that hashing cannot exhaust a small machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import current_app

from pingyi.channels import Text
from pingyi.domain.errors import FieldError, Problem

EXTENSION = "pingyi.passwords"
SHORTEST, LONGEST = 10, 200
AT_ONCE = 2
WAIT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Passwords:
    """Hashes and verifies; waits for its turn, and refuses with 503 when the turn does not come."""

    hasher: PasswordHasher = field(
        default_factory=lambda: PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
    )
    turns: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(AT_ONCE))

    def hash(self, password: str) -> str:
        """The argon2id hash to store."""
        self._wait()
        try:
            return self.hasher.hash(password)
        finally:
            self.turns.release()

    def verify(self, stored: str | None, password: str) -> bool:
        """Whether the password fits; without a stored hash the same work is done and the answer is no."""
        self._wait()
        try:
            if stored is None:
                self.hasher.hash(password[:LONGEST])
                return False
            return self.hasher.verify(stored, password[:LONGEST])
        except (VerificationError, InvalidHashError):
            return False
        finally:
            self.turns.release()

    def _wait(self) -> None:
        if not self.turns.acquire(timeout=WAIT_SECONDS):
            raise Problem("busy", 503, _BUSY, retry_after_seconds=WAIT_SECONDS)


def passwords() -> Passwords:
    """The passwords of the running application."""
    found: Passwords = current_app.extensions.setdefault(EXTENSION, Passwords())
    return found


def checked_password(password: str, login: str) -> str:
    """The password if it may be used, Problem password_weak otherwise; only length counts."""
    if SHORTEST <= len(password) <= LONGEST and login.casefold() not in password.casefold():
        return password
    message = Text(
        zh=f"口令应为{SHORTEST}至{LONGEST}个字符，且不得包含登录名。",
        en=f"A password has {SHORTEST} to {LONGEST} characters and does not contain the login.",
    )
    error = FieldError(code="password_weak", message=message, pointer="/password")
    raise Problem("password_weak", 422, _WEAK, [error])


_BUSY = Text(zh="登录请求过多，请稍后重试。", en="Too many people are signing in; try again shortly.")
_WEAK = Text(zh="口令不符合要求。", en="The password is not acceptable.")
