"""One spelling of any value as bytes, so that the same content always has the same hash."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import msgspec

from pingyi.channels.numbers import word

_ENCODER: Final = msgspec.json.Encoder(order="sorted")
_AS_THEY_ARE: Final = frozenset({str, int, bool, type(None)})


def canonical_json(value: Any) -> bytes:
    """JSON in UTF-8 without white space, keys sorted by code point.

    Decimals are plain words ("92.5"), Fractions "n/d" in lowest terms, dates and times ISO 8601.
    Raises TypeError on a float, a key that is not text and any other type; ValueError on a Decimal that is
    not finite and on text that is not Unicode.
    """
    return _ENCODER.encode(_plain(value))


def plain_json(value: Any) -> bytes:
    """The same bytes as `canonical_json`, unchecked and many times faster.

    Only for values made of text, whole numbers, truth values, None, lists and dicts with text for keys.
    """
    return _ENCODER.encode(value)


def sha256_hex(content: bytes) -> str:
    """The SHA-256 of `content` in lower-case hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if kind is dict or isinstance(value, Mapping):
        return {
            key if type(key) is str else _key(key): inner if type(inner) in _AS_THEY_ARE else _plain(inner)
            for key, inner in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return _scalar(value)


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a key must be text, not {type(key).__name__}")
    return str(key)


def _scalar(value: Any) -> str | int:
    if isinstance(value, Decimal):
        return word(value)
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    raise TypeError(f"{type(value).__name__} has no canonical spelling")
