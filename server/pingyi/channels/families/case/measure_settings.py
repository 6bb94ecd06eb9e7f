"""What a scheme may set for case handling: weights, bands or events, denominators, credit, presets."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, validate, validates, validates_schema

from pingyi.channels import Exact, Key, SettingsSchema, Whole
from pingyi.channels.families.case import wordings
from pingyi.channels.families.case.measures import used
from pingyi.channels.messages import Message
from pingyi.channels.numbers import MAX_DECIMALS

POSITIVE = validate.Range(min=0, min_inclusive=False)
HUNDRED = 100
Words = Mapping[str, Any]


def band(measure: str, points: str, full: str, per: str, floor: str) -> dict[str, str]:
    """A band: `points` from `full` percent on, `per` off for each percent below, at least `floor`."""
    return {"measure": measure, "points": points, "full": full, "per": per, "floor": floor}


def lianyungang(full: str) -> dict[str, Any]:
    """Bands of the city's circulars; `full`: the satisfaction from which on nothing is deducted."""
    bands = [
        band("signed_on_time", "10", "95", "1", "0"),
        band("on_time", "20", "95", "1", "0"),
        band("satisfied", "25", full, "0.5", "12.5"),
    ]
    return {"bands": bands, "sub_score_decimals": 2}


PRESETS: Mapping[str, Mapping[str, Any]] = {
    "panjin": {
        "weights": {"closed": "0.20", "satisfied": "0.30", "on_time": "0.25", "followed_up": "0.25"},
        "sub_score_decimals": 2,
    },
    "three_rate": {
        "weights": {"signed_on_time": "0.10", "resolved": "0.50", "satisfied": "0.40"},
        "credit": {"basic": "0.9"},
        "sub_score_decimals": 2,
    },
    "30/30/40": {
        "weights": {"on_time": "0.3", "closed": "0.3", "satisfied": "0.4"},
        "sub_score_decimals": 2,
    },
    "lianyungang": lianyungang("95"),
    "lianyungang_2022": lianyungang("98"),
    "rate": {"n_min": 5},
}


class Band(Schema):
    """`measure`, `points`, `full` (percent), `per` (points off a percent below) and `floor` (points)."""

    measure = Key(required=True, metadata=wordings.MEASURE)
    points = Exact(required=True, validate=POSITIVE, metadata=wordings.BAND_POINTS)
    full = Exact(
        required=True,
        validate=validate.Range(min=0, max=HUNDRED, min_inclusive=False),
        metadata=wordings.BAND_FULL,
    )
    per = Exact(required=True, validate=POSITIVE, metadata=wordings.BAND_PER)
    floor = Exact(required=True, validate=validate.Range(min=0), metadata=wordings.BAND_FLOOR)

    @validates_schema
    def floor_is_below(self, data: dict[str, Any], **_: Any) -> None:
        if data["floor"] >= data["points"]:
            raise ValidationError(
                Message(zh="最低分必须小于满分。", en="The floor must lie below the points."), "floor"
            )


def weights_field(measure: Words) -> fields.Dict:
    """Weights by measure; `measure`: what a form says about one."""
    return fields.Dict(
        keys=Key(metadata=measure),
        values=Exact(validate=POSITIVE, metadata=wordings.MEASURE_WEIGHT),
        validate=validate.Length(min=1),
        metadata=wordings.WEIGHTS,
    )


def bands_field(band: type[Band]) -> fields.List[dict[str, Any]]:
    """Bands of that shape."""
    return fields.List(fields.Nested(band), validate=validate.Length(min=1), metadata=wordings.BANDS)


def events_field(event: Words) -> fields.Dict:
    """Points off by event; `event`: what a form says about one."""
    return fields.Dict(
        keys=Key(metadata=event),
        values=Exact(validate=POSITIVE, metadata=wordings.EVENT_COST),
        validate=validate.Length(min=1),
        metadata=wordings.EVENTS,
    )


def of_field(measure: Words, denominator: Words) -> fields.Dict:
    """Denominators by measure, with what a form says about both."""
    return fields.Dict(
        keys=Key(metadata=measure), values=Key(metadata=denominator), metadata=wordings.DENOMINATORS
    )


def credit_field(whose: Words, part: Words, credit: Words) -> fields.Dict:
    """What else counts as a part, with what a form says about whose it is, the part and the whole."""
    return fields.Dict(
        keys=Key(metadata=whose),
        values=Exact(validate=validate.Range(min=0, max=1), metadata=part),
        metadata=credit,
    )


class MeasureSettings(SettingsSchema):
    """One of `weights`, `bands`, `events`; `n_min`, `sub_score_decimals` (required); `of`, `credit`."""

    presets: ClassVar = PRESETS
    preset_titles: ClassVar = wordings.PRESET_TITLES

    weights = weights_field(wordings.MEASURE)
    bands = bands_field(Band)
    events = events_field(wordings.EVENT)
    of = of_field(wordings.MEASURE, wordings.DENOMINATOR)
    credit = credit_field(wordings.OPINION, wordings.OPINION_PART, wordings.CREDIT)
    n_min = Whole(required=True, metadata=wordings.FEWEST_CASES)
    sub_score_decimals = Whole(
        required=True, validate=validate.Range(max=MAX_DECIMALS), metadata=wordings.SUB_SCORE_DECIMALS
    )

    @validates("weights")
    def sum_to_one(self, weights: dict[str, Fraction], data_key: str) -> None:
        if sum(weights.values()) != 1:
            raise ValidationError(Message(zh="权重之和必须等于1。", en="The weights must sum to 1."))

    @validates_schema
    def has_one_formula(self, data: dict[str, Any], **_: Any) -> None:
        if len({"weights", "bands", "events"} & set(data)) != 1:
            raise ValidationError(
                Message(
                    zh="“权重”“门槛分段”“扣分事项”须且只能选一项。",
                    en='Give exactly one of "weights", "bands" and "events".',
                )
            )

    @validates_schema
    def measures_are_distinct(self, data: dict[str, Any], **_: Any) -> None:
        measures = used(data)
        if len(set(measures)) < len(measures):
            raise ValidationError(Message(zh="指标重复。", en="A measure stands here twice."), "bands")
        if set(data.get("of", ())) - set(measures):
            raise ValidationError(
                Message(
                    zh="只有计分的指标才在此写分母。",
                    en="Only a measure that is scored has a denominator here.",
                ),
                "of",
            )

    @validates_schema
    def full_marks_fit(self, data: dict[str, Any], **_: Any) -> None:
        """Full marks must survive rounding, else the best unit would miss them or pass them."""
        unit = 10 ** data["sub_score_decimals"]
        full = [HUNDRED * weight for weight in data.get("weights", {}).values()]
        full += [row[key] for row in data.get("bands", ()) for key in ("points", "floor")]
        if any((points * unit).denominator != 1 for points in full):
            raise ValidationError(
                Message(
                    zh="分项满分的小数位数多于所定位数。",
                    en="A sub-score's full marks need more decimals than these.",
                ),
                "sub_score_decimals",
            )

    @validates_schema
    def credit_goes_somewhere(self, data: dict[str, Any], **_: Any) -> None:
        measures = used(data)
        taken = {"satisfied", "dissatisfied", *measures, *data.get("events", ())}
        if data.get("credit") and "satisfied" not in measures:
            raise ValidationError(
                Message(
                    zh="折算计入满意率，而这里不计满意率。",
                    en="Credit counts towards satisfied, which is not scored here.",
                ),
                "credit",
            )
        if set(data.get("credit", ())) & taken:
            raise ValidationError(
                Message(
                    zh="同一代号只能是指标、折算或扣分事项之一。",
                    en="A key has one meaning: a measure, a credit or an event.",
                ),
                "credit",
            )
