"""What spares a person work while drafting: keys of new rows, sums so far, what a folded row says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields
from tests.unit.web.forms.contents import RULES, scheme_with
from tests.unit.web.forms.page_of_form import html_of, read_page, sent

from pingyi.channels import Text
from pingyi.domain.errors import FieldError
from pingyi.domain.scheme.schema import SchemeTable
from pingyi.web.forms import FormRules, filled_form, posted_form

WRONG = Text(zh="不对。", en="Wrong.")
TITLES = {
    "a": Text(zh="甲", en="First"),
    "b": Text(zh="乙", en="Second"),
    "d": Text(zh="乙", en="Fourth"),
}
OPTIONS = {"options": {"a": "100", "b": "0"}, "unscored": [], "n_min": 1, "shown_as": "rate"}


def keys(form: Any, part: str) -> list[str]:
    return [row.get("key", "") for row in form.content()[0][part]]


def test_new_row_gets_a_key_that_no_other_row_has() -> None:
    form = filled_form(SchemeTable(), {"channels": [{"key": "hotline"}, {"key": "channel_3"}]}, RULES)
    for _ in range(2):
        assert form.change("add.channels")
    assert keys(form, "channels") == ["hotline", "channel_3", "channel_4", "channel_5"]
    assert form.change("remove.channels.2")
    assert form.change("add.channels")
    assert keys(form, "channels") == ["hotline", "channel_3", "channel_5", "channel_4"]
    assert form.change("add.categories")
    assert keys(posted_form(SchemeTable(), sent(form), RULES), "categories") == ["category_1"]


def test_key_is_folded_unless_something_is_wrong_with_it() -> None:
    form = filled_form(SchemeTable(), scheme_with("mobile_qr", OPTIONS), RULES)

    def folded(*errors: FieldError) -> bool:
        [row] = next(one for one in form.view(errors).controls if one.name == "channels").parts
        return next(one for one in row.parts if one.name == "channels.0.key").rare

    assert folded()
    assert not folded(FieldError(code="x", message=WRONG, pointer="/channels/0/key"))
    form.change("add.categories")
    emptied = sent(form)
    emptied["channels.0.key"] = ""
    form = posted_form(SchemeTable(), emptied, RULES)
    assert not folded()


def test_row_just_added_is_not_called_wrong() -> None:
    errors = [FieldError(code="x", message=WRONG, pointer=f"/channels/{at}/operator") for at in (0, 1)]
    form = filled_form(SchemeTable(), scheme_with("mobile_qr", OPTIONS), RULES)
    form.change("add.channels")
    assert [anchor for anchor, _, _ in form.view(errors).places] == ["channels.0.operator"]
    again = posted_form(SchemeTable(), sent(form), RULES)
    assert [anchor for anchor, _, _ in again.view(errors).places] == [
        "channels.0.operator",
        "channels.1.operator",
    ]


def test_choice_on_which_others_depend_has_a_button_that_draws_them() -> None:
    form = filled_form(SchemeTable(), scheme_with("mobile_qr", OPTIONS), RULES)
    page = read_page(html_of(form))
    [button] = page.find("button", value="redraw.channels.0.plugin")
    assert button.given["formaction"] == "/here#channels.0.plugin"
    posted = page.sent()
    posted["channels.0.plugin"] = "hotline"
    form = posted_form(SchemeTable(), posted, RULES)
    assert form.change(button.given["value"] or "")
    page = read_page(html_of(form))
    assert page.find("fieldset", id="channels.0.settings.weights")
    assert "open" in page.by_id("channels.0").given
    assert not form.change("redraw.channels.1.plugin")
    assert not form.change("redraw")
    assert not read_page(html_of(form, writes=False)).find("button")


def test_folded_row_says_what_counts_in_it() -> None:
    page = read_page(html_of(filled_form(SchemeTable(), scheme_with("mobile_qr", OPTIONS), RULES)))
    [row] = [one for one in page.find("summary") if one.text.startswith("渠道 1")]
    assert " ".join(row.text.split()) == "渠道 1 标题 移动手机端测评 · 100分"


def test_what_stands_in_a_list_so_far_is_told_until_it_is_wrong() -> None:
    class Row(Schema):
        points = fields.String()

    class Sums(Schema):
        rows = fields.List(fields.Nested(Row))

    def told(path: tuple[str | int, ...], content: Mapping[str, Any]) -> Text | None:
        count = len(content.get("rows", ()))
        return Text(zh=f"共{count}行。", en=f"{count} rows.") if path == ("rows",) else None

    form = filled_form(Sums(), {"rows": [{}, {}]}, FormRules(told_at=told))
    assert "共2行。" in html_of(form)
    form.change("add.rows")
    assert "共3行。" in html_of(form)
    assert "共3行。" not in html_of(form, writes=False)
    assert "共3行。" not in html_of(form, (FieldError(code="x", message=WRONG, pointer="/rows"),))


def test_words_whose_order_matters_are_chosen_place_by_place() -> None:
    content = scheme_with("mobile_qr", OPTIONS)
    content["groups"] = [{"key": key} for key in ("first", "second")]
    content["policies"] = {"tie_break": ["second", "one", "gone"]}
    form = filled_form(SchemeTable(), content, RULES)
    posted = sent(form)
    assert posted.getlist("policies.tie_break") == ["second", "one", "gone", ""]
    posted.setlist("policies.tie_break", ["", "first", "second", ""])
    form = posted_form(SchemeTable(), posted, RULES)
    assert form.content()[0]["policies"]["tie_break"] == ["first", "second"]
    assert len(read_page(html_of(form)).find("select", name="policies.tie_break")) == 3


def test_settings_without_a_kind_of_channel_say_how_to_get_them() -> None:
    class Nothing(Schema):
        settings = fields.Dict(
            metadata={"help": "Help.", "empty": Text(zh="先选。", en="Choose first.")},
        )

    rules = FormRules(schema_at=lambda _path, _table: Schema())
    form = filled_form(Nothing(), {"settings": {"a": 1}}, rules)
    assert "先选。" in html_of(form) and "Help." not in html_of(form)
    assert posted_form(Nothing(), sent(form), rules).content()[0] == {"settings": {"a": 1}}


def test_common_word_is_shown_and_typed_by_its_title() -> None:
    class Usual(Schema):
        word = fields.String(metadata={"usual": TITLES})

    for stored, shown in (("a", "甲"), ("c", "c"), ("b", "b"), ("d", "d"), ("别的", "别的")):
        form = filled_form(Usual(), {"word": stored}, FormRules())
        page = read_page(html_of(form))
        assert page.by_id("word").given["value"] == shown
        assert posted_form(Usual(), page.sent(), FormRules()).content()[0] == {"word": stored}
    for typed, word in (("甲", "a"), ("First", "a"), ("a", "a"), ("乙", "乙"), ("first", "first")):
        posted = sent(filled_form(Usual(), {}, FormRules()))
        posted["word"] = typed
        assert posted_form(Usual(), posted, FormRules()).content()[0] == {"word": word}
