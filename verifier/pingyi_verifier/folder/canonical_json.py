"""JSON in its one spelling, and digests."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical(value: Any) -> bytes:
    """The one spelling of a JSON value: sorted keys, no spaces, UTF-8, no floats."""
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def read_json(content: bytes) -> Any:
    """A JSON value; refused are repeated names, floats and NaN, which two readers may read differently."""
    return json.loads(
        content.decode(), object_pairs_hook=_unique, parse_float=_no_float, parse_constant=_no_float
    )


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return value


def _no_float(spelling: str) -> Any:
    raise ValueError(f"{spelling} is not a whole number")


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same: 1 is neither true nor "1"."""
    return canonical(one) == canonical(other)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
