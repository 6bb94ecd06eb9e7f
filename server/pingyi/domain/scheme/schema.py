"""The shape of a scheme's document; every message is a code of `messages`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
from pingyi.domain.scheme import wordings


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


def _choice(code: str, metadata: Mapping[str, Any]) -> fields.String:
    one_of = validate.OneOf(list(metadata["choices"]), error=code)
    return fields.String(required=True, validate=one_of, error_messages=messages(code), metadata=metadata)


def _by_grade(values: fields.Field[Any], **kwargs: Any) -> fields.Dict:
    keys = key_field(metadata=wordings.GRADE_KEY)
    return fields.Dict(keys=keys, values=values, error_messages=messages("not_a_table"), **kwargs)


class PoliciesTable(Table):
    missing = _choice("missing_policy", wordings.MISSING)
    min_coverage = _amount(required=True, validate=_percentage, metadata=wordings.MIN_COVERAGE)
    ties = _choice("ties_policy", wordings.TIES)
    tie_break = fields.List(
        key_field(metadata=wordings.TIE_BREAK_KEY),
        required=True,
        error_messages=messages("not_a_list"),
        metadata=wordings.TIE_BREAK,
    )
    bonus_cap = _amount(validate=_at_least(0, "negative"), metadata=wordings.BONUS_CAP)


class CategoryTable(Table):
    key = key_field(required=True, metadata=wordings.PART_KEY)
    title = table_field(TitleTable, required=True, metadata=wordings.PART_TITLE)


class GroupTable(CategoryTable):
    parent = key_field(metadata=wordings.PARENT)


class ChannelTable(CategoryTable):
    group = key_field(metadata=wordings.GROUP)
    plugin = key_field(required=True, metadata=wordings.PLUGIN)
    operator = line_field(required=True, metadata=wordings.OPERATOR)
    max_points = _amount(required=True, validate=_positive, metadata=wordings.MAX_POINTS)
    settings = fields.Dict(
        keys=fields.String(metadata=wordings.SETTING),
        error_messages=messages("not_a_table"),
        metadata=wordings.SETTINGS,
    )


class GradesTable(Table):
    bounds = _by_grade(
        _amount(validate=_at_least(0, "negative"), metadata=wordings.BOUND),
        data_key="from",
        metadata=wordings.BOUNDS,
    )
    shares = _by_grade(_amount(validate=_positive, metadata=wordings.SHARE), metadata=wordings.SHARES)
    titles = _by_grade(table_field(TitleTable, metadata=wordings.GRADE_TITLE), metadata=wordings.GRADE_TITLES)


class WhenTable(Table):
    place = _choice("place", wordings.PLACE)
    k = count_field("not_a_count", 1, 100_000, required=True, metadata=wordings.LAST_PLACES)
    consecutive = count_field("not_a_count", 1, 100_000, load_default=1, metadata=wordings.CONSECUTIVE)
    overrides_use_places = flag_field(load_default=False, metadata=wordings.OVERRIDES_USE_PLACES)


class ConsequenceTable(Table):
    when = table_field(WhenTable, required=True, metadata=wordings.WHEN)
    action = key_field(required=True, metadata=wordings.ACTION)
    title = table_field(TitleTable, metadata=wordings.ACTION_TITLE)


class SchemeTable(Table):
    key = key_field(required=True, metadata=wordings.SCHEME_KEY)
    title = table_field(TitleTable, required=True, metadata=wordings.SCHEME_TITLE)
    full_marks = _amount(required=True, validate=_positive, metadata=wordings.FULL_MARKS)
    decimals = count_field("not_decimals", 0, 12, required=True, metadata=wordings.RESULT_DECIMALS)
    policies = table_field(PoliciesTable, required=True, metadata=wordings.POLICIES)
    categories = tables_field(CategoryTable, required=True, metadata=wordings.CATEGORIES)
    groups = tables_field(GroupTable, load_default=list, metadata=wordings.GROUPS)
    channels = tables_field(ChannelTable, required=True, metadata=wordings.CHANNELS)
    grades = table_field(GradesTable, metadata=wordings.GRADES)
    consequences = tables_field(ConsequenceTable, load_default=list, metadata=wordings.CONSEQUENCES)
