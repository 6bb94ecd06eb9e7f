"""What an e-mail address is to us: one plain address."""

from __future__ import annotations

import re
from typing import Final

MOST_LETTERS: Final = 254
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_LOCAL: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS: Final = re.compile(rf"{_LOCAL}(?:\.{_LOCAL})*@{_LABEL}(?:\.{_LABEL})*")


def is_address(written: str) -> bool:
    """Whether this is one plain address, without anything that could become a header or a second address."""
    return _ADDRESS.fullmatch(written) is not None and len(written) <= MOST_LETTERS
