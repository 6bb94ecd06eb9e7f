"""The box secret on paper: two parts for two people, typed back by hand, where a slip is noticed.

Either part alone is chance. A part is written in 14 groups of 5 characters: 4 of content and a check
character over GF(32) that also knows the part and the place of the group, so that one wrong character, two
swapped neighbours, a group in another place and the other part's sheet are always noticed. The last group
holds the part's own SHA-256 and notices the rest.
"""

from __future__ import annotations

import hashlib
import os
from typing import Final, Literal

from pingyi_surveys.ballot.key_messages import key_part_mistyped
from pingyi_surveys.ballot.keys import KEY_BYTES

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUPS: Final = 14
_CONTENT, _SYMBOLS = 4, 52
_LIKE: Final = str.maketrans("OIL", "011", "-")

Part = Literal[1, 2]


def split(secret: bytes) -> tuple[bytes, bytes]:
    """Two parts that are the secret only when both are there (one-time pad)."""
    pad = os.urandom(KEY_BYTES)
    return pad, join(pad, secret)


def join(first: bytes, second: bytes) -> bytes:
    """The secret of its two parts."""
    return bytes(one ^ other for one, other in zip(first, second, strict=True))


def print_part(content: bytes, part: Part) -> tuple[str, ...]:
    """The groups of a part (32 bytes) as they stand on its sheets."""
    symbols = _symbols(content, part)
    groups = [symbols[at : at + _CONTENT] for at in range(0, len(symbols), _CONTENT)]
    return tuple(
        "".join(ALPHABET[value] for value in (*group, _check(group, part, place)))
        for place, group in enumerate(groups)
    )


def type_part(typed: str, part: Part) -> bytes:
    """The part of what was typed; Problem key_part_mistyped names the groups that are wrong.

    Groups are parted by white space; case does not matter, nor O for 0, I and L for 1, or hyphens.
    """
    groups = typed.upper().translate(_LIKE).split()
    wrong = [place for place in range(max(GROUPS, len(groups))) if not _fits(groups, part, place)]
    if wrong:
        raise key_part_mistyped([place + 1 for place in wrong])
    number = 0
    for symbol in "".join(group[:_CONTENT] for group in groups)[:_SYMBOLS]:
        number = number << 5 | ALPHABET.index(symbol)
    content = (number >> 4).to_bytes(KEY_BYTES, "big")
    if print_part(content, part) != tuple(groups):
        raise key_part_mistyped([GROUPS])
    return content


def _fits(groups: list[str], part: Part, place: int) -> bool:
    group = groups[place] if place < min(len(groups), GROUPS) else ""
    if len(group) != _CONTENT + 1 or any(symbol not in ALPHABET for symbol in group):
        return False
    *values, check = map(ALPHABET.index, group)
    return _check(values, part, place) == check


def _symbols(content: bytes, part: Part) -> list[int]:
    """The content as 52 symbols of 5 bits (the last 4 bits are empty) and 4 of its digest."""
    if len(content) != KEY_BYTES:
        raise ValueError("a part has 32 bytes")
    digest = int.from_bytes(hashlib.sha256(bytes([part]) + content).digest()[:3], "big") >> 4
    number = int.from_bytes(content, "big") << 4 << 20 | digest
    return [number >> shift & 31 for shift in range(5 * (GROUPS * _CONTENT - 1), -1, -5)]


def _check(group: list[int], part: Part, place: int) -> int:
    """The symbols times rising powers of x in GF(32) = GF(2)[x]/(x^5 + x^2 + 1), plus the group's number."""
    total = 0
    for value in reversed(group):
        total = _times_x(total ^ value)
    return total ^ ((part - 1) * GROUPS + place)


def _times_x(value: int) -> int:
    return value << 1 ^ (0b100101 if value & 16 else 0)
