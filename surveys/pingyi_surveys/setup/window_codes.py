"""The signed code of a window, which stands in the address that its QR carries."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Final, NamedTuple

from pingyi.channels import Text
from pingyi.domain.errors import Problem

TAG_BYTES: Final = 10
_PURPOSE: Final = b"pingyi window code 1"
_LONGEST: Final = 64
_HIGHEST: Final = 2**63


class Code(NamedTuple):
    """What a code names: a unit on a channel, and the window where it hangs, 0 where it is none's."""

    channel_id: int
    unit_id: int
    window_id: int


def code_of(secret_key: str, code: Code) -> str:
    """The code as it stands in an address: base64url of its numbers and 10 bytes of HMAC-SHA256.

    Raises ValueError for a number that is negative or longer than the database's.
    """
    if not all(0 <= number < _HIGHEST for number in code):
        raise ValueError("a code's numbers have 63 bits")
    body = b"".join(_varint(number) for number in code)
    return base64.urlsafe_b64encode(body + _tag(secret_key, body)).rstrip(b"=").decode("ascii")


def read_code(secret_key: str, text: str) -> Code:
    """What a code names; Problem not_found for anything that `code_of` has not written."""
    try:
        return _read(secret_key, text)
    except (ValueError, TypeError):
        raise Problem("not_found", 404, _UNKNOWN) from None


_UNKNOWN = Text(
    zh="二维码不完整或已失效，请在窗口重新扫码。",
    en="This code is incomplete or no longer valid; please scan the one at the window again.",
)


def _read(secret_key: str, text: str) -> Code:
    if not text.isascii() or len(text) > _LONGEST:
        raise ValueError("a code is short")
    content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    body, tag = content[:-TAG_BYTES], content[-TAG_BYTES:]
    if not hmac.compare_digest(_tag(secret_key, body), tag):
        raise ValueError("the code is not ours")
    code = Code(*_numbers(body))
    if not hmac.compare_digest(code_of(secret_key, code), text):
        raise ValueError("the code is written in another way")
    return code


def _tag(secret_key: str, body: bytes) -> bytes:
    key = hmac.digest(secret_key.encode(), _PURPOSE, hashlib.sha256)
    return hmac.digest(key, body, hashlib.sha256)[:TAG_BYTES]


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first, the eighth bit where more follow (LEB128)."""
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*written, number])


def _numbers(body: bytes) -> list[int]:
    found, number, shift = [], 0, 0
    for byte in body:
        number |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            found.append(number)
            number, shift = 0, 0
    if shift:
        raise ValueError("a number does not end")
    return found
