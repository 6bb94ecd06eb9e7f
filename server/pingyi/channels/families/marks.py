"""What partner scores and panels share: the scale, a mark's limits, marks as integers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, validate

from pingyi.channels import Entry, Name, ScoreField, Settings, SettingsSchema, Text, Whole, word
from pingyi.channels.messages import Message
from pingyi.channels.numbers import MAX_DECIMALS
from pingyi.channels.wordings import DECIMALS, POINTS, worded

PREFIX = "mark/"
_ABOVE = Message(zh="超过满分{scale}。", en="Above the scale of {scale}.")
_DECIMALS = Message(zh="小数位多于{decimals}位。", en="More than {decimals} decimals.")


class MarkSettings(SettingsSchema):
    """`scale`: a mark's maximum; `score_decimals`: how many decimals a mark may have (absent: up to 20)."""

    scale = ScoreField(
        required=True,
        validate=validate.Range(min=0, min_inclusive=False),
        metadata=worded(
            Text(zh="满分", en="Scale"),
            Text(
                zh="评分时最高可打的分数，例如100；得分按占满分的比例计入本渠道。",
                en="The highest mark that may be given, for example 100; a mark counts as its part of it.",
            ),
            unit=POINTS,
        ),
    )
    score_decimals = Whole(
        validate=validate.Range(max=MAX_DECIMALS),
        metadata=worded(
            Text(zh="评分小数位数", en="Decimals of a score"),
            Text(
                zh="评分最多可以有几位小数，例如2；填0只收整数，不填不限。",
                en="How many decimals a mark may have, for example 2; 0 takes whole marks only, empty any.",
            ),
            unit=DECIMALS,
        ),
    )


def mark_field(*, required: bool) -> fields.Field[Decimal]:
    """The `score` column: a decimal from 0 to the scale."""
    metadata = {"title_zh": "得分", "title_en": "Score", "also": ("分数", "评分", "考核得分", "成绩")}
    return ScoreField(required=required, validate=validate.Range(min=0), metadata=metadata)


def check_mark(value: Decimal, settings: Settings) -> None:
    """Refuse a mark above the scale or with more decimals than the scheme allows."""
    scale, decimals = settings.get("scale"), settings.get("score_decimals")
    if scale is not None and value > scale:
        raise ValidationError(_ABOVE.format(scale=word(scale)))
    if decimals is not None and -_exponent(value) > decimals:
        raise ValidationError(_DECIMALS.format(decimals=decimals))


def mark_name(entry: Entry) -> Name | None:
    """The counter of an entry's mark, ("mark", "92.5"); None where no mark was given."""
    score = entry.values.get("score")
    return None if score is None else ("mark", word(score))


def read_marks(counts: Mapping[str, int]) -> list[tuple[Decimal, int]]:
    """The distinct marks of a tally with how often each was given, in ascending order."""
    marks = [(Decimal(name[len(PREFIX) :]), n) for name, n in counts.items() if n and name.startswith(PREFIX)]
    return sorted(marks)


def _exponent(value: Decimal) -> int:
    exponent: Any = value.as_tuple().exponent
    return int(exponent)
