"""Canonical JSON: one spelling for one content."""

from __future__ import annotations

import enum
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingyi.domain.canonical import canonical_json, plain_json, sha256_hex


class Colour(enum.StrEnum):
    RED = "red"


class Rank(enum.IntEnum):
    FIRST = 1


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        ({"b": 1, "a": [True, None, -5]}, b'{"a":[true,null,-5],"b":1}'),
        (Decimal("92.50"), b'"92.5"'),
        (Decimal("1E+2"), b'"100"'),
        (Decimal("-0.0"), b'"0"'),
        (Fraction(2, 6), b'"1/3"'),
        (date(2017, 3, 1), b'"2017-03-01"'),
        (datetime(2017, 3, 1, 9, 30, tzinfo=UTC), b'"2017-03-01T09:30:00+00:00"'),
        ("评议", '"评议"'.encode()),
        (MappingProxyType({"a": (1, 2)}), b'{"a":[1,2]}'),
        ({Colour.RED: Colour.RED}, b'{"red":"red"}'),
        (Rank.FIRST, b"1"),
        (10**30, b"1" + b"0" * 30),
    ],
)
def test_canonical_json_spells(value: Any, spelled: bytes) -> None:
    assert canonical_json(value) == spelled


@pytest.mark.parametrize("value", [1.0, float("nan"), {"a": [0.5]}, {1: "a"}, b"x", {1, 2}, object()])
def test_canonical_json_refuses_what_has_no_one_spelling(value: Any) -> None:
    with pytest.raises(TypeError):
        canonical_json(value)


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), "\ud800"])
def test_canonical_json_refuses_what_cannot_be_written(value: Any) -> None:
    with pytest.raises(ValueError):
        canonical_json(value)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(PLAIN)
def test_canonical_json_reads_back_and_is_a_fixed_point(value: Any) -> None:
    once = canonical_json(value)
    assert json.loads(once) == value
    assert canonical_json(json.loads(once)) == once


@given(st.dictionaries(st.text(), st.integers()), st.randoms())
def test_canonical_json_does_not_depend_on_the_order_of_keys(value: dict[str, int], random: Any) -> None:
    keys = list(value)
    random.shuffle(keys)
    assert canonical_json({key: value[key] for key in keys}) == canonical_json(value)


def test_sha256_hex_of_the_known_vector() -> None:
    assert sha256_hex(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_plain_json_has_the_same_bytes() -> None:
    value = {"b": [1, None, True, "名"], "a": {"z": {}, "ä": "\n", "Z": -5}}
    assert plain_json(value) == canonical_json(value)
