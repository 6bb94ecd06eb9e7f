"""Content, drawn as a form and sent back by a browser, is the content that it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from time import perf_counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from marshmallow import Schema
from tests.unit.web.forms.contents import contents, loaded
from tests.unit.web.forms.page_of_form import sent
from werkzeug.datastructures import MultiDict

from pingyi.web.forms import FormRules, filled_form, posted_form

KNOWN = {name: (schema, rules, content) for name, schema, rules, content in contents()}


def there_and_back(schema: Schema, rules: FormRules, content: Mapping[str, Any]) -> dict[str, Any]:
    form = filled_form(schema, content, rules)
    at_once, errors = form.content()
    assert errors == []
    back, errors = posted_form(schema, sent(form), rules).content()
    assert errors == []
    assert back == at_once
    return back


@pytest.mark.parametrize("name", KNOWN)
def test_content_comes_back_from_its_form(name: str) -> None:
    schema, rules, content = KNOWN[name]
    assert isinstance(loaded(schema, rules, content), dict)
    back = there_and_back(schema, rules, content)
    assert loaded(schema, rules, back) == loaded(schema, rules, content)
    assert there_and_back(schema, rules, back) == back


@pytest.mark.long
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(list(KNOWN)), st.data())
def test_whatever_is_wrong_with_content_comes_back_as_typed(name: str, data: st.DataObject) -> None:
    schema, rules, content = KNOWN[name]
    wrong = altered(content, data)
    back = there_and_back(schema, rules, wrong)
    if "require_all" in content:
        wrong.setdefault("require_all", False)  # a box says yes or no
    assert _said(_spelled(back)) == _said(_spelled(wrong))
    if _said(back) == back and _said(wrong) == wrong:
        assert loaded(schema, rules, back) == loaded(schema, rules, wrong)


JUNK: list[Any] = [
    *("", " ", "执行不力", " NaN", "a\nb", "1/0", "-1", "3", "10000000000000000000000", -1, 0, 7, 0.5),
    *(True, False, [], {}, [[]], ["执行不力"], {"执行不力": "1"}, {"x": {"y": "z"}}, [{"key": "执行不力"}]),
    ["a b", " "],
]


def altered(content: Any, data: st.DataObject) -> Any:
    """Content in which one part, at any depth, is left out, is something else, or has another name."""
    steps = list(content) if isinstance(content, dict) else list(range(len(content)))
    if not steps:
        return data.draw(st.sampled_from(JUNK))
    changed, step = deepcopy(content), data.draw(st.sampled_from(steps))
    part = changed[step]
    acts = ["other", "without", *(["renamed"] if isinstance(content, dict) else [])]
    act = data.draw(st.sampled_from(acts + ["inside"] * 6 * isinstance(part, dict | list)))
    if act == "inside":
        changed[step] = altered(part, data)
    elif act == "other":
        changed[step] = data.draw(st.sampled_from(JUNK))
    else:
        del changed[step]
        if act == "renamed":
            changed["执行不力"] = part
    return changed


def _spelled(value: Any) -> Any:
    """Content in one spelling: numbers as text, which fields of numbers take too; presets as a list."""
    if isinstance(value, dict):
        spelled = {key: _spelled(inner) for key, inner in value.items()}
        lone = isinstance(spelled.get("preset"), str)
        return {**spelled, "preset": [spelled["preset"]]} if lone else spelled
    if isinstance(value, list):
        return [_spelled(inner) for inner in value]
    return str(value) if type(value) is int else value


def _said(value: Any) -> Any:
    """Content without what says nothing: empty words, lists and tables."""
    if isinstance(value, dict):
        said = {key: _said(inner) for key, inner in value.items()}
        return {key: inner for key, inner in said.items() if inner not in ("", [], {})}
    return [_said(inner) for inner in value] if isinstance(value, list) else value


NAMES = """
key title title.zh channels channels.0~row channels.0.settings~as ~rest ~drop channels.0.plugin channels.0.key
channels.0.settings.options.0~row channels.0.settings.options.0.key channels.999~row channels.-1~row do
channels.0.settings~odd channels.0~rest grades.from.3~row grades.from~odd grades.from.3.key categories.0~row
channels.0.settings.items.0~row channels.0.settings.items.0.veto policies.tie_break consequences.007~row
consequences.7.when.k channels.99999999999~row categories.0~odd channels.0.settings~rest . ~
"""
WORDS = r"""
1 0 mobile_qr checklist null [] {} {"plugin":"hotline"} {"plugin":[]} {"a":NaN} "\ud800"
* {"x":{"y":[1.5,"z"]}}
"""
VALUES = st.one_of(
    st.text(max_size=20),
    st.sampled_from([*WORDS.split(), "[" * 5000, "9" * 5000, "\x00\ud800"]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(NAMES.split()), VALUES), max_size=25), st.text(max_size=12))
def test_nothing_posted_makes_a_form_fail(posted: list[tuple[str, str]], what: str) -> None:
    schema, rules, _content = KNOWN["schemesmaanshan-2017"]
    form = posted_form(schema, MultiDict(posted), rules)
    content, _errors = form.content()
    json.dumps(content, allow_nan=False).encode()
    form.change(what)
    again, errors = posted_form(schema, sent(form), rules).content()
    assert errors == [] or _errors != []
    assert again == form.content()[0]


@pytest.mark.long
@settings(max_examples=60, deadline=None)
@given(st.sampled_from(list(KNOWN)), st.data())
def test_tampered_form_never_fails(name: str, data: st.DataObject) -> None:
    schema, rules, content = KNOWN[name]
    fields = sent(filled_form(schema, content, rules))
    names = sorted(fields)
    for _ in range(data.draw(st.integers(1, 5))):
        one, other = (data.draw(st.sampled_from(names)) for _ in range(2))
        act = data.draw(st.sampled_from(["drop", "copy", "twice", "change"]))
        if act == "drop":
            fields.poplist(one)
        else:
            value = data.draw(VALUES) if act == "change" else fields.get(other, "")
            fields.setlist(one, [value] * (2 if act == "twice" else 1))
    form = posted_form(schema, fields, rules)
    form.change(data.draw(st.sampled_from(["add", "up", "remove"])) + "." + data.draw(st.sampled_from(names)))
    typed, _errors = form.content()
    json.dumps(typed, allow_nan=False).encode()
    assert posted_form(schema, sent(form), rules).content()[0] == typed


@pytest.mark.long
def test_form_of_very_many_rows_is_read_in_time() -> None:
    schema, rules, _content = KNOWN["schemesmaanshan-2017"]
    rows = [(f"channels.{number}~row", "1") for number in range(9999)]
    rows += [(f"channels.0.settings.options.{number}~row", "1") for number in range(9999)]
    rows += [(f"channels.{number}.settings~as", '{"plugin": "deputies"}') for number in range(999)]
    started = perf_counter()
    content, _errors = posted_form(schema, MultiDict(rows), rules).content()
    assert len(content["channels"]) == 1000
    assert perf_counter() - started < 20


SCALARS = st.one_of(st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text())
PLAIN = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
PLACES = st.sampled_from(["title", "policies", "channels", "groups", "grades", "decimals"])


@pytest.mark.long
@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.text(max_size=4), PLAIN, max_size=4), PLACES)
def test_any_other_content_is_carried(junk: dict[str, Any], place: str) -> None:
    schema, rules, content = KNOWN["partner_score-0"]
    odd = {**content, "junk": junk, place: [junk], "key": junk}
    back = there_and_back(schema, rules, odd)
    assert _said(_spelled(back)) == _said(_spelled(odd))
