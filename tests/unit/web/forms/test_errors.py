"""What is wrong is said at the field that it is about, and listed in the order of the form."""

from __future__ import annotations

import tomllib

import pytest
from tests.unit.web.forms.contents import RULES, scheme_with, settings_schema
from tests.unit.web.forms.page_of_form import html_of, read_page, sent

from pingyi.channels import Text
from pingyi.domain.errors import FieldError, Problem
from pingyi.domain.scheme.schema import SchemeTable
from pingyi.registry import field_errors
from pingyi.web.forms import FormRules, filled_form, posted_form
from pingyi_surveys.questionnaires.questionnaire import parse_questionnaire
from pingyi_surveys.questionnaires.schema import QuestionnaireTable

OPTIONS = {"options": {"a": "100", "b": "50", "c~/": "0"}, "unscored": [], "n_min": 1, "shown_as": "rate"}
CONTENT = {**scheme_with("mobile_qr", OPTIONS), "odd": 1}
WRONG = Text(zh="不对。", en="Wrong.")


def wrong(pointer: str, code: str = "invalid") -> FieldError:
    return FieldError(code=code, message=WRONG, pointer=pointer)


@pytest.mark.parametrize(
    ("pointer", "name"),
    [
        ("/title/zh", "title.zh"),
        ("/title", "title"),
        ("/title/fr", "title"),
        ("/policies/tie_break/0", "policies.tie_break"),
        ("/channels", "channels"),
        ("/channels/0", "channels.0"),
        ("/channels/7/key", "channels"),
        ("/channels/0/max_points", "channels.0.max_points"),
        ("/channels/0/settings/nothing", "channels.0.settings"),
        ("/channels/0/settings/options/b", "channels.0.settings.options.1.value"),
        ("/channels/0/settings/options/b/value", "channels.0.settings.options.1.value"),
        ("/channels/0/settings/options/b/key", "channels.0.settings.options.1.key"),
        ("/channels/0/settings/options/c~0~1", "channels.0.settings.options.2.value"),
        ("/channels/0/settings/options/else", "channels.0.settings.options"),
        ("/grades/titles/good", "grades.titles.0"),
        ("/grades/titles/good/en", "grades.titles.0.value.en"),
        ("/grades/from/bad", "grades.from.1.value"),
        ("/consequences/0/when/k", "consequences.0.when.k"),
    ],
)
def test_error_stands_at_the_deepest_part_that_its_pointer_leads_to(pointer: str, name: str) -> None:
    form = filled_form(SchemeTable(), CONTENT, RULES)
    page = read_page(html_of(form, (wrong(pointer),)))
    [place] = form.view([wrong(pointer)]).places
    assert (place[0], place[2]) == (name, WRONG)
    told = page.by_id(name + ".wrong")
    assert told.text.strip() == WRONG.zh
    element = page.by_id(name)
    described = [
        one for one in page.elements if name + ".wrong" in (one.given.get("aria-describedby") or "").split()
    ]
    assert len(described) == 1
    if element.tag in ("input", "select", "textarea"):
        assert described == [element]
        assert element.given["aria-invalid"] == "true"


def test_errors_are_listed_in_the_order_of_the_form_with_their_places() -> None:
    errors = [wrong("/channels/0/settings/options/b"), wrong("/channels/0/plugin"), wrong("/title/en")]
    form = filled_form(SchemeTable(), CONTENT, RULES)
    places = form.view([wrong(""), *errors, wrong("/nothing")]).places
    assert [name for name, _, _ in places] == [
        *("", "", "title.en", "channels.0.plugin", "channels.0.settings.options.1.value")
    ]
    way = places[-1][1].zh.split(" · ")
    assert len(way) == 4
    assert way[0].endswith(" 1")
    assert way[2].endswith(" 2")


def test_error_of_a_field_that_is_not_shown_is_told_above() -> None:
    rules = FormRules(fixed={"key": "x"}, schema_at=settings_schema)
    form = filled_form(SchemeTable(), CONTENT, rules)
    view = form.view([wrong("/key")])
    assert view.errors == (WRONG,)
    assert [(name, bool(place.zh)) for name, place, _ in view.places] == [("", True)]


def test_row_with_an_error_stands_open() -> None:
    form = filled_form(SchemeTable(), CONTENT, RULES)
    [shut] = read_page(html_of(form)).find("details", id="channels.0")
    [opened] = read_page(html_of(form, (wrong("/channels/0/settings/n_min"),))).find(
        "details", id="channels.0"
    )
    assert ("open" in shut.given, "open" in opened.given) == (False, True)


def test_key_that_stands_twice_is_told_at_the_second_and_both_stay() -> None:
    fields = sent(filled_form(SchemeTable(), CONTENT, RULES))
    fields["channels.0.settings.options.1.key"] = "a"
    fields["channels.0.settings.options.1.value"] = "99"
    form = posted_form(SchemeTable(), fields, RULES)
    content, errors = form.content()
    assert content["channels"][0]["settings"]["options"] == {"a": "100", "c~/": "0"}
    assert [(error.code, error.pointer) for error in errors] == [
        ("key_twice", "/channels/0/settings/options/a")
    ]
    page = read_page(html_of(form, tuple(errors)))
    assert "aria-invalid" in page.by_id("channels.0.settings.options.1.key").given
    assert page.by_id("channels.0.settings.options.1.value").given["value"] == "99"


def test_what_a_schema_refuses_of_settings_lands_in_their_rows() -> None:
    options = {"a": "100", "没有": "50", "c": "viel"}
    content = scheme_with("mobile_qr", {**OPTIONS, "options": options, "n_min": "x"})
    schema = settings_schema((), {"plugin": "mobile_qr"})
    assert schema is not None
    messages = schema.validate(content["channels"][0]["settings"])
    errors = list(field_errors(messages, "/channels/0/settings"))
    view = filled_form(SchemeTable(), content, RULES).view(errors)
    assert {name.removeprefix("channels.0.settings.") for name, _, _ in view.places} == {
        *("options", "options.1.key", "options.2.value", "n_min")
    }


QUESTIONNAIRE = """
key = "a"
version = 1
title = { zh = "a", en = "" }
require_all = true
wordings = [{ key = "all", categories = [] }]
options = [{ key = "all", title = { zh = "a", en = "b" } }]
[[dimensions]]
key = "d"
[dimensions.wording.all]
title = { zh = "x" }
"""


def test_what_a_questionnaire_is_refused_for_lands_in_its_rows() -> None:
    with pytest.raises(Problem) as caught:
        parse_questionnaire(QUESTIONNAIRE)
    form = filled_form(QuestionnaireTable(), tomllib.loads(QUESTIONNAIRE), FormRules())
    assert [name for name, _, _ in form.view(caught.value.errors).places] == [
        *("title.en", "options", "dimensions.0.wording.0.value.title.en")
    ]
