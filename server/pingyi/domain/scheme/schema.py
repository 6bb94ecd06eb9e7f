"""The shape of a scheme's document; every message is a code of `scheme_messages`."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from pingyi.channels.schema import Score

KEY_PATTERN = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
MAX_CHARACTERS = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_TABLE_MESSAGES = {"unknown": "unknown_key", "type": "not_a_table"}


def _messages(invalid: str, type_: str = "not_a_table") -> dict[str, Any]:
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


def _key(**kwargs: Any) -> fields.String:
    return fields.String(validate=_is_key, error_messages=_messages("not_a_key"), **kwargs)


def _line(**kwargs: Any) -> fields.String:
    return fields.String(validate=_is_line, error_messages=_messages("not_text"), **kwargs)


def _amount(**kwargs: Any) -> Score:
    return Score(error_messages=_messages("not_a_decimal"), **kwargs)


def _count(code: str, low: int, high: int, **kwargs: Any) -> fields.Raw:
    return fields.Raw(validate=_whole(low, high, code), error_messages=_messages(code), **kwargs)


def _flag(**kwargs: Any) -> fields.Raw:
    return fields.Raw(validate=_is_flag, error_messages=_messages("not_a_flag"), **kwargs)


class Table(Schema):
    """A table of the document: a key that it does not name is refused."""

    error_messages = _TABLE_MESSAGES

    class Meta:
        unknown = RAISE


def _at_least(low: int, code: str) -> Callable[[Decimal], None]:
    def check(value: Decimal) -> None:
        if value < low:
            raise ValidationError(code)

    return check


def _positive(value: Decimal) -> None:
    if value <= 0:
        raise ValidationError("not_positive")


def _percentage(value: Decimal) -> None:
    if not 0 <= value <= 100:
        raise ValidationError("not_a_percentage")


def _choice(code: str, *choices: str) -> fields.String:
    one_of = validate.OneOf(choices, error=code)
    return fields.String(required=True, validate=one_of, error_messages=_messages(code))


def _table(schema: type[Schema], **kwargs: Any) -> fields.Nested:
    return fields.Nested(schema, error_messages=_messages("not_a_table"), **kwargs)


def _tables(schema: type[Schema], **kwargs: Any) -> fields.Nested:
    return fields.Nested(schema, many=True, error_messages=_messages("not_a_list", "not_a_list"), **kwargs)


def _mapping(values: fields.Field[Any], **kwargs: Any) -> fields.Dict:
    return fields.Dict(keys=_key(), values=values, error_messages=_messages("not_a_table"), **kwargs)


class TitleTable(Table):
    zh = _line(required=True)
    en = _line(required=True)


class PoliciesTable(Table):
    missing = _choice("missing_policy", "reallocate", "reallocate_flat", "category_mean", "zero")
    min_coverage = _amount(required=True, validate=_percentage)
    ties = _choice("ties_policy", "competition", "dense")
    tie_break = fields.List(_key(), required=True, error_messages=_messages("not_a_list"))
    bonus_cap = _amount(validate=_at_least(0, "negative"))


class CategoryTable(Table):
    key = _key(required=True)
    title = _table(TitleTable, required=True)


class GroupTable(CategoryTable):
    parent = _key()


class ChannelTable(CategoryTable):
    group = _key()
    plugin = _key(required=True)
    operator = _line(required=True)
    max_points = _amount(required=True, validate=_positive)
    settings = fields.Dict(keys=fields.String(), error_messages=_messages("not_a_table"))


class GradesTable(Table):
    bounds = _mapping(_amount(validate=_at_least(0, "negative")), data_key="from")
    shares = _mapping(_amount(validate=_positive))
    titles = _mapping(_table(TitleTable))


class WhenTable(Table):
    place = _choice("place", "bottom")
    k = _count("not_a_count", 1, 100_000, required=True)
    consecutive = _count("not_a_count", 1, 100_000, load_default=1)
    overrides_use_places = _flag(load_default=False)


class ConsequenceTable(Table):
    when = _table(WhenTable, required=True)
    action = _key(required=True)
    title = _table(TitleTable)


class SchemeTable(Table):
    key = _key(required=True)
    title = _table(TitleTable, required=True)
    full_marks = _amount(required=True, validate=_positive)
    decimals = _count("not_decimals", 0, 12, required=True)
    policies = _table(PoliciesTable, required=True)
    categories = _tables(CategoryTable, required=True)
    groups = _tables(GroupTable, load_default=list)
    channels = _tables(ChannelTable, required=True)
    grades = _table(GradesTable)
    consequences = _tables(ConsequenceTable, load_default=list)
