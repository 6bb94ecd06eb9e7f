"""Buttons beside rows, and tables whose schema another field chooses."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import Schema, fields, validate
from tests.unit.web.forms.contents import RULES, scheme_with
from tests.unit.web.forms.page_of_form import html_of, read_page, sent

from pingyi.channels import Text
from pingyi.domain.scheme.schema import SchemeTable
from pingyi.web.forms import Form, FormRules, filled_form, posted_form

OPTIONS = {"options": {"a": "100", "b": "50", "c": "0"}, "unscored": [], "n_min": 1, "shown_as": "rate"}


class Row(Schema):
    key = fields.String()
    on = fields.Boolean(load_default=True)


class Lists(Schema):
    rows = fields.List(fields.Nested(Row))
    few = fields.Nested(Row, many=True, metadata={"most": 2})
    pairs = fields.Dict(keys=fields.String(), values=fields.String())


def lists(content: dict[str, Any]) -> Form:
    return filled_form(Lists(), content, FormRules())


ROWS = {"rows": [{"key": "a"}, {"key": "b", "on": False}, {"key": "c"}], "pairs": {"x": "1", "y": "2"}}


@pytest.mark.parametrize(
    ("what", "keys"),
    [("add.rows", "abc+"), ("remove.rows.1", "ac"), ("up.rows.2", "acb"), ("up.rows.0", "abc")],
)
def test_button_changes_rows(what: str, keys: str) -> None:
    form = posted_form(Lists(), sent(lists(ROWS)), FormRules())
    assert form.change(what)
    for one in (form, posted_form(Lists(), sent(form), FormRules())):
        assert [row.get("key", "+") for row in one.content()[0]["rows"]] == list(keys)
        assert one.content()[0]["pairs"] == ROWS["pairs"]


@pytest.mark.parametrize(
    ("what", "pairs"),
    [
        ("remove.pairs.0", [("y", "2")]),
        ("up.pairs.1", [("y", "2"), ("x", "1")]),
        ("add.pairs", [("x", "1"), ("y", "2")]),
    ],
)
def test_button_changes_keys_and_values(what: str, pairs: list[tuple[str, str]]) -> None:
    form = lists(ROWS)
    assert form.change(what)
    back, _ = posted_form(Lists(), sent(form), FormRules()).content()
    assert list(back["pairs"].items()) == pairs
    assert read_page(html_of(form)).find("input", id=f"pairs.{len(pairs) - 1}.key")


@pytest.mark.parametrize(
    "what",
    [
        *(
            "",
            "save",
            "add",
            "add.",
            "add.nothing",
            "add.rows.0",
            "add.rows.0.key",
            "drop.rows.0",
            "remove.rows",
        ),
        *(
            "remove.rows.3",
            "remove.rows.-1",
            "remove.rows.x",
            "remove.rows.9999999",
            "up.rows.²",
            "up",
            "up.rows.0.on",
        ),
        *("remove.pairs.0.key", "remove.pairs.0.nothing.1", "add" + ".rows" * 500),
    ],
)
def test_what_asks_for_nothing_changes_nothing(what: str) -> None:
    form = lists(ROWS)
    before = form.content()
    assert not form.change(what)
    assert form.content() == before


def test_no_more_rows_are_added_than_allowed() -> None:
    form = lists({"few": [{}], "rows": [{}] * 50})
    assert all(form.change("add.few") for _ in range(3))
    assert form.change("add.rows")
    assert [len(form.content()[0][name]) for name in ("few", "rows")] == [2, 50]
    page = read_page(html_of(form))
    assert page.find("button", value="add.pairs")
    assert not page.find("button", value="add.few")
    back, _ = posted_form(Lists(), page.sent(), FormRules()).content()
    assert len(back["rows"]) == 50, "what is stored is never lost"


def test_new_row_begins_with_what_goes_without_saying() -> None:
    form = lists({})
    form.change("add.rows")
    assert "checked" in read_page(html_of(form)).by_id("rows.0.on").given


def test_buttons_name_what_they_do_and_where_they_lead() -> None:
    page = read_page(html_of(filled_form(SchemeTable(), scheme_with("mobile_qr", OPTIONS), RULES)))
    buttons = page.find("button")
    assert {one.given["name"] for one in buttons} == {"do"}
    words = [" ".join(one.text.split()) for one in buttons]
    assert len(set(words)) == len(words)
    for one in buttons:
        form = posted_form(SchemeTable(), page.sent(), RULES)
        assert form.change(one.given["value"] or "")
        ids = {each.given.get("id") for each in read_page(html_of(form)).elements}
        assert (one.given["formaction"] or "").removeprefix("/here#") in ids
    assert not page.find("button", value="up.channels.0.settings.options.0")
    assert page.find("button", value="up.channels.0.settings.options.1")


def test_every_button_of_a_page_is_understood() -> None:
    content = scheme_with("mobile_qr", OPTIONS)
    page = read_page(html_of(filled_form(SchemeTable(), content, RULES)))
    for button in page.find("button"):
        form = posted_form(SchemeTable(), page.sent(), RULES)
        assert form.change(button.given["value"] or "")
        html_of(form)


def with_plugin(form: Form, plugin: str) -> Form:
    fields_ = sent(form)
    fields_["channels.0.plugin"] = plugin
    return posted_form(SchemeTable(), fields_, RULES)


def test_settings_typed_under_another_plugin_are_carried_and_come_back() -> None:
    content = scheme_with("mobile_qr", OPTIONS)
    other = with_plugin(filled_form(SchemeTable(), content, RULES), "hotline")
    settings = other.content()[0]["channels"][0]["settings"]
    assert settings == OPTIONS
    page = read_page(html_of(other))
    assert page.find("fieldset", id="channels.0.settings.weights")
    assert page.by_id("channels.0.settings.n_min").given["value"] == "1"
    assert not page.find("fieldset", id="channels.0.settings.options")
    again = with_plugin(other, "mobile_qr")
    assert again.content()[0] == {**content, "channels": [{**content["channels"][0], "plugin": "mobile_qr"}]}


def test_plugin_that_is_not_installed_shows_settings_as_rows_of_text() -> None:
    content = scheme_with("gone", {"level": "3", "many": [1]})
    form = filled_form(SchemeTable(), content, RULES)
    page = read_page(html_of(form))
    assert page.by_id("channels.0.settings.0.key").given["value"] == "level"
    assert page.by_id("channels.0.settings.0.value").given["value"] == "3"
    assert posted_form(SchemeTable(), page.sent(), RULES).content()[0] == content


def test_forged_word_on_what_settings_were_drawn_with_chooses_no_foreign_schema() -> None:
    content = scheme_with("mobile_qr", OPTIONS)
    for forged in ('{"plugin": "hotline"}', '{"plugin": "nowhere"}', "x", '{"plugin": {"a": 1}}', "[]"):
        fields_ = sent(filled_form(SchemeTable(), content, RULES))
        fields_["channels.0.settings~as"] = forged
        form = posted_form(SchemeTable(), fields_, RULES)
        form.content()
        assert read_page(html_of(form)).find("fieldset", id="channels.0.settings.options")


def test_changed_and_new_rows_stand_open() -> None:
    content = scheme_with("mobile_qr", OPTIONS)
    content["channels"] = [{**content["channels"][0], "key": key} for key in ("a", "b")]

    def opened(what: str) -> list[bool]:
        form = filled_form(SchemeTable(), content, RULES)
        assert not what or form.change(what)
        rows = read_page(html_of(form)).find("details")
        return ["open" in one.given for one in rows if (one.given.get("id") or "").startswith("channels")]

    assert opened("") == [False, False]
    assert opened("add.channels.1.settings.options") == [False, True]
    assert opened("add.channels") == [False, False, True]


def test_what_is_seldom_needed_is_folded_until_it_is_typed() -> None:
    class Rare(Schema):
        usual = fields.String(metadata={"usual": {"a": Text(zh="甲", en="A")}})
        rare = fields.List(fields.Nested(Row), metadata={"rare": True, "row": Text(zh="行", en="Row")})
        must = fields.String(required=True, metadata={"rare": True})

    form = filled_form(Rare(), {}, FormRules())
    page = read_page(html_of(form))
    [folded] = [one for one in page.elements if one.tag == "details"]
    assert "增加行" in folded.text
    assert "open" not in folded.given
    assert page.by_id("must").given["name"] == "must"
    assert [one.given["value"] for one in page.by_id("usual~usual").options] == ["甲"]
    assert page.by_id("usual").given["list"] == "usual~usual"
    assert form.change("add.rare")
    page = read_page(html_of(form))
    assert not [one for one in page.elements if one.tag == "details"]
    [legend] = [one.text for one in page.elements if one.tag == "legend" and "1" in one.text]
    assert legend == "行 1"


def test_usual_words_are_ticked_and_others_typed_beside_them() -> None:
    class Usual(Schema):
        words = fields.List(fields.String(metadata={"usual": {"a": Text(zh="甲", en="A")}}))

    page = read_page(html_of(filled_form(Usual(), {"words": ["b", "a"]}, FormRules())))
    assert [(one.given["value"], "checked" in one.given) for one in page.find("input", name="words")] == [
        ("b", True),
        ("a", True),
    ]
    posted = page.sent()
    assert posted_form(Usual(), posted, FormRules()).content()[0] == {"words": ["b", "a"]}
    posted.setlist("words", ["a", "c\r\nd"])
    assert posted_form(Usual(), posted, FormRules()).content()[0] == {"words": ["a", "c", "d"]}
    posted.setlist("words", ["c\r\n甲"])
    assert posted_form(Usual(), posted, FormRules()).content()[0] == {"words": ["c", "a"]}


def test_mapping_of_known_keys_has_a_field_for_each() -> None:
    class Known(Schema):
        shares = fields.Dict(
            keys=fields.String(validate=validate.OneOf(["x", "y"], labels=["甲", "乙"])),
            values=fields.String(required=True, metadata={"title_zh": "份额", "title_en": "Share"}),
        )

    form = filled_form(Known(), {"shares": {"y": "1", "z": "2"}}, FormRules())
    page = read_page(html_of(form))
    assert [one.text.strip() for one in page.find("label") if "for" in one.given] == ["甲", "乙"]
    posted = page.sent()
    posted["shares.x"] = "3"
    assert posted_form(Known(), posted, FormRules()).content()[0] == {
        "shares": {"x": "3", "y": "1", "z": "2"}
    }


def test_source_for_all_measures_stands_alone() -> None:
    for source in ("12345", {"satisfied": "12345"}):
        settings = {"preset": "panjin", "n_min": 1, "source": source}
        form = filled_form(SchemeTable(), scheme_with("hotline", settings), RULES)
        page = read_page(html_of(form))
        assert page.by_id("channels.0.settings.source.0.value").given["value"] == "12345"
        back = posted_form(SchemeTable(), page.sent(), RULES).content()[0]
        assert back["channels"][0]["settings"]["source"] == source


def test_gate_is_typed_in_one_of_two_lines() -> None:
    items = [{"key": "award", "bonus": "1"}, {"key": "late", "deduct": "1"}]
    for gate, line in (("80", "at_least"), ({"over": "80"}, "over")):
        settings = {"items": items, "bonus_gate": gate}
        page = read_page(html_of(filled_form(SchemeTable(), scheme_with("checklist", settings), RULES)))
        assert page.by_id(f"channels.0.settings.bonus_gate.{line}").given["value"] == "80"
        back = posted_form(SchemeTable(), page.sent(), RULES).content()[0]
        assert back["channels"][0]["settings"]["bonus_gate"] == gate
