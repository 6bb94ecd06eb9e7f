"""What an entry about a session of a hotline show looks like, and what a scheme may set for it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import ValidationError, validate, validates, validates_schema

from pingyi.channels import Choice, EntrySchema, Key, Text, Whole, Word, called
from pingyi.channels.families.case import wordings
from pingyi.channels.families.case.measure_settings import (
    Band,
    MeasureSettings,
    bands_field,
    credit_field,
    events_field,
    of_field,
    weights_field,
)
from pingyi.channels.families.case.measures import used
from pingyi.channels.families.words import Day, check_day, evidence_field, larger_than
from pingyi.channels.messages import ONE_OF, REQUIRED, Message, named
from pingyi.channels.schema import MAX_TEXT_CHARACTERS
from pingyi.channels.wordings import worded

ATTENDANCE = {
    "leader": Text(zh="主要负责人", en="Leader"),
    "deputy": Text(zh="分管负责人", en="Deputy"),
    "other": Text(zh="其他人员", en="Other"),
    "absent": Text(zh="缺席", en="Absent"),
}
CREDITED = ("deputy", "other")
EVENTS = ("deputy", "other", "absent", "late")
COUNTED = ("answered_on_time", "resolved", "satisfied")
MEASURES = ("attended", *COUNTED)
_TITLES = {
    **ATTENDANCE,
    "late": Text(zh="逾期答复", en="Late"),
    "attended": Text(zh="上线", en="Attended"),
    "questions": Text(zh="问题数", en="Questions"),
    "answered_on_time": Text(zh="按时答复", en="Answered on time"),
    "resolved": Text(zh="解决", en="Resolved"),
    "satisfied": Text(zh="满意", en="Satisfied"),
}
_MEASURE_WORDS = wordings.measures(called(MEASURES, _TITLES))
_CREDIT = worded(
    Text(zh="上线折算", en="Credit"),
    Text(
        zh="主要负责人上线计1；写明分管负责人和其他人员上线各折算多少，例如0.8和0.5。",
        en="A leader's attendance counts 1; say what a deputy's and another's count, for example 0.8 and"
        " 0.5.",
    ),
)
_WHO = worded(Text(zh="上线人员", en="Attended by"), choices=called(CREDITED, _TITLES))
_FEWEST = worded(
    Text(zh="最少场次或问题数", en="Fewest sessions or questions"),
    Text(
        zh="少于此数的指标不计，其权重分给其余指标，例如1。",
        en="A measure of fewer is left out and its weight spread over the others, for example 1.",
    ),
    unit=Text(zh="次", en="sessions or questions"),
)
_PARTED = re.compile(r"[\s、，,；;|]+")
_MORE_CASES = Message(
    zh="写了 {cases} 个编号，多于“问题数”。", en='There are {cases} numbers, more than "questions".'
)
_CASE_TWICE = Message(zh="同一个编号写了两次。", en="The same number stands here twice.")
_SHOWN = Message(zh="上线场次只能得出：{measures}。", en="Sessions show only: {measures}.")

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "100/80/50": {"credit": {"deputy": "0.8", "other": "0.5"}},
    "leader_only": {"credit": {"deputy": "0", "other": "0"}},
    "40/20/20/20": {
        "weights": {"attended": "0.4", "answered_on_time": "0.2", "resolved": "0.2", "satisfied": "0.2"},
        "sub_score_decimals": 2,
    },
}


class ShowBand(Band):
    """A band of a measure that sessions show."""

    measure = Key(required=True, metadata=_MEASURE_WORDS)


class ShowSettings(MeasureSettings):
    """What measures may set; `credit` is what a deputy's and another's attendance is worth."""

    presets: ClassVar = PRESETS
    preset_titles: ClassVar = {
        "100/80/50": Text(
            zh="上线折算：主要负责人1、分管负责人0.8、其他人员0.5",
            en="Attendance: a leader's 1, a deputy's .8, another's .5",
        ),
        "leader_only": Text(zh="只有主要负责人上线才计", en="Only a leader's attendance counts"),
        "40/20/20/20": Text(
            zh="上线0.4，按时答复、解决、满意各0.2",
            en="Attended .4; answered on time, resolved and satisfied .2 each",
        ),
    }

    weights = weights_field(_MEASURE_WORDS)
    bands = bands_field(ShowBand)
    events = events_field(worded(Text(zh="事项", en="Event"), choices=called(EVENTS, _TITLES)))
    of = of_field(
        wordings.measures(called(COUNTED, _TITLES)),
        wordings.denominators(called(("questions", *COUNTED[:-1]), _TITLES)),
    )
    credit = credit_field(_WHO, wordings.OPINION_PART, _CREDIT)
    n_min = Whole(required=True, metadata=_FEWEST)

    @validates("of")
    def denominators_come_before(self, of: dict[str, str], data_key: str) -> None:
        if "attended" in of:
            raise ValidationError(
                Message(zh="上线率以场次为分母。", en="Attendance is counted of the sessions.")
            )
        for measure, denominator in of.items():
            before = COUNTED.index(measure) if measure in COUNTED else 0
            known = ("questions", *COUNTED[:before])
            if denominator not in known:
                raise ValidationError(ONE_OF.format(choices=named(known, _TITLES)))

    @validates("events")
    def events_are_known(self, events: dict[str, Any], data_key: str) -> None:
        if set(events) - set(EVENTS):
            raise ValidationError(ONE_OF.format(choices=named(EVENTS, _TITLES)))

    @validates_schema
    def measures_are_known(self, data: dict[str, Any], **_: Any) -> None:
        key = "bands" if "bands" in data else "weights"
        if set(used(data)) - set(MEASURES):
            raise ValidationError(_SHOWN.format(measures=named(MEASURES, _TITLES)), key)

    @validates_schema
    def credit_goes_somewhere(self, data: dict[str, Any], **_: Any) -> None:
        credit = data.get("credit", {})
        if set(credit) - set(CREDITED):
            raise ValidationError(ONE_OF.format(choices=named(CREDITED, _TITLES)), "credit")
        if "attended" not in used(data):
            if credit:
                raise ValidationError(
                    Message(
                        zh="折算计入上线率，而这里不计上线率。",
                        en="Credit counts towards attended, which is not scored here.",
                    ),
                    "credit",
                )
        elif set(credit) != set(CREDITED):
            raise ValidationError(
                Message(
                    zh="要写明分管负责人和其他人员上线各折算多少。",
                    en="Say what a deputy's and another's attendance is worth.",
                ),
                "credit",
            )
        elif credit["deputy"] < credit["other"]:
            raise ValidationError(
                Message(
                    zh="分管负责人的折算不能低于其他人员。",
                    en="A deputy's attendance is worth no less than another's.",
                ),
                "credit",
            )


class SessionEntry(EntrySchema):
    """`session`, `date`, who came, `questions` with their `cases` and what became of them, `evidence`.

    `attended_by` is the rank of the highest who came; `attendees`, the names of those who came, is private.
    `cases` are the numbers under which the questions are handled, one after the other: they count nothing
    here, but there are no more of them than questions.
    """

    session = Word(
        required=True, validate=validate.Length(min=1), metadata={"title_zh": "场次", "title_en": "Session"}
    )
    date = Day(metadata={"title_zh": "日期", "title_en": "Date"})
    attended_by = Choice(
        ATTENDANCE,
        named_by=("credit", "events"),
        metadata={"title_zh": "上线人员", "title_en": "Attended by"},
    )
    attendees = Word(
        limit=MAX_TEXT_CHARACTERS,
        metadata={
            "title_zh": "上线人员姓名",
            "title_en": "Names of those who came",
            "also": ("上线人员名单", "姓名及职务", "姓名"),
            "private": True,
        },
    )
    questions = Whole(metadata={"title_zh": "问题数", "title_en": "Questions"})
    cases = Word(
        limit=MAX_TEXT_CHARACTERS,
        metadata={
            "title_zh": "问题编号",
            "title_en": "Cases of the questions",
            "also": ("工单编号", "问题工单编号", "办件编号"),
        },
    )
    answered_on_time = Whole(metadata={"title_zh": "按时答复数", "title_en": "Answered on time"})
    resolved = Whole(metadata={"title_zh": "解决数", "title_en": "Resolved"})
    satisfied = Whole(metadata={"title_zh": "满意数", "title_en": "Satisfied"})
    evidence = evidence_field()

    @validates("date")
    def is_in_the_period(self, value: dt.date, data_key: str) -> None:
        check_day(value, self.channel.period)

    @validates_schema
    def cases_are_questions(self, data: dict[str, Any], **_: Any) -> None:
        numbers = [number for number in _PARTED.split(data.get("cases", "")) if number]
        if len(numbers) > data.get("questions", len(numbers)):
            raise ValidationError(_MORE_CASES.format(cases=len(numbers)), "cases")
        if len({*map(self.channel.compared, numbers)}) < len(numbers):
            raise ValidationError(_CASE_TWICE, "cases")

    @validates_schema
    def adds_up(self, data: dict[str, Any], **_: Any) -> None:
        denominators = self.channel.settings.get("of", {})
        for measure in COUNTED:
            if measure not in data:
                continue
            if "questions" not in data:
                raise ValidationError(REQUIRED, "questions")
            for column in ("questions", denominators.get(measure, "questions")):
                if data[measure] > data.get(column, data[measure]):
                    raise ValidationError(larger_than(self, column), measure)
