"""What a new period is made of, as JSON or as a bundle's period.toml says it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import available_timezones

from marshmallow import fields, validate

from pingyi.channels import Text, Word
from pingyi.channels.messages import Message
from pingyi.domain.errors import FieldError
from pingyi.services.core.row_schemas import RowSchema, period_key_field

TIME_ZONE = "Asia/Shanghai"


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodDraft:
    """What a period is made of, besides its scheme and units."""

    key: str
    starts_on: date | None = None
    ends_on: date | None = None
    time_zone: str = TIME_ZONE
    demonstration: bool = False
    names: str = "folded"


_NOT_A_DAY = Message(zh="不是日期（如 2017-01-01）。", en="Not a date such as 2017-01-01.")
_NOT_A_FLAG = Message(zh="只能是 true 或 false。", en="Only true or false.")


class Day(fields.Date):
    """A day of the calendar, as text or as TOML has it; a time is none."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        if not isinstance(value, str) and type(value) is not date:
            raise self.make_error("invalid")
        return super()._deserialize(value, attr, data, **kwargs)


class TrueOrFalse(fields.Boolean):
    """true or false of JSON or TOML; no number, no word."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return bool(super()._deserialize(value, attr, data, **kwargs))


class PeriodDraftSchema(RowSchema):
    """A period's key, days, time zone, whether its data are generated, and how it compares names."""

    row = PeriodDraft

    key = period_key_field(required=True)
    starts_on = Day(load_default=None, allow_none=True, error_messages={"invalid": _NOT_A_DAY})
    ends_on = Day(load_default=None, allow_none=True, error_messages={"invalid": _NOT_A_DAY})
    time_zone = Word(load_default=TIME_ZONE, limit=64)
    demonstration = TrueOrFalse(load_default=False, error_messages={"invalid": _NOT_A_FLAG})
    names = Word(load_default="folded", validate=validate.OneOf(("exact", "folded")))


def draft_errors(draft: PeriodDraft) -> list[FieldError]:
    """What of a draft cannot be: a time zone that there is none of, days in the wrong order."""
    errors = []
    if draft.time_zone not in available_timezones():
        message = _NO_ZONE.format(zone=draft.time_zone)
        errors.append(FieldError(code="time_zone_unknown", message=message, pointer="/time_zone"))
    if draft.starts_on and draft.ends_on and draft.ends_on < draft.starts_on:
        errors.append(FieldError(code="dates_reversed", message=_REVERSED, pointer="/ends_on"))
    return errors


_NO_ZONE = Text(zh="没有时区“{zone}”。", en="There is no time zone {zone}.")
_REVERSED = Text(zh="结束日期早于开始日期。", en="The period ends before it starts.")
