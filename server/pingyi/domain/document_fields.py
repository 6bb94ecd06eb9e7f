"""The fields that documents of the office share: keys, titles, whole numbers, flags; messages are codes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields

from pingyi.channels.text import Text
from pingyi.channels.wordings import worded

KEY_PATTERN = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
PERIOD_KEY_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
MAX_CHARACTERS = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_TABLE_MESSAGES = {"unknown": "unknown_key", "type": "not_a_table"}


def messages(invalid: str, type_: str = "not_a_table") -> dict[str, Any]:
    return {"invalid": invalid, "type": type_, "required": "required", "null": "required"}


def _is_key(value: str) -> None:
    if not KEY_PATTERN.fullmatch(value):
        raise ValidationError("not_a_key")


def _is_line(value: str) -> None:
    if not value.strip() or len(value) > MAX_CHARACTERS or _CONTROL.search(value):
        raise ValidationError("not_text")


def _is_flag(value: object) -> None:
    if not isinstance(value, bool):
        raise ValidationError("not_a_flag")


def _whole(low: int, high: int, code: str) -> Callable[[object], None]:
    def check(value: object) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ValidationError(code)

    return check


def key_field(**kwargs: Any) -> fields.String:
    return fields.String(validate=_is_key, error_messages=messages("not_a_key"), **kwargs)


def line_field(**kwargs: Any) -> fields.String:
    return fields.String(validate=_is_line, error_messages=messages("not_text"), **kwargs)


class CountField(fields.Raw):
    """A whole number, as a number."""


class FlagField(fields.Raw):
    """True or false."""


def count_field(code: str, low: int, high: int, **kwargs: Any) -> CountField:
    return CountField(validate=_whole(low, high, code), error_messages=messages(code), **kwargs)


def flag_field(**kwargs: Any) -> FlagField:
    return FlagField(validate=_is_flag, error_messages=messages("not_a_flag"), **kwargs)


class Table(Schema):
    """A table of the document: a key that it does not name is refused."""

    error_messages = _TABLE_MESSAGES

    class Meta:
        unknown = RAISE


def table_field(schema: type[Schema], **kwargs: Any) -> fields.Nested:
    return fields.Nested(schema, error_messages=messages("not_a_table"), **kwargs)


def tables_field(schema: type[Schema], **kwargs: Any) -> fields.Nested:
    return fields.Nested(schema, many=True, error_messages=messages("not_a_list", "not_a_list"), **kwargs)


class TitleTable(Table):
    zh = line_field(required=True, metadata=worded(Text(zh="中文", en="Chinese")))
    en = line_field(required=True, metadata=worded(Text(zh="英文", en="English")))
