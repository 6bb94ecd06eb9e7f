"""What a scheme may set for a ballot: worth of options, dimensions, strata, quorum, grades, presets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates, validates_schema

from pingyi.channels import Exact, Key, Settings, SettingsSchema, Whole, Word
from pingyi.channels.families.ballot import wordings
from pingyi.channels.families.ballot.titles import WORDS
from pingyi.channels.messages import Message, named

PAPER = ("no_answer", "invalid", "withheld")
TURNOUT = ("issued", "returned")
ONLY = "overall"

FOUR = ("very_satisfied", "satisfied", "basic", "dissatisfied")
FIVE = (*FOUR, "very_dissatisfied")
THREE = ("satisfied", "basic", "dissatisfied")
POSITIVE = validate.Range(min=0, min_inclusive=False)
PART = validate.Range(min=0, max=1)
_RESERVED = Message(
    zh="这些代号另有含义，不能用作计分选项：{words}。", en="These words have a meaning of their own: {words}."
)
_NO_OPTION = Message(zh="没有这些选项：{options}。", en="No such option: {options}.")


def worth(keys: Iterable[str], *values: str) -> dict[str, dict[str, str]]:
    """Settings that give each option its worth, in order."""
    return {"options": dict(zip(keys, values, strict=True))}


PRESETS: Mapping[str, Mapping[str, Any]] = {
    "100/80/60/0": worth(FOUR, "100", "80", "60", "0"),
    "100/90/70/50": worth(FOUR, "100", "90", "70", "50"),
    "100/80/60/30/0": worth(FIVE, "100", "80", "60", "30", "0"),
    "100/80/60/40/20": worth(FIVE, "100", "80", "60", "40", "20"),
    "100/80/60/40/0": worth(FIVE, "100", "80", "60", "40", "0"),
    "100/80/30": worth(THREE, "100", "80", "30"),
    "100/75/55": worth(THREE, "100", "75", "55"),
    "100/70/30": worth(THREE, "100", "70", "30"),
    "1-10": worth((str(mark) for mark in range(1, 11)), *(f"{(mark - 1) * 100}/9" for mark in range(1, 11))),
    "jinxiang": {**worth(THREE, "100", "80", "30"), "unscored": ["no_opinion"], "shown_as": "score"},
    "kaixian": worth(FOUR, "100", "90", "70", "50"),
    "shandong_2008": {
        **worth(THREE, "100", "75", "55"),
        "unscored": ["no_opinion"],
        "shown_as": "score",
        "strata": {"phone": "0.6", "questionnaire": "0.4"},
    },
    "xiaolongshan": {
        **worth(("satisfied", "fairly_satisfied", "average"), "100", "80", "60"),
        "unscored": [],
        "shown_as": "score",
    },
    "survey": {"n_min": 30},
}
ROSTER_PRESETS: Mapping[str, Mapping[str, Any]] = {
    **PRESETS,
    "half": {"quorum": {"over": "0.5", "of": "eligible"}},
    "zhenhai": {
        "grades": [
            {"key": "satisfied", "options": ["satisfied"], "at_least": "0.5", "of": "eligible"},
            {"key": "basic", "options": ["satisfied", "basic"], "over": "0.5", "of": "eligible"},
            {"key": "dissatisfied"},
        ],
    },
}


class BallotSettings(SettingsSchema):
    """`options`, `unscored`, `n_min` and `shown_as` are required; `dimensions`, `strata`."""

    presets: ClassVar = PRESETS
    preset_titles: ClassVar = wordings.PRESET_TITLES

    options = fields.Dict(
        keys=Key(metadata=wordings.OPTION),
        values=Exact(validate=validate.Range(min=0, max=100), metadata=wordings.OPTION_WORTH),
        required=True,
        metadata=wordings.OPTIONS,
    )
    unscored = fields.List(Key(metadata=wordings.UNSCORED_OPTION), required=True, metadata=wordings.UNSCORED)
    dimensions = fields.Dict(
        keys=Key(metadata=wordings.DIMENSION),
        values=Exact(validate=POSITIVE, metadata=wordings.DIMENSION_WEIGHT),
        validate=validate.Length(min=1),
        metadata=wordings.DIMENSIONS,
    )
    strata = fields.Dict(
        keys=Word(metadata=wordings.STRATUM),
        values=Exact(validate=POSITIVE, metadata=wordings.STRATUM_WEIGHT),
        metadata=wordings.STRATA,
    )
    n_min = Whole(required=True, metadata=wordings.FEWEST_VALID)
    shown_as = fields.String(
        required=True, validate=validate.OneOf(["rate", "score"]), metadata=wordings.SHOWN_AS
    )

    @validates("options")
    def can_score(self, options: dict[str, Fraction], data_key: str) -> None:
        if len(set(options.values())) < 2:
            raise ValidationError(
                Message(
                    zh="各选项分值相同，分不出高低。", en="Options of equal worth cannot tell units apart."
                )
            )
        if set(options) & {*PAPER, *TURNOUT}:
            raise ValidationError(_RESERVED.format(words=named((*PAPER, *TURNOUT), WORDS)))

    @validates("strata")
    def sum_to_one(self, strata: dict[str, Fraction], data_key: str) -> None:
        if sum(strata.values()) != 1:
            raise ValidationError(Message(zh="权重之和必须等于1。", en="The weights must sum to 1."))

    @validates_schema
    def unscored_are_not_scored(self, data: dict[str, Any], **_: Any) -> None:
        if set(data["unscored"]) & {*data["options"], *TURNOUT}:
            raise ValidationError(
                Message(zh="同一选项不能既计分又不计分。", en="An option is either scored or not."),
                "unscored",
            )
        if len(set(data["unscored"])) < len(data["unscored"]):
            raise ValidationError(Message(zh="选项重复。", en="An option stands here twice."), "unscored")

    @validates_schema
    def rate_is_a_rate(self, data: dict[str, Any], **_: Any) -> None:
        values = data["options"].values()
        if data["shown_as"] == "rate" and (min(values), max(values)) != (0, 100):
            raise ValidationError(
                Message(
                    zh="公布为“率”时，最好的选项须为100，最差的须为0；否则只能称为“得分”。",
                    en="Shown as a rate, the best option must be worth 100 and the worst 0; otherwise it"
                    " is a score.",
                ),
                "shown_as",
            )


class Quorum(Schema):
    """`over` or `at_least` a part `of` the eligible or the issued."""

    over = Exact(validate=PART, metadata=wordings.OVER)
    at_least = Exact(validate=PART, metadata=wordings.AT_LEAST)
    of = fields.String(
        required=True, validate=validate.OneOf(["eligible", "issued"]), metadata=wordings.QUORUM_OF
    )

    @validates_schema
    def has_one_threshold(self, data: dict[str, Any], **_: Any) -> None:
        if ("over" in data) == ("at_least" in data):
            raise ValidationError(
                Message(
                    zh="“超过”和“不少于”须选一项。",
                    en='Give either "over" or "at_least".',
                )
            )


class Grade(Schema):
    """A grade reached when `options` together are `at_least` or `over` a part `of` a number."""

    key = Key(required=True, metadata=wordings.GRADE)
    options = fields.List(
        Key(metadata=wordings.OPTION), validate=validate.Length(min=1), metadata=wordings.GRADE_OPTIONS
    )
    over = Exact(validate=PART, metadata=wordings.OVER)
    at_least = Exact(validate=PART, metadata=wordings.AT_LEAST)
    of = fields.String(validate=validate.OneOf(["eligible", "returned", "valid"]), metadata=wordings.GRADE_OF)

    @validates_schema
    def is_whole(self, data: dict[str, Any], **_: Any) -> None:
        given = {"options", "of", "over", "at_least"} & set(data)
        if given and not ({"options", "of"} < given and len(given) == 3):
            raise ValidationError(
                Message(
                    zh="等次要写明合计的选项和基数，并在“超过”和“不少于”中选一项。",
                    en='A grade needs "options", "of", and either "over" or "at_least".',
                )
            )

    @post_load
    def freeze(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**data, "options": tuple(data["options"])} if "options" in data else data


class RosterSettings(BallotSettings):
    """What a ballot may set, and `quorum` and `grades`."""

    presets: ClassVar = ROSTER_PRESETS
    preset_titles: ClassVar = wordings.ROSTER_PRESET_TITLES

    quorum = fields.Nested(Quorum, metadata=wordings.QUORUM)
    grades = fields.List(fields.Nested(Grade), validate=validate.Length(min=2), metadata=wordings.GRADES)

    @validates_schema
    def grades_leave_no_hole(self, data: dict[str, Any], **_: Any) -> None:
        grades = data.get("grades", [])
        if any("of" not in grade for grade in grades[:-1]) or (grades and "of" in grades[-1]):
            raise ValidationError(
                Message(
                    zh="最后一个等次不设门槛，其余都要设。",
                    en="The last grade, and only the last, stands without a threshold.",
                ),
                "grades",
            )
        if len({grade["key"] for grade in grades}) < len(grades):
            raise ValidationError(Message(zh="等次重复。", en="A grade stands here twice."), "grades")
        used = {option for grade in grades for option in grade.get("options", ())}
        if used - set(data["options"]):
            unknown = named(sorted(used - set(data["options"])), WORDS)
            raise ValidationError(_NO_OPTION.format(options=unknown), "grades")


def roster_needs(settings: Settings) -> frozenset[str]:
    """Name the roll of the eligible where a quorum or a grade is measured against it."""
    bases = [settings.get("quorum", {}), *settings.get("grades", ())]
    return frozenset({"eligible"}) if any(base.get("of") == "eligible" for base in bases) else frozenset()
