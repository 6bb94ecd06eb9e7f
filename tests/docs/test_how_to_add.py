"""What the page on architecture says of adding something is done by a test, in as many places as it says."""

from __future__ import annotations

import ast
import re

import pytest
from tests.docs.reading import ROOT, text_of

PAGE = "docs/architecture.md"
KINDS = (
    *("A channel", "A page", "An API operation", "A job", "A table", "A setting", "A role"),
    *("An approval kind", "A kind of documents", "An extension"),
)
WALKS = "integration/foreign/test_letters.py"


def sections() -> dict[str, tuple[int, str]]:
    """Number of places and text of every heading."""
    page = text_of(PAGE).partition("## How to add\n")[2].partition("\n## ")[0]
    found = re.findall(r"^### ([^\n:]+): (\d) places?\n(.+?)(?=^### |\Z)", page, re.MULTILINE | re.DOTALL)
    return {title: (int(places), body) for title, places, body in found}


def functions(path: str) -> set[str]:
    tree = ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_kind_has_its_heading() -> None:
    assert tuple(sections()) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_places_are_as_many_as_the_heading_says(kind: str) -> None:
    places, body = sections()[kind]
    assert places == len(re.findall(r"^\d\. ", body, re.MULTILINE)) <= (4 if kind == "A table" else 3)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_done_by_a_test(kind: str) -> None:
    named = re.findall(r"`([a-z_/]+\.py)::(test_\w+)`", sections()[kind][1])
    assert named
    for path, test in named:
        assert test in functions(path), f"{path}::{test}"
        if path.startswith("foreign/"):
            assert f'"{path.removeprefix("foreign/")}"' in (ROOT / "tests" / WALKS).read_text(
                encoding="utf-8"
            )
