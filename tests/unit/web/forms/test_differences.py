"""What two contents differ in, told in the words of their form; and forms on paper."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.web.forms.contents import RULES, contents, scheme_with
from tests.unit.web.forms.page_of_form import outline_of, read_page

from pingyi.domain.scheme.schema import SchemeTable
from pingyi.web.forms import differences, filled_form

KNOWN = {name: (schema, rules, content) for name, schema, rules, content in contents()}
OPTIONS = {"options": {"a": "100", "b": "50", "c": "0"}, "unscored": [], "n_min": 1, "shown_as": "rate"}
BEFORE = json.loads(json.dumps(scheme_with("mobile_qr", OPTIONS)))
for _key in ("two", "three"):
    BEFORE["channels"].append(
        {**deepcopy(BEFORE["channels"][0]), "key": _key, "title": {"zh": _key, "en": _key}}
    )


def told(change: Any) -> list[tuple[str, str, str, str]]:
    after = deepcopy(BEFORE)
    change(after)
    return [
        (one.kind, one.place.en, one.before, one.after)
        for one in differences(SchemeTable(), BEFORE, after, RULES, language="en")
    ]


def change_in(*path: Any, to: Any) -> Any:
    def change(content: Any) -> None:
        for step in path[:-1]:
            content = content[step]
        content[path[-1]] = to

    return change


def test_same_content_differs_in_nothing() -> None:
    assert told(lambda _after: None) == []
    assert told(lambda after: after.update(groups=[])) == []


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (change_in("decimals", to=3), ("changed", "", "2", "3")),
        (change_in("policies", "bonus_cap", to="5"), ("added", " · ", "", "5")),
        (lambda after: after.pop("full_marks"), ("removed", "", "100", "")),
        (change_in("channels", 1, "settings", "options", "b", to="60"), ("changed", ' "b"', "50", "60")),
        (
            change_in("channels", 0, "plugin", to="web_poll"),
            ("changed", ' "Title" · ', "Mobile QR survey", "Web poll"),
        ),
        (
            change_in("consequences", 0, "when", "overrides_use_places", to=False),
            ("changed", " · ", "yes", "no"),
        ),
        (change_in("odd", to=1), ("added", "", "", '{"odd": 1}')),
        (change_in("grades", "from", "best", to="90"), ("added", ' "best"', "", "90")),
        (change_in("grades", "titles", "good", "zh", to="很好"), ("changed", " · ", "标题", "很好")),
    ],
)
def test_one_change_is_one_difference(change: Any, difference: tuple[str, str, str, str]) -> None:
    [one] = told(change)
    kind, place, before, after = difference
    assert (one[0], one[2], one[3]) == (kind, before, after)
    assert place in one[1]


def test_rows_are_matched_by_their_keys() -> None:
    moved = told(lambda after: after["channels"].insert(0, after["channels"].pop()))
    assert [(kind, before, after) for kind, _, before, after in moved] == [("moved", "no. 3", "no. 1")]
    assert ' "three"' in moved[0][1]
    gone = told(lambda after: after["channels"].pop(1))
    assert [(kind, after) for kind, _, _, after in gone] == [("removed", "")]
    assert ": Mobile QR survey; " in gone[0][2]
    new = told(lambda after: after["channels"].insert(0, {"key": "new", "max_points": "5"}))
    assert [kind for kind, *_ in new] == ["added"]
    assert [part.partition(": ")[2] for part in new[0][3].split("; ")] == ["new", "5"]


def test_choice_that_is_only_called_otherwise_is_the_same() -> None:
    before = {**BEFORE, "groups": [{"key": "g", "title": {"zh": "甲", "en": "A"}}]}
    before["channels"] = [{**BEFORE["channels"][0], "group": "g"}]
    after = deepcopy(before)
    after["groups"][0]["title"] = {"zh": "乙", "en": "B"}
    found = differences(SchemeTable(), before, after, RULES)
    assert [one.after for one in found] == ["乙", "B"]


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(list(KNOWN)), st.sampled_from(list(KNOWN)))
def test_any_two_contents_can_be_compared(first: str, second: str) -> None:
    schema, rules, before = KNOWN[first]
    after = KNOWN[second][2]
    assert differences(schema, before, before, rules) == []
    found = differences(schema, before, after, rules)
    assert (before == after) or found
    assert len(differences(schema, after, before, rules)) > 0 or before == after


@pytest.mark.parametrize("name", KNOWN)
def test_paper_says_all_that_was_typed(name: str) -> None:
    schema, rules, content = KNOWN[name]
    html = outline_of(filled_form(schema, content, rules))
    page = read_page(html)
    [whole] = [one for one in page.elements if one.tag == "dl"][:1]
    assert _words(content)
    for word in _words(content):
        assert word in whole.text
    assert not [one for one in page.elements if one.tag in ("input", "select", "textarea", "button")]


FREE = ("zh", "en", "operator", "max_points", "full_marks", "scale", "k")


def _words(value: Any) -> list[str]:
    """The words of content that stand for themselves."""
    if isinstance(value, dict):
        own = [str(inner) for key, inner in value.items() if key in FREE and isinstance(inner, (str, int))]
        return own + [word for inner in value.values() for word in _words(inner)]
    return [word for inner in value for word in _words(inner)] if isinstance(value, list) else []


def test_differences_are_told_in_the_language_of_the_reader() -> None:
    after = deepcopy(BEFORE)
    after["channels"][0]["plugin"] = "web_poll"
    for language, words in (("zh", "移动手机端测评"), ("en", "Mobile QR survey")):
        [one] = differences(SchemeTable(), BEFORE, after, RULES, language=language)
        assert one.before == words
