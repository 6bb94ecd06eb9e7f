"""What a scheme may set for checklists and findings: items that deduct, veto or add, and the bonus's gate."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from pingyi.channels import Flag, Key, ScoreField, SettingsSchema
from pingyi.channels.families.item import wordings
from pingyi.channels.messages import Message, bilingual_field

POSITIVE = validate.Range(min=0, min_inclusive=False)
THRESHOLDS = ("at_least", "over")

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "national": {"bonus_gate": {"over": "80"}, "bonus_cap": "20"},
}


class Item(Schema):
    """`key`, and one of `deduct` (points off each time), `veto` and `bonus` (points on); `cap` (points)."""

    key = Key(required=True, metadata=wordings.ITEM_KEY)
    deduct = ScoreField(validate=POSITIVE, metadata=wordings.DEDUCT)
    veto = Flag(metadata=wordings.VETO)
    bonus = ScoreField(validate=POSITIVE, metadata=wordings.BONUS)
    cap = ScoreField(validate=POSITIVE, metadata=wordings.CAP)

    @validates_schema
    def does_one_thing(self, data: dict[str, Any], **_: Any) -> None:
        if sum((("deduct" in data), bool(data.get("veto")), ("bonus" in data))) != 1:
            raise ValidationError(
                Message(
                    zh="每项指标在“每次扣分”“一票否决”“每次加分”中须且只能选一项。",
                    en='An item has exactly one of "deduct", "veto" and "bonus".',
                )
            )
        worth = data.get("deduct", data.get("bonus"))
        if "cap" in data and (worth is None or data["cap"] < worth):
            raise ValidationError(
                Message(
                    zh="上限只用于扣分或加分，且不能低于单次的分数。",
                    en="A cap limits points, and is not below those of a single time.",
                ),
                "cap",
            )


class Gate(fields.Field[dict[str, Decimal]]):
    """The points from which on a bonus counts: "80" (at least), or { over = "80" } or { at_least = "80" }.

    `key_field` and `value_field` are those of the pair, as a mapping has them; a value alone stands under
    `alone`.
    """

    default_error_messages = {
        "invalid": Message(
            zh="既不是分数，也不是“达到”或“超过”多少分。",
            en='Not a number of points, nor a table with "over" or "at_least".',
        )
    }

    alone = "at_least"
    key_field = fields.String(validate=validate.OneOf(THRESHOLDS), metadata=wordings.GATE_CONDITION)
    value_field = bilingual_field(
        ScoreField(validate=validate.Range(min=0, max=100), metadata=wordings.GATE_POINTS)
    )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Decimal]:
        table = value if isinstance(value, Mapping) else {"at_least": value}
        if len(table) != 1 or not set(table) <= set(THRESHOLDS):
            raise self.make_error("invalid")
        [(kind, points)] = table.items()
        gate = self.value_field.deserialize(points)
        if gate is None:
            raise self.make_error("invalid")
        return {kind: gate}


class ItemSettings(SettingsSchema):
    """`items` (required); `bonus_gate` (required where an item adds), `bonus_cap`."""

    presets: ClassVar = PRESETS
    preset_titles: ClassVar = wordings.PRESET_TITLES

    items = fields.List(
        fields.Nested(Item),
        required=True,
        validate=validate.Length(min=1),
        metadata=wordings.ITEMS,
    )
    bonus_gate = Gate(metadata=wordings.BONUS_GATE)
    bonus_cap = ScoreField(validate=POSITIVE, metadata=wordings.BONUS_CAP)

    @validates_schema
    def tell_units_apart(self, data: dict[str, Any], **_: Any) -> None:
        keys = [item["key"] for item in data["items"]]
        if len(set(keys)) < len(keys):
            raise ValidationError(Message(zh="指标重复。", en="An item stands here twice."), "items")
        if all("bonus" in item for item in data["items"]):
            raise ValidationError(
                Message(
                    zh="只有加分项时，各单位都是满分，分不出高低。",
                    en="Items that only add leave every unit at full marks.",
                ),
                "items",
            )

    @validates_schema
    def bonus_is_gated(self, data: dict[str, Any], **_: Any) -> None:
        adds = any("bonus" in item for item in data["items"])
        if adds and "bonus_gate" not in data:
            raise ValidationError(
                Message(
                    zh="有加分项时，要写明达到多少分才加分。",
                    en="Where an item adds, say from which points on.",
                ),
                "bonus_gate",
            )
        for key in ("bonus_gate", "bonus_cap"):
            if key in data and not adds:
                raise ValidationError(Message(zh="这里没有加分项。", en="No item adds anything here."), key)
