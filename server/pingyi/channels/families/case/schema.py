"""What an entry about a single case looks like, and what a scheme may set for single cases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import ValidationError, fields, post_load, pre_load, validate, validates, validates_schema

from pingyi.channels import (
    EntrySchema,
    Flag,
    Key,
    Listed,
    Moment,
    Settings,
    Text,
    Whole,
    Word,
    called,
    in_words,
)
from pingyi.channels.families.case import wordings
from pingyi.channels.families.case.measure_settings import (
    Band,
    MeasureSettings,
    bands_field,
    of_field,
    weights_field,
)
from pingyi.channels.families.case.measures import used
from pingyi.channels.families.case.titles import ALSO_OPINIONS, NO_OPINION, OPINION_WORDS, WORDS
from pingyi.channels.families.words import evidence_field, keys_in_words
from pingyi.channels.messages import ONE_OF, Message, bilingual_field, named
from pingyi.channels.own_words import key_in_own_words

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
_MEASURE_WORDS = wordings.measures(called(MEASURED, WORDS))
_SHOWN = Message(zh="单件数据只能得出：{measures}。", en="Single cases show only: {measures}.")
_EVENT = Message(zh="没有这个扣分事项；可用：{events}。", en="No such event; known here: {events}.")


class Sources(fields.Field[dict[str, str]]):
    """One source ("12345", loads to {"*": "12345"}), or a table from measures to sources.

    `key_field` and `value_field` are those of the table, as a mapping has them; a value alone stands under
    `alone`.
    """

    default_error_messages = {
        "invalid": Message(
            zh="既不是来源，也不是“指标=来源”的一组设置。",
            en="Not a source, nor a table from measures to sources.",
        )
    }

    alone = "*"
    key_field = bilingual_field(Key(metadata=_MEASURE_WORDS))
    value_field = bilingual_field(Word(metadata=wordings.SOURCE_NAME))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, str]:
        if isinstance(value, str) and value.strip():
            return {"*": str(Word().deserialize(value))}
        if not isinstance(value, Mapping):
            raise self.make_error("invalid")
        key, source = self.key_field, self.value_field
        return {str(key.deserialize(one)): str(source.deserialize(name)) for one, name in value.items()}


class CaseBand(Band):
    """A band of a measure that single cases show."""

    measure = Key(required=True, metadata=_MEASURE_WORDS)


class CaseSettings(MeasureSettings):
    """What measures may set, and `source`: a measure counts only the cases of that source."""

    weights = weights_field(_MEASURE_WORDS)
    bands = bands_field(CaseBand)
    of = of_field(_MEASURE_WORDS, wordings.denominators(called(STATES, WORDS)))
    source = Sources(metadata=wordings.SOURCE)

    @validates("of")
    def denominators_are_known(self, of: dict[str, str], data_key: str) -> None:
        if set(of.values()) - set(STATES):
            raise ValidationError(ONE_OF.format(choices=named(STATES, WORDS)))
        if any(measure == denominator for measure, denominator in of.items()):
            raise ValidationError(
                Message(zh="指标不能以自己为分母。", en="A measure cannot be its own denominator.")
            )

    @validates_schema
    def measures_are_known(self, data: dict[str, Any], **_: Any) -> None:
        key = "bands" if "bands" in data else "weights"
        for measure in used(data):
            if measure not in MEASURED:
                raise ValidationError(_SHOWN.format(measures=named(MEASURED, WORDS)), key)
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


def opinion_words(settings: Settings) -> Mapping[str, Text]:
    """The opinions that are worth something, or all where none is scored."""
    strict = "satisfied" in used(settings)
    known = ("satisfied", *settings.get("credit", ()), "dissatisfied") if strict else OPINIONS
    return called(known, OPINION_WORDS)


CASE_TITLES = ("工单编号", "工单号", "办件编号", "诉求编号", "案件编号", "单号", "受理编号", "流水号")


class CaseEntry(EntrySchema):
    """`unit`, `source`, `case`, four times, three flags, `opinion`, `evidence`, `events.<event>`."""

    source = Word(
        metadata={"title_zh": "来源", "title_en": "Source", "also": ("工单来源", "来件渠道", "受理渠道")}
    )
    case = Word(
        required=True,
        validate=validate.Length(min=1),
        metadata={"title_zh": "编号", "title_en": "Case", "also": CASE_TITLES},
    )
    accepted_at = Moment(
        required=True,
        metadata={
            "title_zh": "受理时间",
            "title_en": "Accepted",
            "also": ("来电时间", "受理日期", "来件时间", "登记时间", "创建时间"),
        },
    )
    sign_due_at = Moment(
        metadata={
            "title_zh": "签收时限",
            "title_en": "To be signed by",
            "also": ("签收截止时间", "应签收时间"),
        }
    )
    signed_at = Moment(metadata={"title_zh": "签收时间", "title_en": "Signed", "also": ("签收日期",)})
    due_at = Moment(
        metadata={
            "title_zh": "办理时限",
            "title_en": "To be closed by",
            "also": ("办结时限", "截止时间", "办理期限", "应办结时间", "要求办结时间"),
        }
    )
    closed_at = Moment(
        metadata={
            "title_zh": "办结时间",
            "title_en": "Closed",
            "also": ("办结日期", "完成时间", "实际办结时间"),
        }
    )
    followed_up = Flag(
        metadata={"title_zh": "已回访", "title_en": "Followed up", "also": ("是否回访", "是否已回访")}
    )
    reached = Flag(
        metadata={
            "title_zh": "联系上",
            "title_en": "Reached",
            "also": ("是否联系上", "是否接通", "回访成功", "回访是否成功"),
        }
    )
    resolved = Flag(
        metadata={
            "title_zh": "已解决",
            "title_en": "Resolved",
            "also": ("是否解决", "是否已解决", "问题是否解决"),
        }
    )
    opinion = Listed(
        opinion_words,
        also=ALSO_OPINIONS,
        metadata={
            "title_zh": "意见",
            "title_en": "Opinion",
            "also": ("满意度", "满意情况", "是否满意", "评价", "回访评价", "群众评价"),
        },
    )
    evidence = evidence_field()
    events = fields.Dict(
        keys=Word(),
        values=Whole(),
        metadata={"title_zh": "扣分事项", "title_en": "Events", "keys": "events"},
    )

    @pre_load
    def drop_empty_events(self, data: Any, **_: Any) -> Any:
        """An empty cell of an event is "not given" too, and so is an opinion that nobody gave."""
        if not isinstance(data, Mapping):
            return data
        opinion = str(data.get("opinion")).strip()
        if opinion in NO_OPINION and not self._is_own_word(opinion):
            data = {key: value for key, value in data.items() if key != "opinion"}
        if not isinstance(data.get("events"), Mapping):
            return data
        given = {key: value for key, value in data["events"].items() if value is not None and value != ""}
        return {**data, "events": given}

    def _is_own_word(self, opinion: str) -> bool:
        known = opinion_words(self.channel.settings)
        return key_in_own_words(opinion, known, self.channel) is not None

    @post_load
    def spell_source_as_settings_do(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """A source that the settings name, in whatever width and case, is spelled as it is there."""
        if "source" in data and self.channel.period.folds_names:
            named = {
                self.channel.compared(one): one for one in self.channel.settings.get("source", {}).values()
            }
            data["source"] = named.get(self.channel.compared(data["source"]), data["source"])
        return data

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
            events = keys_in_words(known, self.channel.settings)
            raise ValidationError(_EVENT.format(events=events or "-"))

    @validates("opinion")
    def is_worth_something(self, value: str, data_key: str) -> None:
        settings = self.channel.settings
        if settings and value not in (known := opinion_words(settings)):
            raise ValidationError(ONE_OF.format(choices=in_words(known)))

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
