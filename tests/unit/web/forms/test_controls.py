"""Every kind of field: which control it has, what it shows, what is typed makes of it."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from marshmallow import Schema, fields, validate
from tests.unit.web.forms.page_of_form import Element, PageReader, html_of, read_page, sent

from pingyi.channels import Choice, Exact, Flag, Key, Percent, ScoreField, SettingsSchema, Text, Whole, Word
from pingyi.domain.document_fields import TitleTable, count_field, flag_field, table_field
from pingyi.web.forms import Control, Form, FormRules, filled_form, posted_form

RULES = FormRules()
LEVELS = {"good": Text(zh="好", en="Good"), "bad": Text(zh="差", en="Bad")}


class Inner(Schema):
    a = fields.String()
    yes = fields.Boolean(load_default=True)


class Presets(SettingsSchema):
    presets: ClassVar = {"one": {"a": "1"}, "two": {"a": "2"}}
    a = fields.List(Key(), required=True)


def endless() -> Schema:
    return Endless()


class Endless(Schema):
    key = fields.String()
    inside = fields.Nested(endless)


class All(Schema):
    line = Word(
        metadata={
            "title": Text(zh="一行", en="Line"),
            "help": Text(zh="说明", en="Help"),
            "unit": Text(zh="分", en="points"),
        }
    )
    text = fields.String(metadata={"long": True})
    score = ScoreField(metadata={"title_zh": "分值", "title_en": "Score"})
    exact = Exact()
    percent = Percent()
    whole = Whole()
    number = fields.Integer()
    count = count_field("not_a_count", 1, 9)
    day = fields.Date()
    pick = Choice(LEVELS)
    one_of = fields.String(validate=validate.OneOf(["x", "y"], labels=["甲", "乙"]))
    told = fields.String(metadata={"choices": LEVELS})
    flag = Flag()
    on = flag_field(load_default=True)
    off = flag_field(load_default=False)
    must = flag_field(required=True)
    ticks = fields.List(Key(), metadata={"choices": LEVELS})
    lines = fields.List(Word())
    numbers = fields.List(Whole(), required=True)
    file = fields.String(metadata={"file": True})
    title = table_field(TitleTable)
    inner = fields.Nested(Inner)
    pairs = fields.Dict(keys=Key(), values=Exact())
    nested = fields.Dict(keys=Key(), values=fields.Nested(Inner))
    rows = fields.List(fields.Nested(Inner))
    presets = fields.Nested(Presets)
    either = fields.Raw(metadata={"form": Inner, "word": "a"})
    odd = fields.Tuple((fields.String(),))


def page_of(content: dict[str, Any], rules: FormRules = RULES) -> PageReader:
    return read_page(html_of(filled_form(All(), content, rules)))


def typed(name: str, values: list[str]) -> dict[str, Any]:
    """The content of an empty form in which these were typed under one name."""
    given = sent(filled_form(All(), {}, RULES))
    given.setlist(name, values)
    content, errors = posted_form(All(), given, RULES).content()
    assert errors == []
    return content


def back(content: dict[str, Any]) -> dict[str, Any]:
    made, errors = posted_form(All(), sent(filled_form(All(), content, RULES)), RULES).content()
    assert errors == []
    return made


def control(form: Form, name: str) -> Control:
    return next(one for one in form.view().controls if one.name == name)


def test_nothing_typed_is_nothing_but_what_must_be_said() -> None:
    assert back({}) == {"must": False, "numbers": []}


def test_line_has_its_words_beside_it() -> None:
    page = page_of({"line": "甲 <b>&\"'"})
    [label] = page.find("label", for_="line")
    assert label.text == "一行（分）"
    element = page.by_id("line")
    assert element.given["value"] == "甲 <b>&\"'"
    assert element.given["aria-describedby"] == "line~help"
    assert page.by_id("line~help").text == "说明"


@pytest.mark.parametrize(
    ("name", "type_", "mode"),
    [
        *(("line", "text", None), ("score", "text", "decimal"), ("exact", "text", "decimal")),
        *(("percent", "text", "decimal"), ("whole", "text", "numeric"), ("number", "text", "numeric")),
        *(("count", "text", "numeric"), ("day", "date", None), ("file", "text", None)),
    ],
)
def test_field_has_the_input_of_its_kind(name: str, type_: str, mode: str | None) -> None:
    element = page_of({}).by_id(name)
    assert (element.tag, element.given["type"], element.given.get("inputmode")) == ("input", type_, mode)


@pytest.mark.parametrize(
    ("name", "typed_in", "content"),
    [
        ("line", "  甲  乙 ", "甲  乙"),
        ("line", "a\r\nb\x00c", "a  b c"),
        ("text", " a\r\nb\tc \r\n", "a\nb\tc"),
        ("score", "80", "80"),
        ("score", "很多", "很多"),
        ("exact", "100/9", "100/9"),
        ("whole", "30", 30),
        ("whole", "-3", -3),
        ("whole", "3.5", "3.5"),
        ("whole", "9" * 30, "9" * 30),
        ("number", "7", 7),
        ("count", "2", 2),
        ("count", "两个", "两个"),
        ("day", "2026-02-30", "2026-02-30"),
        ("pick", "good", "good"),
        ("pick", "else", "else"),
        ("flag", "1", True),
        ("off", "1", True),
        ("ticks", ["bad", "good"], ["bad", "good"]),
        ("lines", "a\r\n\r\n b \r\n", ["a", "b"]),
    ],
)
def test_what_is_typed_becomes_content(name: str, typed_in: str | list[str], content: Any) -> None:
    values = [typed_in] if isinstance(typed_in, str) else typed_in
    assert typed(name, values) == {"must": False, "numbers": [], name: content}


BACK: dict[str, list[Any]] = {
    "line": ["甲", 5, " a"],
    "text": ["a\n\nb", "a\rb"],
    "score": ["80.50", 1.5],
    "exact": ["100/9"],
    "whole": [0, "x", 10**30],
    "count": [3, "3", True],
    "day": ["2026-01-31", "昨天"],
    "pick": ["good", "不在其中"],
    "one_of": ["x"],
    "flag": [True, False, "不知道", []],
    "on": [False],
    "off": [True, "true"],
    "must": [True],
    "ticks": [["bad", "good", "else", "bad"], "bad"],
    "lines": [["b", "a"], ["a b", "a\nb"], ["a", 1]],
    "numbers": [[3, 1], ["x"]],
    "title": [{"zh": "甲", "en": "A"}, "甲", {"zh": "甲", "fr": "A"}],
    "inner": [{"a": "1", "yes": False}, [1], {"yes": False}],
    "pairs": [{"b": "1", "a": "x"}, {"a": "", "": "1", " ": "2"}, {"a": ["1"]}, "x"],
    "nested": [{"b": {"a": "1"}, "a": {}}, {"a": "1"}],
    "rows": [[{}], [{"a": "1"}, "x", {"b": 2}], {"0": {}}],
    "presets": [{"a": ["1"], "preset": ["two"]}, {"a": [], "preset": 3}],
    "either": ["80", {"yes": False, "a": "1"}, {"b": "1"}, []],
    "odd": [["x"]],
    "file": ["ab" * 32],
    "unknown": [{"x": [1, 2.5]}],
}


@pytest.mark.parametrize(("name", "content"), [(name, one) for name, all_ in BACK.items() for one in all_])
def test_content_comes_back(name: str, content: Any) -> None:
    rest = {"must": False, "numbers": []}
    made = back({**rest, name: content})
    assert made == {**rest, name: content}
    assert type(made[name]) is type(content)


@pytest.mark.parametrize(
    ("name", "content", "same"),
    [
        *(
            ("line", "", None),
            ("lines", [], None),
            ("rows", [], None),
            ("pairs", {}, None),
            ("inner", {}, None),
        ),
        *(
            ("on", True, None),
            ("off", False, False),
            ("score", 80, "80"),
            ("flag", "是", True),
            ("flag", "否", False),
        ),
        *(("either", {"a": "80"}, "80"), ("presets", {"preset": "one"}, {"preset": ["one"], "a": []})),
        *(("whole", "30", 30), ("inner", {"a": ""}, None)),
    ],
)
def test_other_spelling_means_the_same(name: str, content: Any, same: Any) -> None:
    made = back({name: content})
    if name == "presets":
        same = {"preset": ["one"]}  # it fills in what is not typed
    assert made.get(name) == same


def test_choices_are_offered_with_their_words_and_the_current_value() -> None:
    def options(content: dict[str, Any], name: str) -> list[tuple[str | None, str, bool]]:
        element = page_of(content).by_id(name)
        return [(one.given["value"], one.text, "selected" in one.given) for one in element.options]

    empty = ("", "（未选）", False)
    assert options({"pick": "bad"}, "pick") == [empty, ("good", "好", False), ("bad", "差", True)]
    assert options({"one_of": "x"}, "one_of") == [empty, ("x", "甲", True), ("y", "乙", False)]
    other = ("else", "else（不在可选范围内）", True)
    assert options({"told": "else"}, "told") == [empty, other, ("good", "好", False), ("bad", "差", False)]


def test_choices_of_the_page_come_before_those_of_the_field() -> None:
    asked: list[tuple[Any, Any]] = []

    def choices(path: tuple[str | int, ...], content: Any) -> dict[str, Text] | None:
        asked.append((path, content))
        return (
            {"new": Text(zh="新", en="New")} if path in (("pick",), ("pairs", 0, "key"), ("lines",)) else None
        )

    form = filled_form(All(), {"pick": "good", "pairs": {"new": "1"}}, FormRules(choices_at=choices))
    page = read_page(html_of(form))
    assert [one.given["value"] for one in page.by_id("pick").options] == ["", "good", "new"]
    assert page.by_id("pairs.0.key").tag == "select"
    assert [one.given["value"] for one in page.find("input", name="lines")] == ["new"]
    assert all(content["pick"] == "good" for _path, content in asked)


def test_ticks_show_the_chosen_first_in_their_order() -> None:
    def ticks(content: dict[str, Any]) -> list[tuple[str | None, bool]]:
        found = page_of(content).find("input", name="ticks")
        return [(one.given["value"], "checked" in one.given) for one in found]

    assert ticks({"ticks": ["bad"]}) == [("bad", True), ("good", False)]
    assert ticks({"ticks": ["x", "bad"]}) == [("x", True), ("bad", True), ("good", False)]


def test_flags_are_ticked_as_content_or_default_says() -> None:
    def ticked(content: dict[str, Any]) -> set[str]:
        return {
            name for name in ("flag", "on", "off", "must") if "checked" in page_of(content).by_id(name).given
        }

    assert ticked({}) == {"on"}
    assert ticked({"flag": "是", "on": False, "off": True, "must": True}) == {"flag", "off", "must"}


def test_date_that_is_none_is_shown_as_text() -> None:
    assert page_of({"day": "昨天"}).by_id("day").given["type"] == "text"
    assert page_of({"day": "2026-01-31"}).by_id("day").given["type"] == "date"


def test_text_in_two_languages_says_which_is_which() -> None:
    page = page_of({"title": {"zh": "甲", "en": "A"}})
    assert [page.by_id(f"title.{one}").given["lang"] for one in ("zh", "en")] == ["zh-Hans", "en"]
    [label] = page.find("label", for_="title.zh")
    assert label.text.startswith("title（")


def test_unknown_content_can_be_left_out() -> None:
    form = filled_form(All(), {"line": "a", "unknown": 1, "score": 1.5, "inner": "x"}, RULES)
    page = read_page(html_of(form))
    assert [one.text for one in page.elements if one.tag == "code"] == ['{"unknown": 1}', "1.5", '"x"']
    fields_ = page.sent()
    assert posted_form(All(), fields_, RULES).content()[0]["score"] == 1.5
    fields_["score~drop"] = fields_["~drop"] = "1"
    content, _ = posted_form(All(), fields_, RULES).content()
    assert content == {"line": "a", "inner": "x", "must": False, "numbers": []}


def test_what_is_typed_replaces_what_was_carried() -> None:
    fields_ = sent(filled_form(All(), {"score": 1.5, "lines": "x", "inner": "x"}, RULES))
    fields_["score"], fields_["lines"], fields_["inner.a"] = "2", "a", "b"
    content, _ = posted_form(All(), fields_, RULES).content()
    assert content == {"score": "2", "lines": ["a"], "inner": {"a": "b"}, "must": False, "numbers": []}


def test_fixed_fields_are_not_shown_and_set_by_the_page() -> None:
    rules = FormRules(fixed={"line": "set"})
    form = filled_form(All(), {"line": "stored", "score": "1"}, rules)
    assert "line" not in {one.name for one in form.view().controls}
    fields_ = sent(form)
    fields_["line"] = "forged"
    content, _ = posted_form(All(), fields_, rules).content()
    assert (content["line"], content["score"]) == ("set", "1")


def test_read_only_form_has_neither_buttons_nor_open_controls() -> None:
    content = {"rows": [{"a": "1"}], "ticks": ["good"], "pairs": {"a": "1"}, "x": 1, "text": "a"}
    page = read_page(html_of(filled_form(All(), content, RULES), writes=False))

    def is_open(one: Element) -> bool:
        shown = one.tag in ("input", "textarea", "select") and one.given.get("type") != "hidden"
        return shown and not {"readonly", "disabled"} & set(one.given)

    assert not page.find("button")
    assert [one for one in page.elements if is_open(one)] == []


def test_table_that_stands_inside_itself_ends() -> None:
    content: dict[str, Any] = {"key": "0"}
    for number in range(40):
        content = {"key": str(number), "inside": content}
    form = filled_form(Endless(), content, RULES)
    assert form.content() == (content, [])
    assert posted_form(Endless(), sent(form), RULES).content() == (content, [])


def test_labels_are_in_the_language_of_the_page() -> None:
    html = html_of(filled_form(All(), {}, RULES), tongue="en")
    [label] = read_page(html).find("label", for_="line")
    assert label.text.split() == ["Line", "(points)"]
    assert control(filled_form(All(), {}, RULES), "score").label == Text(zh="分值", en="Score")
