"""Every alteration of an evaluation is said in the same words as ever; only those that harm nothing pass."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.unit.verify.alterations import alterations, small_evaluation
from tests.unit.verify.making import Maker

ALTERATIONS = alterations()
SAID: dict[str, list[str]] = json.loads(
    Path(__file__).with_name("said_of_alterations.json").read_text(encoding="utf-8")
)
HARMLESS = {"leaf swapped, signed anew", "signature of a witness added"}


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    return small_evaluation(tmp_path_factory.mktemp("small") / "source")


@pytest.fixture
def to_alter(untouched: Maker) -> Maker:
    copied = replace(untouched, files=dict(untouched.files), snapshot=deepcopy(untouched.snapshot))
    copied.logs = {number: list(log) for number, log in untouched.logs.items()}
    copied.heads = [dict(head) for head in untouched.heads]
    return copied


def test_the_evaluation_is_right_before_it_is_altered(
    to_alter: Maker, tmp_path: Path, check: Callable[..., Any]
) -> None:
    done = check(to_alter.write(tmp_path / "b"))
    assert (done.status, done.wrong) == (0, [])


@pytest.mark.parametrize("name", ALTERATIONS)
def test_an_alteration_is_said_in_these_words(
    name: str, to_alter: Maker, tmp_path: Path, check: Callable[..., Any]
) -> None:
    done = check(ALTERATIONS[name].write(to_alter, tmp_path / "b"))
    assert done.status == (0 if name in HARMLESS else 1)
    assert [line.removeprefix("[WRONG] ") for line in done.wrong[:-1]] == SAID[name]


def test_each_alteration_has_its_words() -> None:
    assert list(SAID) == list(ALTERATIONS)
