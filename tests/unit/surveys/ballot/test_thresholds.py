"""The thresholds: committed as a document, read back the same, refused where they mean nothing."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from pingyi_surveys.ballot.thresholds import Rules, read_rules


def test_a_document_is_read_back_the_same() -> None:
    rules = Rules(burst=33, surge=Fraction(5, 2), margin=Fraction(1, 3))
    assert read_rules(rules.document()) == rules


def test_the_shipped_thresholds_are_those_of_the_simulation() -> None:
    assert Rules().document() == {
        "burst": 20,
        "surge": "2",
        "surge_least": 30,
        "margin": "1/4",
        "deviations": 5,
        "usual_least": 100,
    }


def test_what_a_document_leaves_out_is_as_shipped() -> None:
    assert read_rules({}) == Rules()
    assert read_rules({"burst": 40}) == Rules(burst=40)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"bursts": 20}, "no threshold"),
        ({"burst": "20"}, "whole number"),
        ({"burst": True}, "whole number"),
        ({"burst": 20.5}, "whole number"),
        ({"surge": 2}, "fraction in quotes"),
        ({"margin": 0.25}, "fraction in quotes"),
        ({"margin": "0.25"}, "such as 1/4"),
        ({"margin": "1/0"}, "such as 1/4"),
        ({"margin": ""}, "such as 1/4"),
        ({"margin": "²"}, "such as 1/4"),
        ({"margin": "1" * 21}, "fraction in quotes"),
        ({"margin": "3/2"}, "margin between"),
    ],
)
def test_a_document_that_says_something_else_is_refused(document: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read_rules(document)


@pytest.mark.parametrize(
    "more",
    [
        {"burst": 9},
        {"surge_least": 5},
        {"usual_least": 0},
        {"surge": Fraction(1)},
        {"margin": Fraction(0)},
        {"margin": Fraction(1)},
        {"deviations": 0},
    ],
)
def test_thresholds_that_mean_nothing_are_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"or more"):
        Rules(**more)
