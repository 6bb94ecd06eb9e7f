"""What validators say stands in both languages, and stays as it was."""

import copy
import json
import pickle
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from marshmallow import Schema, ValidationError, fields, validate

from pingyi.api.installation.keys import NewKeySchema
from pingyi.api.periods.adjustments import NewAdjustmentsSchema
from pingyi.api.periods.decisions import DecisionsSchema
from pingyi.channels import Channel, Context, EntrySchema, Period, SettingsSchema
from pingyi.channels.messages import ONE_OF, REQUIRED, UNKNOWN, Message, bilingual, text_of
from pingyi.registry import field_errors

YEAR = Period(starts_on=date(2017, 1, 1), ends_on=date(2017, 12, 31))
# Every refusal of a bundled channel, as people read it.
REFUSALS = [
    json.loads(line)
    for line in (Path(__file__).parent / "tables/refusals.jsonl").read_text(encoding="utf-8").splitlines()
]
Said = list[list[str]]


def said(load: Callable[[], Any]) -> Said:
    """Where and why something is refused, in Chinese and English."""
    with pytest.raises(ValidationError) as refused:
        load()
    errors = field_errors(refused.value.messages, "")
    return [[error.pointer, error.message.zh, error.message.en] for error in errors]


@pytest.mark.parametrize("row", REFUSALS)
def test_bundled_channels_say_what_they_always_said(
    channels: dict[str, Channel], row: dict[str, Any]
) -> None:
    channel = channels[row["channel"]]
    settings = channel.settings_schema()
    if "entry" not in row:
        assert said(lambda: settings.load(row["settings"])) == row["refused"]
        return
    entry = channel.entry_schema(Context(settings.load(row["settings"]), YEAR))
    assert said(lambda: entry.load(row["entry"])) == row["refused"]


@pytest.mark.parametrize(
    ("schema", "body", "wanted"),
    [
        (NewAdjustmentsSchema, {}, [["/adjustments", "缺少必填项。", "Missing data for required field."]]),
        (NewAdjustmentsSchema, [], [["", "格式不对：应为一组“项目=值”。", "Invalid input type."]]),
        (NewAdjustmentsSchema, {"adjustments": 1}, [["/adjustments", "不是列表。", "Not a valid list."]]),
        (
            DecisionsSchema,
            {"decisions": [{"kind": "tie", "choice": "yes", "reason": "r", "unit": "u"}]},
            [["/decisions/0/choice", "只能是：in, out。", "Must be one of: in, out."]],
        ),
        (
            DecisionsSchema,
            {"decisions": [{"kind": "tie", "choice": "in", "reason": "r", "channel": "c", "unit": "u"}]},
            [["/decisions/0/channel", "这种裁定不填此项。", "A decision of this kind has none."]],
        ),
        (
            NewKeySchema,
            {"operator": "o", "roles": ["auditor"]},
            [["/operator", "按“operator”或“roles”二选一。", "Give either operator or roles."]],
        ),
    ],
)
def test_requests_are_refused_in_both_languages(schema: type[Schema], body: Any, wanted: Said) -> None:
    assert said(lambda: bilingual(schema()).load(body)) == wanted


class Part(Schema):
    """A table of a package that knows marshmallow only."""

    word = fields.String(required=True, validate=validate.Length(min=2))


class ForeignEntry(EntrySchema):
    """What a package may write with marshmallow's own fields, validators and messages."""

    unit_required = False

    part = fields.Nested(Part)
    parts = fields.Nested(Part, many=True)
    level = fields.Integer(validate=validate.Range(min=1, max=9))
    least = fields.Integer(validate=validate.Range(min=0, min_inclusive=False))
    below = fields.Integer(validate=validate.Range(max=9, max_inclusive=False))
    kind = fields.String(validate=validate.OneOf(["a", "b"]))
    split = fields.String(validate=validate.OneOf(["a"], error="只许a。 / Only a."))
    plain = fields.String(validate=validate.OneOf(["a"], error="Either a / or nothing."))
    own = fields.String(validate=validate.OneOf(["a"], error=Message(zh="不许{input}。", en="No {input}.")))
    named = fields.String(error_messages={"invalid": "Words, please."})
    scores = fields.Dict(keys=fields.String(), values=fields.Boolean())


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        ({"part": {}}, ["/part/word", "缺少必填项。", "Missing data for required field."]),
        ({"part": {"word": "x"}}, ["/part/word", "不能少于2。", "Shorter than minimum length 2."]),
        ({"part": {"word": "xx", "no": 1}}, ["/part/no", "没有这一项。", "Unknown field."]),
        ({"parts": 1}, ["/parts", "类型不对。", "Invalid type."]),
        (
            {"level": 10},
            [
                "/level",
                "应在1到9之间。",
                "Must be greater than or equal to 1 and less than or equal to 9.",
            ],
        ),
        ({"level": "x"}, ["/level", "Not a valid integer.", "Not a valid integer."]),
        ({"least": 0}, ["/least", "必须大于0。", "Must be greater than 0."]),
        ({"below": 9}, ["/below", "Must be less than 9.", "Must be less than 9."]),
        ({"kind": "c"}, ["/kind", "只能是：a, b。", "Must be one of: a, b."]),
        ({"kind": 1}, ["/kind", "不是文字。", "Not a valid string."]),
        ({"split": "c"}, ["/split", "只许a。", "Only a."]),
        ({"plain": "c"}, ["/plain", "Either a / or nothing.", "Either a / or nothing."]),
        ({"own": "c"}, ["/own", "不许c。", "No c."]),
        ({"named": 1}, ["/named", "Words, please.", "Words, please."]),
        ({"scores": []}, ["/scores", "不是一组“项目=值”。", "Not a valid mapping type."]),
        ({"scores": {"a": "x"}}, ["/scores/a/value", "不是“是”或“否”。", "Not a valid boolean."]),
    ],
)
def test_messages_of_foreign_schemas_are_shown(cells: dict[str, Any], wanted: list[str]) -> None:
    assert said(lambda: ForeignEntry().load(cells)) == [wanted]


class Tree(SettingsSchema):
    """A table that may hold another one of its kind."""

    below = fields.Nested(lambda: Tree)


def test_schema_inside_itself_speaks_both_languages() -> None:
    unknown = ["没有这一项。", "Unknown field."]
    assert said(lambda: Tree().load({"below": {"no": 1}})) == [["/below/no", *unknown]]
    assert said(lambda: Tree().load({"below": {"below": {"no": 1}}})) == [["/below/below/no", *unknown]]


def test_messages_of_ours_are_worded_as_those_of_marshmallow() -> None:
    assert fields.Field.default_error_messages["required"] == REQUIRED
    assert Schema().error_messages["unknown"] == UNKNOWN
    assert validate.OneOf.default_message == ONE_OF


def test_message_is_a_string_that_has_both_languages() -> None:
    message = ONE_OF.format(choices="a, b")
    for each in (message, copy.deepcopy(message), pickle.loads(pickle.dumps(message))):
        assert each == "Must be one of: a, b." and text_of(each).zh == "只能是：a, b。"


def test_foreign_message_in_two_languages_is_split() -> None:
    text = text_of("噪声过大 / Too much noise")
    assert (text.zh, text.en) == ("噪声过大", "Too much noise")


def test_plain_message_stands_as_it_is() -> None:
    text = text_of("Missing data for required field.")
    assert text.zh == text.en == "Missing data for required field."
