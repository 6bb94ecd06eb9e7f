"""What a control of a page can hold of a raw value, what is typed makes of it, and what is carried unseen."""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Mapping
from datetime import date, time
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
    """A raw value as it is carried in a hidden field: JSON, with what only TOML has in TOML's own words."""
    return json.dumps(_worded(value), ensure_ascii=True)


def unpacked(text: str) -> Any:
    """What a hidden field carries; NOTHING where it is not plain content."""
    try:
        value = json.loads(text)
        return _unworded(value) if _is_plain(value, 0) else NOTHING
    except (ValueError, RecursionError):
        return NOTHING


_TOML = "~toml"


def _worded(value: Any) -> Any:
    if isinstance(value, Mapping):
        worded = {key: _worded(inner) for key, inner in value.items()}
        return {_TOML: worded} if list(worded) == [_TOML] else worded
    if isinstance(value, list):
        return [_worded(inner) for inner in value]
    if isinstance(value, (date, time)):
        return {_TOML: value.isoformat()}
    if isinstance(value, float) and not math.isfinite(value):
        return {_TOML: str(value)}
    return value


def _unworded(value: Any) -> Any:
    if isinstance(value, list):
        return [_unworded(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    said = value.get(_TOML) if list(value) == [_TOML] else None
    if isinstance(said, str):
        return _toml_value(said)
    table = said if isinstance(said, dict) else value
    return {key: _unworded(inner) for key, inner in table.items()}


def _toml_value(said: str) -> date | time | float:
    """A date, a time or a number that is none, in TOML's words; ValueError for anything else."""
    read = tomllib.loads(f"value = {said}")
    value = read.pop("value")
    if read or not isinstance(value, (date, time, float)):
        raise ValueError(f"neither a date nor a time: {said}")
    return value


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
