"""Every field that a form is made of says in both languages what it is called and what to type."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from marshmallow import Schema, fields, validate
from tests.contract.test_messages import REFUSALS

from pingyi.channels import Channel, Choice, Exact, Key, ScoreField, SettingsSchema, Text, Whole
from pingyi.channels.families.case.schema import Sources
from pingyi.channels.families.item.settings import Gate
from pingyi.channels.messages import bilingual, text_of
from pingyi.channels.wordings import worded
from pingyi.domain.scheme import messages as of_schemes
from pingyi.domain.scheme.schema import SchemeTable
from pingyi_surveys.questionnaires import messages as of_questionnaires
from pingyi_surveys.questionnaires.schema import QuestionnaireTable

LATIN = re.compile("[A-Za-zÀ-ɏ]")
CHINESE = re.compile("[\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef]")
NAMES = ("title", "help", "unit", "row")
NUMBERS = (ScoreField, Exact, Whole, fields.Number)


class Place(NamedTuple):
    """A field and where it stands; `listed`: it is what a list holds, which is called what its row is."""

    path: str
    field: fields.Field[Any]
    listed: bool = False


def walk(schema: Schema, path: str) -> Iterator[Place]:
    for name, field in schema.fields.items():
        yield from inside(Place(f"{path}.{name}", field))


def inside(place: Place) -> Iterator[Place]:
    yield place
    path, field, _ = place
    if isinstance(field, fields.Nested):
        yield from walk(field.schema, path)
    elif isinstance(field, fields.List):
        yield from inside(Place(f"{path}[]", field.inner, listed=True))
    elif isinstance(field, fields.Mapping | Gate | Sources):
        for part, held in (("key", field.key_field), ("value", field.value_field)):
            if held is not None:
                yield from inside(Place(f"{path}<{part}>", held))


def choices_of(field: fields.Field[Any]) -> list[str] | None:
    allowed = [list(each.choices) for each in field.validators if isinstance(each, validate.OneOf)]
    return allowed[0] if allowed else None


def faults(place: Place) -> Iterator[str]:
    """What a form lacks about a field."""
    path, field, listed = place
    meta = field.metadata
    if not listed or not isinstance(field, fields.Nested):
        yield from (
            f"{path}: no title in {tongue}" for tongue in ("zh", "en") if not meta.get(f"title_{tongue}")
        )
    for name in NAMES:
        if (f"{name}_zh" in meta) != (f"{name}_en" in meta):
            yield f"{path}: {name} in one language"
        elif f"{name}_zh" in meta:
            yield from wrong_tongue(f"{path}: {name}", meta[f"{name}_zh"], meta[f"{name}_en"])
    if "help_zh" in meta and not (meta["help_zh"].endswith("。") and meta.get("help_en", "").endswith(".")):
        yield f"{path}: help is no sentence"
    for titles in (meta.get("choices", {}), meta.get("usual", {})):
        for word, title in titles.items():
            yield from wrong_tongue(f"{path}: {word}", title.zh, title.en)
        for tongue in ("zh", "en"):
            if len({title.get(tongue) for title in titles.values()}) < len(titles):
                yield f"{path}: words of one title in {tongue}"
    yield from missing(place, choices_of(field))


def wrong_tongue(what: str, zh: str, en: str) -> Iterator[str]:
    if not zh.strip() or not en.strip():
        yield f"{what}: empty"
    if LATIN.search(zh):
        yield f"{what}: Latin letters in {zh}"
    if CHINESE.search(en):
        yield f"{what}: Chinese in {en}"


def missing(place: Place, allowed: list[str] | None) -> Iterator[str]:
    path, field, _ = place
    meta = field.metadata
    if allowed is not None and list(meta.get("choices", {})) != allowed:
        yield f"{path}: titles of {list(meta.get('choices', {}))}, allowed is {allowed}"
    # what is whole numbers and flags of documents are Raw fields
    if (isinstance(field, NUMBERS) or type(field) is fields.Raw) and not {"unit_zh", "help_zh"} & set(meta):
        yield f"{path}: a number without unit or help"
    many = isinstance(field, fields.List) or (isinstance(field, fields.Nested) and field.many)
    if many and not meta.get("row_zh"):
        yield f"{path}: a list whose rows have no title"


def all_faults(schema: Schema, path: str) -> list[str]:
    return [fault for place in walk(schema, path) for fault in faults(place)]


def test_settings_of_every_channel_say_what_a_form_needs(channels: dict[str, Channel]) -> None:
    assert len(channels) >= 20
    found = [fault for key, one in channels.items() for fault in all_faults(one.settings_schema(), key)]
    assert found == []


@pytest.mark.parametrize("table", [SchemeTable, QuestionnaireTable])
def test_documents_say_what_a_form_needs(table: type[Schema]) -> None:
    assert all_faults(table(), table.__name__) == []


def test_parts_are_walked_to_the_end() -> None:
    """What would not be reached could not be refused above."""
    paths = {place.path for place in walk(SchemeTable(), "")}
    assert {".policies.tie_break[]", ".grades.bounds<value>", ".grades.titles<value>.zh"} <= paths
    assert {".channels.title.en", ".consequences.when.k"} <= paths
    assert ".dimensions.wording<value>.hint.zh" in {place.path for place in walk(QuestionnaireTable(), "")}


def test_parts_of_settings_are_walked_to_the_end(channels: dict[str, Channel]) -> None:
    def paths(key: str) -> set[str]:
        return {place.path for place in walk(channels[key].settings_schema(), "")}

    assert {".quorum.of", ".grades[].options[]", ".options<key>"} <= paths("deputies")
    assert {".bands[].measure", ".source<value>", ".of<value>"} <= paths("hotline")
    assert {".items[].veto", ".bonus_gate<key>"} <= paths("checklist")


def test_every_preset_has_a_title_in_both_languages(channels: dict[str, Channel]) -> None:
    for channel in channels.values():
        schema = channel.settings_schema
        assert issubclass(schema, SettingsSchema)
        assert set(schema.preset_titles) == set(schema.presets), channel.key
        told = [wrong_tongue(key, title.zh, title.en) for key, title in schema.preset_titles.items()]
        assert [fault for each in told for fault in each] == []
        assert len({title.zh for title in schema.preset_titles.values()}) == len(schema.presets)


@pytest.mark.parametrize("messages", [of_schemes.MESSAGES, of_questionnaires.MESSAGES])
def test_chinese_messages_of_documents_name_no_key(messages: dict[str, Text]) -> None:
    said = {code: re.sub(r"{[a-z_]+}", "", text.zh) for code, text in messages.items()}
    format_name = {"syntax": said.pop("syntax", "")}  # TOML is the name of the format itself
    assert [zh for zh in said.values() if LATIN.search(zh)] == []
    assert not LATIN.search(format_name["syntax"].replace("TOML", ""))


@pytest.mark.parametrize("row", [row for row in REFUSALS if "entry" not in row])
def test_chinese_refusals_of_settings_name_no_key(channels: dict[str, Channel], row: dict[str, Any]) -> None:
    """Words that were typed, and presets, which are called so, may stand there."""
    schema = channels[row["channel"]].settings_schema
    assert issubclass(schema, SettingsSchema)
    typed = {*re.findall(r"[\w-]+", json.dumps(row["settings"])), *schema.presets}
    for _, zh, _ in row["refused"]:
        assert [word for word in re.findall(r"[A-Za-z][\w-]*", zh, re.ASCII) if word not in typed] == []


TITLE = Text(zh="名称", en="Title")
ONE = {"a": Text(zh="甲", en="A")}


@pytest.mark.parametrize(
    ("field", "fault"),
    [
        (fields.String(), "x: no title in zh"),
        (fields.String(metadata={"title_zh": "名称"}), "x: no title in en"),
        (
            fields.String(metadata=worded(Text(zh="名称key", en="Title"))),
            "x: title: Latin letters in 名称key",
        ),
        (fields.String(metadata=worded(Text(zh="名称", en="Title 名"))), "x: title: Chinese in Title 名"),
        (fields.String(metadata=worded(Text(zh="名称", en=" "))), "x: title: empty"),
        (
            fields.String(metadata=worded(TITLE, Text(zh="填写名称", en="The title"))),
            "x: help is no sentence",
        ),
        (fields.String(metadata={**worded(TITLE), "help_zh": "填写。"}), "x: help in one language"),
        (
            fields.String(validate=validate.OneOf(["a", "b"]), metadata=worded(TITLE, choices=ONE)),
            "x: titles of ['a'], allowed is ['a', 'b']",
        ),
        (
            fields.String(metadata=worded(TITLE, usual={"a": Text(zh="a", en="A")})),
            "x: a: Latin letters in a",
        ),
        (
            fields.String(metadata=worded(TITLE, usual={**ONE, "b": Text(zh="乙", en="A")})),
            "x: words of one title in en",
        ),
        (ScoreField(metadata=worded(TITLE)), "x: a number without unit or help"),
        (Exact(metadata=worded(TITLE)), "x: a number without unit or help"),
        (Whole(metadata=worded(TITLE)), "x: a number without unit or help"),
        (fields.Raw(metadata=worded(TITLE)), "x: a number without unit or help"),
        (
            fields.List(Key(metadata=worded(TITLE)), metadata=worded(TITLE)),
            "x: a list whose rows have no title",
        ),
        (fields.List(Key(), metadata=worded(TITLE, row=TITLE)), "x[]: no title in zh"),
        (fields.Dict(keys=Key(), metadata=worded(TITLE)), "x<key>: no title in zh"),
        (
            fields.Nested(Schema.from_dict({"y": fields.String()}), metadata=worded(TITLE)),
            "x.y: no title in zh",
        ),
    ],
)
def test_what_a_form_lacks_is_told(field: fields.Field[Any], fault: str) -> None:
    assert fault in [told for place in inside(Place("x", field)) for told in faults(place)]


def test_refusal_of_a_word_lists_the_titles_of_a_form() -> None:
    words = {"a": Text(zh="甲{", en="A"), "b": Text(zh="乙", en="B")}

    class Table(Schema):
        plain = fields.String(validate=validate.OneOf(["a", "b"]), metadata=worded(TITLE, choices=words))
        other = fields.String(validate=validate.OneOf(["a"]), metadata=worded(TITLE, choices=words))
        foreign = fields.String(validate=validate.OneOf(["a"]), metadata={"choices": ["a"]})
        untitled = fields.String(validate=validate.OneOf(["a"]), metadata={"choices": {"a": "甲"}})
        choice = Choice(words)

    errors = bilingual(Table()).validate(
        {"plain": "c", "other": "c", "foreign": "c", "untitled": "c", "choice": "c"}
    )
    said = {name: (text_of(told).zh, text_of(told).en) for name, [told] in errors.items()}
    both = ("只能是：甲{、乙。", "Must be one of: a, b.")
    one = ("只能是：a。", "Must be one of: a.")
    assert said == {"plain": both, "other": one, "foreign": one, "untitled": one, "choice": both}
