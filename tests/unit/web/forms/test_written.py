"""What a form makes of a document is written into the text that it came from, and little else changes."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from marshmallow import Schema
from tests.unit.web.forms.contents import PLAIN, QUESTIONNAIRES, RULES, SCHEMES, contents, loaded
from tests.unit.web.forms.page_of_form import sent
from tests.unit.web.forms.test_round_trip import altered

from pingyi.domain.scheme.schema import SchemeTable
from pingyi.domain.toml_writing import toml_of
from pingyi.web.forms import FormRules, filled_form, in_order_of, posted_form
from pingyi.web.forms.holding import NOTHING, packed, unpacked
from pingyi_surveys.questionnaires.schema import QuestionnaireTable

KNOWN = {name: (schema, rules, content) for name, schema, rules, content in contents()}
SHIPPED = [*SCHEMES, *QUESTIONNAIRES]
shipped = pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}-{path.stem}")


def same(one: object, other: object) -> bool:
    """Equal in value, type and order, also where a number is none."""
    return repr(one) == repr(other)


def form_of(path: Path) -> tuple[Schema, FormRules]:
    return (SchemeTable(), RULES) if path in SCHEMES else (QuestionnaireTable(), PLAIN)


def saved(schema: Schema, rules: FormRules, text: str, change: Any = None) -> str:
    """The text after its form was sent, with what was typed."""
    before = tomllib.loads(text)
    fields = sent(filled_form(schema, before, rules))
    for name, typed in (change or {}).items():
        assert name in fields
        fields[name] = typed
    content, errors = posted_form(schema, fields, rules).content()
    assert errors == []
    return toml_of(in_order_of(before, schema, content, rules), text)


@pytest.mark.parametrize("name", KNOWN)
def test_every_scheme_and_questionnaire_is_written_and_read_back(name: str) -> None:
    content = KNOWN[name][2]
    text = toml_of(content)
    assert same(tomllib.loads(text), content)
    assert toml_of(content, text) == text


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(list(KNOWN)), st.data())
def test_any_change_is_written_and_read_back(name: str, data: st.DataObject) -> None:
    content = KNOWN[name][2]
    once = altered(content, data)
    twice = altered(once, data)
    text = toml_of(once, toml_of(content))
    assert same(tomllib.loads(text), once)
    assert same(tomllib.loads(toml_of(twice, text)), twice)


@pytest.mark.long
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(list(KNOWN)), st.data())
def test_order_of_a_text_stays_whatever_the_form_says(name: str, data: st.DataObject) -> None:
    schema, rules, content = KNOWN[name]
    keys = data.draw(st.permutations(list(content)))
    before = {key: content[key] for key in keys}
    back, _ = posted_form(schema, sent(filled_form(schema, before, rules)), rules).content()
    ordered = in_order_of(before, schema, back, rules)
    assert ordered == back
    assert [key for key in ordered if key in before] == [key for key in before if key in ordered]
    assert loaded(schema, rules, ordered) == loaded(schema, rules, content)


@shipped
def test_form_that_is_sent_as_it_is_leaves_every_line(path: Path) -> None:
    """A preset named alone comes back in a list: the one line that says it, and nothing else, changes."""
    schema, rules = form_of(path)
    text = path.read_text(encoding="utf-8")
    lost = Counter(text.splitlines()) - Counter(saved(schema, rules, text).splitlines())
    assert [line for line in lost if 'preset = "' not in line] == []


@shipped
def test_one_field_that_is_typed_into_changes_its_line(path: Path) -> None:
    schema, rules = form_of(path)
    text = saved(schema, rules, path.read_text(encoding="utf-8"))
    rows = "channels" if path in SCHEMES else "options"
    for name in ("title.en", f"{rows}.0.title.zh", f"{rows}.0.key"):
        after = saved(schema, rules, text, {name: "changed"}).splitlines()
        assert len(Counter(text.splitlines()) - Counter(after)) == 1
        assert len(Counter(after) - Counter(text.splitlines())) == 1


@pytest.mark.parametrize(
    "toml",
    [
        "x = 1979-05-27", "x = 07:32:00.5", "x = 1979-05-27T07:32:00Z", "x = 1979-05-27T07:32:00.5+08:00",
        "x = inf", "x = -inf", "x = nan", "x = -0.0", "x = 1.5", "x = true", "x = 99999999999999999999",
        "x = [[1, [1979-05-27]], { a = nan }]", 'x = { "~toml" = "1979-05-27" }',
        'x = { "~toml" = { "~toml" = 1979-05-27 } }', 'x = { "~toml" = 1, b = inf }', 'x = ""', "x = {}",
    ],
)  # fmt: skip
def test_whatever_toml_can_say_is_carried_by_a_hidden_field(toml: str) -> None:
    value = tomllib.loads(toml)
    assert same(unpacked(packed(value)), value)


@pytest.mark.parametrize(
    "posted",
    ['{"~toml": "1\\nx = 2"}', '{"~toml": "[1]"}', '{"~toml": "\'x\'"}', '{"~toml": ""}', '{"~toml": "1"}',
     '{"a": NaN}', "Infinity"],
)  # fmt: skip
def test_forged_hidden_field_carries_nothing(posted: str) -> None:
    assert unpacked(posted) is NOTHING
