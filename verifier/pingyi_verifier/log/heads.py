"""What a tree head says, and its one spelling."""

from __future__ import annotations

import base64
import re
from typing import NamedTuple


class Head(NamedTuple):
    """What a tree head says: which log, how many leaves, which root."""

    origin: str
    size: int
    root: bytes

    @property
    def line(self) -> str:
        return f"{self.origin} {self.size} {base64.b64encode(self.root).decode()}"


SIZE = re.compile(r"0|[1-9][0-9]{0,17}")


def head_of(origin: str, size: str, root: str) -> Head:
    """A head from its three words; ValueError where they are none."""
    raw = base64.b64decode(root, validate=True)
    if not origin or not SIZE.fullmatch(size) or len(raw) != 32:
        raise ValueError("not a tree head")
    if base64.b64encode(raw).decode() != root:
        raise ValueError("not the one spelling of a root")
    return Head(origin, int(size), raw)
