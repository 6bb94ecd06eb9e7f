"""What an entry about a single case looks like, and what a scheme may set for single cases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import ValidationError, fields, pre_load, validate, validates, validates_schema

from pingyi.channels import EntrySchema, Flag, Key, Moment, Whole, Word
from pingyi.channels.families.case.measure_settings import MeasureSettings
from pingyi.channels.families.case.measures import used
from pingyi.channels.families.words import evidence_field
from pingyi.channels.messages import ONE_OF, Message, bilingual_field

DEFAULT_OF = {
    "closed": "accepted",
    "signed_on_time": "sign_due",
    "on_time": "due",
    "followed_up": "closed",
    "reached": "followed_up",
    "resolved": "reached",
    "satisfied": "reached",
}
STATES = ("accepted", "signed", "sign_due", "due", *DEFAULT_OF)
OPINIONS = ("very_satisfied", "satisfied", "basic", "dissatisfied", "very_dissatisfied")
MEASURED = tuple(state for state in STATES if state not in {"accepted", "sign_due", "due"})
_SHOWN = Message(zh="单件数据只能得出：{measures}。", en="Single cases show only: {measures}.")
_EVENT = Message(zh="没有这个扣分事项；可用：{events}。", en="No such event; known here: {events}.")


class Sources(fields.Field[dict[str, str]]):
    """One source ("12345", loads to {"*": "12345"}), or a table from measures to sources."""

    default_error_messages = {
        "invalid": Message(
            zh="既不是来源，也不是“指标=来源”的一组设置。",
            en="Not a source, nor a table from measures to sources.",
        )
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, str]:
        if isinstance(value, str) and value.strip():
            return {"*": str(Word().deserialize(value))}
        if not isinstance(value, Mapping):
            raise self.make_error("invalid")
        key, source = bilingual_field(Key()), bilingual_field(Word())
        return {str(key.deserialize(one)): str(source.deserialize(name)) for one, name in value.items()}


class CaseSettings(MeasureSettings):
    """What measures may set, and `source`: a measure counts only the cases of that source."""

    source = Sources(metadata={"title_zh": "来源", "title_en": "Source"})

    @validates("of")
    def denominators_are_known(self, of: dict[str, str], data_key: str) -> None:
        if set(of.values()) - set(STATES):
            raise ValidationError(ONE_OF.format(choices=", ".join(STATES)))
        if any(measure == denominator for measure, denominator in of.items()):
            raise ValidationError(
                Message(zh="指标不能以自己为分母。", en="A measure cannot be its own denominator.")
            )

    @validates_schema
    def measures_are_known(self, data: dict[str, Any], **_: Any) -> None:
        key = "bands" if "bands" in data else "weights"
        for measure in used(data):
            if measure not in MEASURED:
                raise ValidationError(_SHOWN.format(measures=", ".join(MEASURED)), key)
            if measure not in DEFAULT_OF and measure not in data.get("of", ()):
                raise ValidationError(
                    Message(
                        zh="没有惯用分母的指标要写明分母。",
                        en="A measure without a usual denominator needs one.",
                    ),
                    "of",
                )
        if set(data.get("source", ())) - {"*", *used(data)}:
            raise ValidationError(
                Message(
                    zh="只有计分的指标才在此写来源。", en="Only a measure that is scored has a source here."
                ),
                "source",
            )


class CaseEntry(EntrySchema):
    """`unit`, `source`, `case`, four times, three flags, `opinion`, `evidence`, `events.<event>`."""

    source = Word(metadata={"title_zh": "来源", "title_en": "Source"})
    case = Word(
        required=True, validate=validate.Length(min=1), metadata={"title_zh": "编号", "title_en": "Case"}
    )
    accepted_at = Moment(required=True, metadata={"title_zh": "受理时间", "title_en": "Accepted"})
    sign_due_at = Moment(metadata={"title_zh": "签收时限", "title_en": "To be signed by"})
    signed_at = Moment(metadata={"title_zh": "签收时间", "title_en": "Signed"})
    due_at = Moment(metadata={"title_zh": "办理时限", "title_en": "To be closed by"})
    closed_at = Moment(metadata={"title_zh": "办结时间", "title_en": "Closed"})
    followed_up = Flag(metadata={"title_zh": "已回访", "title_en": "Followed up"})
    reached = Flag(metadata={"title_zh": "联系上", "title_en": "Reached"})
    resolved = Flag(metadata={"title_zh": "已解决", "title_en": "Resolved"})
    opinion = Word(metadata={"title_zh": "意见", "title_en": "Opinion"})
    evidence = evidence_field()
    events = fields.Dict(
        keys=Word(),
        values=Whole(),
        metadata={"title_zh": "扣分事项", "title_en": "Events", "keys": "events"},
    )

    @pre_load
    def drop_empty_events(self, data: Any, **_: Any) -> Any:
        """An empty cell of an event is "not given" too."""
        if not isinstance(data, Mapping) or not isinstance(data.get("events"), Mapping):
            return data
        given = {key: value for key, value in data["events"].items() if value is not None and value != ""}
        return {**data, "events": given}

    @validates("accepted_at")
    def is_of_this_period(self, value: datetime, data_key: str) -> None:
        period = self.channel.period
        day = self._day(value)
        if (period.starts_on and day < period.starts_on) or (period.ends_on and day > period.ends_on):
            raise ValidationError(
                Message(
                    zh="办件属于受理时所在的周期；受理时间不在本周期。",
                    en="A case belongs to the period that accepted it; this is another one.",
                )
            )

    @validates("events")
    def are_known(self, value: dict[str, int], data_key: str) -> None:
        known = self.channel.settings.get("events", {})
        if self.channel.settings and set(value) - set(known):
            raise ValidationError(_EVENT.format(events=", ".join(known) or "-"))

    @validates("opinion")
    def is_worth_something(self, value: str, data_key: str) -> None:
        settings = self.channel.settings
        strict = "satisfied" in used(settings)
        known = ("satisfied", *settings.get("credit", ()), "dissatisfied") if strict else OPINIONS
        if settings and value not in known:
            raise ValidationError(ONE_OF.format(choices=", ".join(known)))

    @validates_schema
    def follows_in_time(self, data: dict[str, Any], **_: Any) -> None:
        accepted = self._day(data["accepted_at"])
        for key in ("sign_due_at", "signed_at", "due_at", "closed_at"):
            if key in data and self._day(data[key]) < accepted:
                raise ValidationError(Message(zh="早于受理时间。", en="Before the case was accepted."), key)

    @validates_schema
    def follows_in_steps(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("reached") and not data.get("followed_up"):
            raise ValidationError(
                Message(zh="联系上的必须已回访。", en="Who was reached was followed up."), "followed_up"
            )
        if (data.get("resolved") or data.get("opinion")) and not data.get("reached"):
            raise ValidationError(
                Message(
                    zh="已解决或有意见的，必须已联系上。",
                    en="A resolution or an opinion comes from someone reached.",
                ),
                "reached",
            )

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(ZoneInfo(self.channel.period.time_zone)).date()
