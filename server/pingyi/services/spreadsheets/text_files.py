"""Text files that people bring: UTF-8, UTF-16 that says so, or GB18030 where it is no damaged UTF-8."""

from __future__ import annotations

import codecs

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF_32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


def decode(content: bytes) -> tuple[str | None, int]:
    """The text, or None and the position of the first byte that no encoding of ours explains."""
    if content.startswith(_UTF_32):
        return None, 0
    if content.startswith(_UTF_16):
        return _in_utf_16(content)
    try:
        return content.decode("utf-8-sig"), 0
    except UnicodeDecodeError as error:
        at = error.start
    if _mostly_utf_8(content):
        return None, at
    try:
        return content.decode("gb18030"), 0
    except UnicodeDecodeError as error:
        return None, max(at, error.start)


def _in_utf_16(content: bytes) -> tuple[str | None, int]:
    try:
        return content.decode("utf-16"), 0
    except UnicodeDecodeError as error:
        return None, error.start


def _mostly_utf_8(content: bytes) -> bool:
    """Whether more letters beyond ASCII read well as UTF-8 than badly: a damaged file, not one in GB18030.

    Without this, a single broken byte would turn every Chinese name into other, valid characters.
    """
    text = content.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    return content.startswith(codecs.BOM_UTF8) or sum(letter > "\x7f" for letter in text) > 2 * bad
