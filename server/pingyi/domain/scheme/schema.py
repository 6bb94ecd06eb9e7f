"""The shape of a scheme's document; every message is a code of `messages`."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, validate

from pingyi.channels.schema import Score
from pingyi.domain.document_fields import (
    Table,
    TitleTable,
    count_field,
    flag_field,
    key_field,
    line_field,
    messages,
    table_field,
    tables_field,
)


def _amount(**kwargs: Any) -> Score:
    return Score(error_messages=messages("not_a_decimal"), **kwargs)


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
    return fields.String(required=True, validate=one_of, error_messages=messages(code))


def _mapping(values: fields.Field[Any], **kwargs: Any) -> fields.Dict:
    return fields.Dict(keys=key_field(), values=values, error_messages=messages("not_a_table"), **kwargs)


class PoliciesTable(Table):
    missing = _choice("missing_policy", "reallocate", "reallocate_flat", "category_mean", "zero")
    min_coverage = _amount(required=True, validate=_percentage)
    ties = _choice("ties_policy", "competition", "dense")
    tie_break = fields.List(key_field(), required=True, error_messages=messages("not_a_list"))
    bonus_cap = _amount(validate=_at_least(0, "negative"))


class CategoryTable(Table):
    key = key_field(required=True)
    title = table_field(TitleTable, required=True)


class GroupTable(CategoryTable):
    parent = key_field()


class ChannelTable(CategoryTable):
    group = key_field()
    plugin = key_field(required=True)
    operator = line_field(required=True)
    max_points = _amount(required=True, validate=_positive)
    settings = fields.Dict(keys=fields.String(), error_messages=messages("not_a_table"))


class GradesTable(Table):
    bounds = _mapping(_amount(validate=_at_least(0, "negative")), data_key="from")
    shares = _mapping(_amount(validate=_positive))
    titles = _mapping(table_field(TitleTable))


class WhenTable(Table):
    place = _choice("place", "bottom")
    k = count_field("not_a_count", 1, 100_000, required=True)
    consecutive = count_field("not_a_count", 1, 100_000, load_default=1)
    overrides_use_places = flag_field(load_default=False)


class ConsequenceTable(Table):
    when = table_field(WhenTable, required=True)
    action = key_field(required=True)
    title = table_field(TitleTable)


class SchemeTable(Table):
    key = key_field(required=True)
    title = table_field(TitleTable, required=True)
    full_marks = _amount(required=True, validate=_positive)
    decimals = count_field("not_decimals", 0, 12, required=True)
    policies = table_field(PoliciesTable, required=True)
    categories = tables_field(CategoryTable, required=True)
    groups = tables_field(GroupTable, load_default=list)
    channels = tables_field(ChannelTable, required=True)
    grades = table_field(GradesTable)
    consequences = tables_field(ConsequenceTable, load_default=list)
