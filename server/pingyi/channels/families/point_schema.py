"""What a monitoring point's return looks like, and what a scheme may set for it."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, ClassVar

from marshmallow import ValidationError, fields, pre_load, validate, validates, validates_schema

from pingyi.channels import (
    EntrySchema,
    Exact,
    Key,
    Listed,
    Month,
    Settings,
    Text,
    Whole,
    Word,
    called,
    in_words,
)
from pingyi.channels.families.ballot import settings as ballot_settings
from pingyi.channels.families.ballot import wordings
from pingyi.channels.families.ballot.settings import PAPER, POSITIVE, BallotSettings
from pingyi.channels.families.ballot.titles import ALSO, WORDS
from pingyi.channels.families.ballots import strata_words
from pingyi.channels.families.words import check_month, keys_in_words, larger_than
from pingyi.channels.messages import ONE_OF, REQUIRED, Message
from pingyi.channels.wordings import PART_OF_ONE, WEIGHT, worded

MEASURES = ("answered_on_time", "resolved", "satisfied")
NOT_EMPTY = validate.Length(min=1)

PRESETS: Mapping[str, Mapping[str, Any]] = {
    **ballot_settings.PRESETS,
    "50/50": {
        "ballot_share": "0.5",
        "report_weights": {"answered_on_time": "0.2", "resolved": "0.4", "satisfied": "0.4"},
    },
}


_DIMENSIONS = worded(
    Text(zh="评议内容权重", en="Dimensions"),
    Text(
        zh="写明各项评议内容的相对权重，权重相等时都填1；至少一项。",
        en="Give each dimension its relative weight, 1 to all where they are equal; one at least.",
    ),
)
_BALLOT_SHARE = worded(
    Text(zh="测评所占比重", en="Share of the ballot"),
    Text(
        zh="0到1之间的小数，例如0.5表示测评与反映问题的办理各占一半。",
        en="A decimal from 0 to 1, for example 0.5: the ballot counts half, the handling of reports the"
        " rest.",
    ),
)
_REPORT_WEIGHTS = worded(
    Text(zh="反映问题办理权重", en="Weights of the reports"),
    Text(
        zh="监测点反映的问题办得怎样，各指标的权重合计必须等于1。",
        en="How the points' reports were handled, each measure with its weight; they must sum to 1.",
    ),
)
_MEASURE = worded(
    Text(zh="指标", en="Measure"),
    choices={
        "answered_on_time": Text(zh="按时答复", en="Answered on time"),
        "resolved": Text(zh="解决", en="Resolved"),
        "satisfied": Text(zh="满意", en="Satisfied"),
    },
)


class PointSettings(BallotSettings):
    """What a ballot may set; `dimensions`, `ballot_share` and `report_weights` are required."""

    presets: ClassVar = PRESETS
    preset_titles: ClassVar = {
        **wordings.PRESET_TITLES,
        "50/50": Text(
            zh="测评与办理各占一半，办理中按时答复0.2、解决0.4、满意0.4",
            en="Ballot and handling half each; of the handling answered on time .2, resolved .4, satisfied"
            " .4",
        ),
    }

    dimensions = fields.Dict(
        keys=Key(metadata=wordings.DIMENSION),
        values=Exact(validate=POSITIVE, metadata=wordings.DIMENSION_WEIGHT),
        required=True,
        validate=NOT_EMPTY,
        metadata=_DIMENSIONS,
    )
    ballot_share = Exact(required=True, validate=validate.Range(min=0, max=1), metadata=_BALLOT_SHARE)
    report_weights = fields.Dict(
        keys=Key(validate=validate.OneOf(MEASURES), metadata=_MEASURE),
        values=Exact(validate=POSITIVE, metadata=worded(WEIGHT, PART_OF_ONE)),
        required=True,
        metadata=_REPORT_WEIGHTS,
    )

    @validates("report_weights")
    def reports_sum_to_one(self, weights: dict[str, Fraction], data_key: str) -> None:
        if sum(weights.values()) != 1:
            raise ValidationError(Message(zh="权重之和必须等于1。", en="The weights must sum to 1."))


def answer_words(settings: Settings) -> Mapping[str, Text]:
    """What a point may answer."""
    return called(dict.fromkeys((*settings["options"], *settings["unscored"], *PAPER)), WORDS)


class PointEntry(EntrySchema):
    """`unit`, `point`, `stratum`, `month`, `answers.<dimension>`, `reports` and what became of them.

    `point` is private: nobody but the operator sees which enterprise or village answered what.
    """

    point = Word(
        required=True,
        validate=NOT_EMPTY,
        metadata={"title_zh": "监测点", "title_en": "Monitoring point", "private": True},
    )
    stratum = Listed(
        strata_words,
        required=True,
        validate=NOT_EMPTY,
        metadata={"title_zh": "监测点类型", "title_en": "Type of point", "example": "enterprise"},
    )
    month = Month(metadata={"title_zh": "月份", "title_en": "Month"})
    answers = fields.Dict(
        keys=Word(),
        values=Listed(answer_words, also=ALSO),
        metadata={"title_zh": "测评", "title_en": "Answers", "keys": "dimensions"},
    )
    reports = Whole(metadata={"title_zh": "反映问题数", "title_en": "Reports"})
    answered_on_time = Whole(metadata={"title_zh": "按时答复数", "title_en": "Answered on time"})
    resolved = Whole(metadata={"title_zh": "解决数", "title_en": "Resolved"})
    satisfied = Whole(metadata={"title_zh": "满意数", "title_en": "Satisfied"})

    @pre_load
    def drop_empty_answers(self, data: Any, **_: Any) -> Any:
        """An empty cell of a dimension is "not given" too."""
        if not isinstance(data, Mapping) or not isinstance(data.get("answers"), Mapping):
            return data
        given = {key: value for key, value in data["answers"].items() if value is not None and value != ""}
        return {**data, "answers": given}

    @validates("month")
    def is_in_the_period(self, value: str, data_key: str) -> None:
        check_month(value, self.channel.period)

    @validates("stratum")
    def is_a_known_type(self, value: str, data_key: str) -> None:
        strata = self.channel.settings.get("strata")
        if strata and value not in strata:
            raise ValidationError(ONE_OF.format(choices=in_words(strata_words(self.channel.settings))))

    @validates("answers")
    def are_of_this_ballot(self, value: dict[str, str], data_key: str) -> None:
        settings = self.channel.settings
        if not settings:
            return
        known = tuple(dict.fromkeys((*settings["options"], *settings["unscored"], *PAPER)))
        for words, allowed in ((value, settings["dimensions"]), (value.values(), known)):
            if set(words) - set(allowed):
                raise ValidationError(ONE_OF.format(choices=keys_in_words(allowed, settings, WORDS)))

    @validates_schema
    def adds_up(self, data: dict[str, Any], **_: Any) -> None:
        for measure in MEASURES:
            if measure not in data:
                continue
            if "reports" not in data:
                raise ValidationError(REQUIRED, "reports")
            if data[measure] > data["reports"]:
                raise ValidationError(larger_than(self, "reports"), measure)
