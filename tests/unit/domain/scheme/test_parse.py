"""Reading schemes: what a good one gives, and that nothing makes it fail."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.domain.scheme.good_scheme import GOOD, changed

from pingyi.channels import Text
from pingyi.domain.document_reading import load_content
from pingyi.domain.errors import FieldError, Problem
from pingyi.domain.scheme.parse import parse_scheme, scheme_type
from pingyi.domain.scheme.values import ChannelPlan, Scheme


def test_a_good_scheme_is_read() -> None:
    scheme = parse_scheme(GOOD)
    assert scheme.title == Text(zh="2017年度政风行风评议", en="Conduct review 2017")
    assert (scheme.full_marks, scheme.decimals) == (Decimal(100), 2)
    assert scheme.policies.tie_break == ("hotlines",)
    assert scheme.policies.bonus_cap == Decimal(2)
    assert scheme.channel("work_law") == ChannelPlan(
        key="work_law",
        title=Text(zh="依法行政情况", en="Lawful administration"),
        plugin="partner_score",
        operator="市政府法制办",
        max_points=Decimal("62.5"),
        group="work",
        settings={"scale": "5"},
    )
    hotlines, departments = scheme.group("hotlines"), scheme.category("departments")
    assert hotlines is not None
    assert hotlines.parent == "work"
    assert departments is not None
    assert departments.title.en == "Departments"
    assert scheme.channel("nobody") is None
    assert scheme.grades is not None
    assert scheme.grades.keys == ("excellent", "good", "pass", "fail")
    assert scheme.grades.titles["excellent"].zh == "优秀"
    assert [(rule.k, rule.consecutive, rule.action) for rule in scheme.consequences] == [(2, 1, "interview")]


def test_what_is_optional_may_be_left_out() -> None:
    text = changed('bonus_cap = "2"', "").split("[grades]")[0]
    scheme = parse_scheme(text)
    assert scheme.policies.bonus_cap is None
    assert scheme.grades is None
    assert scheme.consequences == ()


def test_a_channel_needs_no_group_and_consecutive_is_one_by_default() -> None:
    scheme = parse_scheme(changed('group = "work"\n', "").replace(", consecutive = 1", ""))
    assert scheme.channels[0].group == ""
    assert scheme.consequences[0].consecutive == 1


def test_a_scheme_may_let_overrides_use_places() -> None:
    scheme = parse_scheme(changed("consecutive = 1", "overrides_use_places = true"))
    assert scheme.consequences[0].overrides_use_places


def test_a_byte_order_mark_and_crlf_are_read() -> None:
    assert parse_scheme("\ufeff" + GOOD.replace("\n", "\r\n")) == parse_scheme(GOOD)


def test_shares_are_read() -> None:
    scheme = parse_scheme(
        changed(
            'from = { excellent = "90", good = "80", pass = "60", fail = "0" }',
            'shares = { excellent = "0.3", rest = "0.7" }',
        )
    )
    assert scheme.grades is not None
    assert scheme.grades.shares == (("excellent", Decimal("0.3")), ("rest", Decimal("0.7")))


def test_settings_are_checked_by_the_callback_below_their_pointer() -> None:
    seen: list[str] = []

    def check(plugin: str, settings: Mapping[str, Any]) -> list[FieldError]:
        seen.append(plugin)
        wrong = FieldError(code="scale", message=Text(zh="错", en="bad"), pointer="/settings/scale")
        return [wrong] if settings else []

    with pytest.raises(Problem) as caught:
        parse_scheme(GOOD, check)
    assert [error.pointer for error in caught.value.errors] == ["/channels/0/settings/scale"]
    assert seen == ["partner_score", "hotline"]


def test_settings_are_checked_beside_other_errors_of_their_channel() -> None:
    seen: list[str] = []

    def check(plugin: str, _settings: Mapping[str, Any]) -> list[FieldError]:
        seen.append(plugin)
        return []

    with pytest.raises(Problem):
        parse_scheme(changed('max_points = "62.5"', "max_points = 62.5"), check)
    assert seen == ["partner_score", "hotline"]


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["work", "2", "a"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["key", "zh", "_schema", "value", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.data())
def test_any_value_anywhere_is_read_or_refused_but_never_fails(data: st.DataObject) -> None:
    document = tomllib.loads(GOOD)
    place: Any = document
    for _ in range(data.draw(st.integers(1, 5))):
        if isinstance(place, dict) and place:
            key: Any = data.draw(st.sampled_from(sorted(place)))
        elif isinstance(place, list) and place:
            key = data.draw(st.integers(0, len(place) - 1))
        else:
            break
        parent, last = place, key
        place = place[key]
    parent[last] = data.draw(VALUES)
    _, errors = load_content(scheme_type(lambda _plugin, _settings: []), document)
    assert all(error.message.zh for error in errors)


def test_a_read_scheme_is_immutable() -> None:
    scheme: Scheme = parse_scheme(GOOD)
    with pytest.raises(AttributeError):
        scheme.decimals = 3  # type: ignore[misc]
