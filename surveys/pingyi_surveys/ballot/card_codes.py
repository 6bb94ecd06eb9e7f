"""Cards and visit codes as people read, type and scan them: Crockford's base 32, in groups of four."""

from __future__ import annotations

import re
import secrets
from typing import Final

from pingyi_surveys.ballot.printed_key_parts import ALPHABET

CARD_BYTES: Final = 16
CARD_CHARACTERS: Final = 26
VISIT_CHARACTERS: Final = 12
_LIKE: Final = str.maketrans("OIL", "011", "- ")
_ADDRESS: Final = re.compile(r"^https?://[^/]+/[cv]/([^/?#]+)", re.IGNORECASE)


def new_card() -> bytes:
    """16 bytes of chance."""
    return secrets.token_bytes(CARD_BYTES)


def write_card(token: bytes) -> str:
    """The 26 characters of a card, as they stand in its address; ValueError for another length."""
    if len(token) != CARD_BYTES:
        raise ValueError("a card has 16 bytes")
    number = int.from_bytes(token, "big")
    return "".join(ALPHABET[number >> shift & 31] for shift in range(5 * (CARD_CHARACTERS - 1), -1, -5))


def read_card(typed: str) -> bytes:
    """The card of what was typed or scanned (its whole address, too); ValueError where it is none.

    Case does not matter, nor O for 0, I and L for 1, hyphens or spaces.
    """
    symbols = _symbols(typed, CARD_CHARACTERS)
    number = 0
    for symbol in symbols:
        number = number << 5 | ALPHABET.index(symbol)
    if number >> 8 * CARD_BYTES:
        raise ValueError("a card has 128 bits")
    return number.to_bytes(CARD_BYTES, "big")


def new_visit_code() -> bytes:
    """A visit code (60 bits of chance) as the bytes that are hashed: its 12 characters."""
    return "".join(secrets.choice(ALPHABET) for _ in range(VISIT_CHARACTERS)).encode("ascii")


def read_visit_code(typed: str) -> bytes:
    """The visit code of what was typed or scanned, as `read_card` does; ValueError where it is none."""
    return _symbols(typed, VISIT_CHARACTERS).encode("ascii")


def grouped(symbols: str) -> str:
    """Characters in groups of four, parted by hyphens: how a person reads them off paper."""
    return "-".join(symbols[at : at + 4] for at in range(0, len(symbols), 4))


def _symbols(typed: str, length: int) -> str:
    found = _ADDRESS.match(typed.strip())
    symbols = (found[1] if found else typed).strip().upper().translate(_LIKE)
    if len(symbols) != length or any(symbol not in ALPHABET for symbol in symbols):
        raise ValueError("that is no code")
    return symbols
