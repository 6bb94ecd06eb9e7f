"""Folding of unit names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingyi.domain.names import fold_name


@pytest.mark.parametrize(
    "spelling",
    [
        "馬鞍山市環境保護局(本級)",
        "马鞍山市环境保护局(本级)",
        " 马鞍山市 环境保护局 [本级] ",
        "马鞍山市环境保护局\u3000本级",
        "马鞍山市·环境保护局—本级。",
    ],
)
def test_spellings_of_one_name_fold_alike(spelling: str) -> None:
    assert fold_name(spelling) == "马鞍山市环境保护局本级"


def test_width_and_case_are_folded() -> None:
    assert fold_name("ABC公司12345") == fold_name("abc公司12345") == "abc公司12345"


@pytest.mark.parametrize(
    ("one", "other"), [("市公安局", "市公安分局"), ("第一中学", "第二中学"), ("科1", "科2")]
)
def test_different_names_stay_apart(one: str, other: str) -> None:
    assert fold_name(one) != fold_name(other)


@pytest.mark.parametrize("name", ["", " ", "()", "——"])
def test_a_name_without_letters_folds_to_nothing(name: str) -> None:
    assert fold_name(name) == ""


@given(st.text(), st.sampled_from(" \u3000()()-—·、,."))
def test_punctuation_never_matters(name: str, mark: str) -> None:
    assert fold_name(mark + name + mark) == fold_name(name)
