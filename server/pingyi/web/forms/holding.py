"""What a control of a page can hold of a raw value, what is typed makes of it, and what is carried unseen."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, Final

NOTHING: Final[Any] = object()
"""In place of a raw value: there is none."""

DEEPEST = 64
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_BREAKS = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def typed_text(posted: str, *, long: bool = False) -> str:
    """What somebody typed, without blanks around it and without control characters."""
    if long:
        return _CONTROL.sub(" ", posted.replace("\r\n", "\n").replace("\r", "\n")).strip()
    return _BREAKS.sub(" ", posted).strip()


def shown_text(raw: Any, how: str) -> str | None:
    """The text of a raw value in its control; None where the control could not give the value back."""
    numeric = how in ("whole", "count", "decimal")
    if numeric and isinstance(raw, int) and not isinstance(raw, bool):
        return str(raw) if abs(raw) < 10**18 else None
    if not isinstance(raw, str) or typed_text(raw, long=how == "text") != raw:
        return None
    return None if how == "count" and _WHOLE.fullmatch(raw) else raw


def raw_of(text: str, how: str) -> Any:
    """The raw value of a typed text: a whole number where one belongs and was typed, else the text."""
    return int(text) if how in ("whole", "count") and _WHOLE.fullmatch(text) else text


def packed(value: Any) -> str:
    """A raw value as it is carried in a hidden field."""
    return json.dumps(value, ensure_ascii=True, default=str)


def unpacked(text: str) -> Any:
    """What a hidden field carries; NOTHING where it is not plain content."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return NOTHING
    return value if _is_plain(value, 0) else NOTHING


def _is_plain(value: Any, depth: int) -> bool:
    if depth > DEEPEST:
        return False
    if isinstance(value, dict):
        return all(_is_plain(key, depth) and _is_plain(inner, depth + 1) for key, inner in value.items())
    if isinstance(value, list):
        return all(_is_plain(inner, depth + 1) for inner in value)
    if isinstance(value, str):
        return not _SURROGATE.search(value)
    return isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))


def scalars(table: Mapping[str, Any]) -> dict[str, Any]:
    """The words, whole numbers and flags of a table."""
    return {key: value for key, value in table.items() if isinstance(value, (str, int))}
