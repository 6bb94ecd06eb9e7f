"""What a file is that is no table of a kind we read, by its first bytes, whatever its name says."""

from __future__ import annotations

import re

_BY_BYTES = (
    (b"%PDF", "is_pdf"),
    (b"\x89PNG", "is_picture"),
    (b"\xff\xd8\xff", "is_picture"),
    (b"GIF8", "is_picture"),
    (b"BM", "is_picture"),
    (b"II*\x00", "is_picture"),
    (b"MM\x00*", "is_picture"),
    (b"Rar!", "is_archive"),
    (b"7z\xbc\xaf", "is_archive"),
    (b"\x1f\x8b", "is_archive"),
    (b"{\\rtf", "is_document"),
)
_MARKUP = (
    (re.compile(rb"mime-version:|from:[^\n]*\n.*mime-version:", re.IGNORECASE | re.DOTALL), "mhtml"),
    (
        re.compile(
            rb"(?:<\?xml[^>]*>\s*|<\?mso[^>]*>\s*|<!--.*?-->\s*)*<(?:\w+:)?workbook\b",
            re.IGNORECASE | re.DOTALL,
        ),
        "xml",
    ),
    (
        re.compile(
            rb"(?:<\?xml[^>]*>\s*|<!doctype[^>]*>\s*|<!--.*?-->\s*)*"
            rb"<(?:html|head|meta|body|table|div|style|script|title|center|tr)\b",
            re.IGNORECASE | re.DOTALL,
        ),
        "html",
    ),
)
_MARKS = b"\xef\xbb\xbf \t\r\n"
_FIRST_BYTES = 4096


def foreign_kind(content: bytes) -> str:
    """The code of the sentence that says what a file is; "" for one that may be a table."""
    first = content[:_FIRST_BYTES]
    for start, code in _BY_BYTES:
        if first.startswith(start) and not (start == b"BM" and first[6:10] != b"\0\0\0\0"):
            return code
    return ""


def markup_kind(content: bytes) -> str:
    """html, xml or mhtml where a file is a table in markup, as web systems export it; "" for any other."""
    first = content[:_FIRST_BYTES].lstrip(_MARKS)
    return next((kind for pattern, kind in _MARKUP if pattern.match(first)), "")
